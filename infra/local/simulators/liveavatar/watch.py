"""A session settled at each moment at which something falls due."""

import asyncio

import anyio

from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.session import LiveAvatarSession


class SessionWatch:
    """Settles a session at its moments. `wake` says that what falls due may have changed."""

    def __init__(self, account: LiveAvatarAccount, session: LiveAvatarSession) -> None:
        self._account = account
        self._session = session
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Look again at what falls due."""
        self._changed.set()

    async def run(self) -> None:
        """Settle the session at each moment, until this is cancelled."""
        while True:
            self._account.settle_one(self._session)
            await self._until_due()

    async def until_ended(self) -> None:
        """Settle the session at each moment, until it has ended."""
        self._account.settle_one(self._session)
        while self._session.state != "ended":
            await self._until_due()
            self._account.settle_one(self._session)

    async def _until_due(self) -> None:
        due = self._session.next_due()
        await self._sleep(None if due is None else due - self._account.now)
        self._changed.clear()

    async def _sleep(self, seconds: float | None) -> None:
        """Wait so long, or until what falls due has changed."""
        if seconds is None:
            await self._changed.wait()
            return
        async with anyio.create_task_group() as race:
            race.start_soon(self._ring, seconds)
            await self._changed.wait()
            race.cancel_scope.cancel()

    async def _ring(self, seconds: float) -> None:
        await self._account.clock.sleep(seconds)
        self._changed.set()
