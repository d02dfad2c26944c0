"""Bearer tokens for Google's REST calls."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from common.domain import errors

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

SERVICE = "google"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"

MARGIN = timedelta(minutes=3)
"""A token is renewed this long before it expires. The metadata server returns the same token until
about 4 minutes before its expiry; with a longer margin each call would ask it again."""
RETRY = timedelta(seconds=10)
"""A token that could not be renewed is used for this long before the next try."""
DEFAULT_LIFETIME = timedelta(minutes=30)
"""How long a token without an expiry is used."""


class LocalToken:
    """A fixed token for simulators, which check only that a token is present."""

    async def __call__(self, fresh: bool) -> Mapping[str, str]:  # noqa: ARG002 - the token never changes
        return {"authorization": "Bearer local"}


class GoogleToken:
    """The access token of the service account that the function runs as.

    Found by application default credentials. Calling it returns the headers, or raises
    `Unavailable` if Google gives no token and the last one has expired. At most one refresh runs at a
    time. It runs in a thread, and continues when the call that asked for it is cancelled. `load`
    returns the credentials and may block.
    """

    def __init__(
        self,
        load: Callable[[], "Credentials"] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._load = load or default_credentials
        self._now = now
        self._credentials: Credentials | None = None
        self._token = ""
        self._good_until = self._expires_at = datetime.min.replace(tzinfo=UTC)
        self._refreshing: asyncio.Task[bool] | None = None

    async def __call__(self, fresh: bool) -> Mapping[str, str]:
        if fresh or self._now() >= self._good_until:
            await self._refresh(is_good=not fresh and self._now() < self._expires_at)
        return {"authorization": f"Bearer {self._token}", **self._quota_project()}

    def _quota_project(self) -> Mapping[str, str]:
        """Return the header that a developer's own credentials need: whose quota a call uses."""
        project = getattr(self._credentials, "quota_project_id", None)
        return {"x-goog-user-project": project} if project else {}

    async def _refresh(self, *, is_good: bool) -> None:
        """Renew the token. `is_good`: without a new one the old one is used a little longer."""
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(asyncio.to_thread(self._renew))
        if await asyncio.shield(self._refreshing):
            return
        if not is_good:
            raise errors.Unavailable(SERVICE, "no access token")
        self._good_until = min(self._expires_at, self._now() + RETRY)

    def _renew(self) -> bool:
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - off the cold start
        from google.auth.transport.requests import Request  # noqa: PLC0415 - as above

        try:
            if self._credentials is None:
                self._credentials = self._load()
            self._credentials.refresh(Request())  # type: ignore[no-untyped-call]  # it ships half its types
        except (GoogleAuthError, OSError):  # their messages may quote Google's answer
            return False
        expiry = self._credentials.expiry
        self._token = str(self._credentials.token)
        self._expires_at = (
            expiry.replace(tzinfo=UTC) if expiry else self._now() + DEFAULT_LIFETIME + MARGIN
        )
        self._good_until = self._expires_at - MARGIN
        return True


def default_credentials() -> "Credentials":
    """Find the credentials of this machine. Blocks: it may ask the metadata server."""
    import google.auth  # noqa: PLC0415 - off the cold start

    credentials, _ = google.auth.default(scopes=[SCOPE])
    return credentials
