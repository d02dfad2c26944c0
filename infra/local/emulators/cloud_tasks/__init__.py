"""An emulator of Google Cloud Tasks that Google's own clients can use. It calls the targets.

Names, retries, headers and deadlines are Google's. There are no rate limits. Tasks live as long as the
process.
"""

from infra.local.emulators.cloud_tasks.delivery import Delivery, late, never, once, twice
from infra.local.emulators.cloud_tasks.dispatcher import backoff
from infra.local.emulators.cloud_tasks.rpcs import CloudTasksEmulator

__all__ = ["CloudTasksEmulator", "Delivery", "backoff", "late", "never", "once", "twice"]
