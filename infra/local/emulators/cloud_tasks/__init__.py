"""Google Cloud Tasks, as far as its own clients and its targets can tell: it really calls them.

Names, retries, headers and deadlines are the real ones; rate limits are not there. What is queued
lives as long as the process.
"""

from infra.local.emulators.cloud_tasks.delivery import Delivery, late, never, once, twice
from infra.local.emulators.cloud_tasks.dispatcher import backoff
from infra.local.emulators.cloud_tasks.rpcs import CloudTasksEmulator

__all__ = ["CloudTasksEmulator", "Delivery", "backoff", "late", "never", "once", "twice"]
