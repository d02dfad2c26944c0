from typing import Protocol

from common.domain.ids import UserId


class SignIns(Protocol):
    """The users who can sign in."""

    async def delete_user(self, user: UserId) -> None:
        """Delete a user for good. Succeeds if there is none. Raises only `Upstream` errors."""

    async def invite(self, email: str) -> UserId:
        """Admit the person with an e-mail address, and return the user. Safe to repeat.

        A user is made where there is none yet. The next ID token of the user says that the person is
        invited. Raises only `Upstream` errors.
        """
        ...
