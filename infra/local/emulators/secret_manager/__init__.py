"""An emulator of Google Secret Manager that Google's own clients can use.

Statuses and messages are Google's where those are published. An expired secret is deleted.
"""

from infra.local.emulators.secret_manager.rpcs import SecretManagerEmulator

__all__ = ["SecretManagerEmulator"]
