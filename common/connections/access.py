"""The Google access token of a turn. Many turns in many processes refresh it once.

token in the document holds ──► use it
else ──► take the lease ──► refresh ──► store sealed, free the lease
lease is another's ──► look again until its token is there
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from common.domain.errors import Failed, OprinaError, UpstreamNotFound
from common.domain.google.connection import (
    GoogleConnection,
    NewToken,
    Service,
    allowed_services,
    connection_path,
    scopes_of,
)
from common.domain.ids import UserId
from common.observability.log import log
from common.ports.dependencies import Dependencies
from common.transactions.transaction import SETTLEMENT, Decision, Documents, Transactions

LOOK_SECONDS = 0.15
"""A turn whose token another one refreshes looks for it this often."""
WAIT_SECONDS = 12.0
"""After this long a turn goes on without the connection."""

Trouble = Literal["google_reconnect", "google_unavailable"]


@dataclass(frozen=True)
class TurnAccess:
    """The access of one turn to Google.

    `sealed` is the token as the document has it. `trouble`: why a turn may use nothing, although a
    service is switched on.
    """

    token: str | None = field(default=None, repr=False)
    sealed: str | None = field(default=None, repr=False)
    services: tuple[Service, ...] = ()
    trouble: Trouble | None = None

    @property
    def state(self) -> dict[str, Any]:
        """Return the keys of `state_delta` for the agent's tools. They are stored nowhere."""
        if self.token is None:
            return {}
        return {
            "temp:google_access_token": self.token,
            "temp:google_services": list(self.services),
        }


NO_ACCESS = TurnAccess()


_refreshes: set["asyncio.Task[TurnAccess]"] = set()
"""Keeps the tasks alive: a turn may end before the refresh that it began."""


class AccessTokens:
    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._transactions = Transactions(deps.store, deps.clock, deps.pause)

    async def for_turn(self, user: UserId, known: GoogleConnection | None) -> TurnAccess:
        """Return the access of a turn. `known` is the connection as the turn's admission read it.

        No failure is raised: the turn goes on without Google.
        """
        if known is None or not known.on or known.state == "disconnecting":
            return NO_ACCESS
        if known.state == "reconnect":
            return TurnAccess(trouble="google_reconnect")
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await self._access(user, known)
        except (OprinaError, TimeoutError) as error:
            code = error.code if isinstance(error, OprinaError) else "timeout"
            log.warning("a turn goes on without Google: %s", code)
            return TurnAccess(trouble="google_unavailable")

    async def replace_refused(self, user: UserId, access: TurnAccess) -> TurnAccess:
        """Note that Google refused an access token that has not expired: it was revoked.

        Return the access of later turns, after an attempt to get another token.
        """
        try:
            found = (await self._transactions.run(DropToken(user, access.sealed))).result
        except OprinaError:
            return TurnAccess(trouble="google_unavailable")
        return await self.for_turn(user, found)

    async def _access(self, user: UserId, known: GoogleConnection) -> TurnAccess:
        holder = self._deps.new_id()
        found: GoogleConnection | None = known
        while True:
            now = self._deps.clock.now()
            if found is None or not found.on or found.state == "disconnecting":
                return NO_ACCESS
            if found.state == "reconnect":
                return TurnAccess(trouble="google_reconnect")
            if (sealed := found.token(now)) is not None:
                try:
                    text = await self._deps.grants.unseal(user, sealed)
                except Failed:  # the version of the key that sealed it was disabled
                    found = (await self._transactions.run(DropToken(user, sealed))).result
                    continue
                return TurnAccess(text, sealed, tuple(found.on))
            if found.retry_at is not None and found.retry_at > now:
                return TurnAccess(trouble="google_unavailable")
            found = (await self._transactions.run(TakeRefresh(user, holder))).result
            if found is not None and found.refreshing == holder:
                return await self._refresh_in_background(user, found)
            if found is not None and found.is_refreshing(now):
                await asyncio.sleep(LOOK_SECONDS)
                found = await self._read(user)

    async def _read(self, user: UserId) -> GoogleConnection | None:
        path = connection_path(user)
        return GoogleConnection.read((await self._transactions.read(path))[path])

    async def _refresh_in_background(self, user: UserId, held: GoogleConnection) -> TurnAccess:
        """Refresh in a task of its own: other turns wait for it if this one is interrupted."""
        task = asyncio.create_task(self._refresh(user, held))
        _refreshes.add(task)
        task.add_done_callback(_refreshes.discard)
        return await asyncio.shield(task)

    async def _refresh(self, user: UserId, held: GoogleConnection) -> TurnAccess:
        deps, services = self._deps, tuple(held.on)
        try:
            refresh_token = await deps.grants.open(held.consent)
            access = await deps.google.refresh(refresh_token, scopes_of(services))
            sealed = await deps.grants.seal(user, access.text)
        except UpstreamNotFound:  # the grant was revoked, has expired, or its secret is gone
            await self._store(user, held, None, lost=True)
            return TurnAccess(trouble="google_reconnect")
        except OprinaError:
            await self._store(user, held, None, lost=False)
            raise
        token = NewToken(sealed, access.expires_at, access.scopes)
        await self._store(user, held, token, lost=False)
        left = set(allowed_services(access.scopes))
        return TurnAccess(access.text, sealed, tuple(each for each in services if each in left))

    async def _store(
        self, user: UserId, held: GoogleConnection, token: NewToken | None, *, lost: bool
    ) -> None:
        """Store the result of a refresh. A failure is logged: the lease ends by itself."""
        end = EndRefresh(user, held.consent, held.refreshing or "", token, lost=lost)
        try:
            await self._transactions.run(end, SETTLEMENT)
        except OprinaError as error:
            log.warning("a refreshed token was not stored: %s", error.code)


