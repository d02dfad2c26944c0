from typing import Protocol

from common.domain.ids import UserId


class SignIns(Protocol):
    """The users who can sign in."""

    async def delete_user(self, user: UserId) -> None:
        """Delete a user for good. Succeeds if there is none. Raises only `Upstream` errors."""