@dataclass(frozen=True)
class TakeRefresh:
    """Take the refresh lease, if it is free and needed (a `Transaction`).

    The result is the connection as it stands afterwards.
    """

    user: UserId
    holder: str

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [connection_path(self.user)]

    def decide(self, documents: Documents, now: datetime) -> Decision[GoogleConnection | None]:
        found = GoogleConnection.read(documents[connection_path(self.user)])
        if found is None or found.state != "connected" or not found.on:
            return Decision(found)
        if found.is_refreshing(now) or found.token(now) is not None:
            return Decision(found)
        if found.retry_at is not None and found.retry_at > now:
            return Decision(found)
        taken = replace(found, refreshing=self.holder)
        return Decision(taken, [found.take_refresh(self.holder, now)])


@dataclass(frozen=True)
class EndRefresh:
    """Store a new token, or that there is none (a `Transaction`). Frees the lease.

    Nothing is written if the connection has another consent by now: it was connected again.
    """

    user: UserId
    consent: str
    holder: str
    token: NewToken | None
    lost: bool

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [connection_path(self.user)]

    def decide(self, documents: Documents, now: datetime) -> Decision[None]:
        found = GoogleConnection.read(documents[connection_path(self.user)])
        if found is None or found.state != "connected" or found.consent != self.consent:
            return Decision(None)
        if self.lost:
            return Decision(None, [found.note_lost_grant()])
        if found.refreshing != self.holder:
            return Decision(None)
        if self.token is None:
            return Decision(None, [found.postpone_refresh(now)])
        return Decision(None, [found.store_token(self.token, now)])


@dataclass(frozen=True)
class DropToken:
    """Forget an access token that cannot be used (a `Transaction`)."""

    user: UserId
    sealed: str | None

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [connection_path(self.user)]

    def decide(self, documents: Documents, now: datetime) -> Decision[GoogleConnection | None]:  # noqa: ARG002 - a parameter of Transaction
        found = GoogleConnection.read(documents[connection_path(self.user)])
        if found is None or found.state != "connected" or found.sealed is None:
            return Decision(found)
        if found.sealed != self.sealed:  # it was refreshed meanwhile
            return Decision(found)
        return Decision(replace(found, sealed=None), [found.drop_token()])
