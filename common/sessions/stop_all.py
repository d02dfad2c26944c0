"""End what runs while the project's switch is set: avatar sessions and turns."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from common.domain.ceiling import SWITCH_PATH, is_stopped
from common.domain.documents import NEVER, Document, Query, Where
from common.domain.errors import Conflict
from common.domain.ids import AvatarSessionId, TurnId
from common.domain.turn import STOP, supersede
from common.ports.dependencies import Dependencies
from common.sessions.end import SessionEnder, always
from common.transactions.pages import read_all

BATCH = 200
AT_ONCE = 50


@dataclass(frozen=True)
class StopAll:
    deps: Dependencies
    ender: SessionEnder

    async def run(self, counts: Counter[str]) -> None:
        """Stop every turn and end every session, if the switch is set. Safe to run at any time.

        A turn stops itself when it next looks at its document. A turn that has ended meanwhile stays
        as it is.
        """
        [switch] = await self.deps.store.get([SWITCH_PATH])
        if not is_stopped(switch):
            return
        for turn in await self._every("turns"):
            if turn.get("superseded_by") is None:
                await self._stop_turn(turn)
                counts["stopped"] += 1
        places = asyncio.Semaphore(AT_ONCE)

        async def end(session: Document) -> None:
            async with places:
                await self.ender.end(AvatarSessionId(session.id), always("stopped"))

        sessions = await self._every("avatar_sessions")
        results = await asyncio.gather(*map(end, sessions), return_exceptions=True)
        failed = sum(isinstance(result, BaseException) for result in results)
        counts["failed"] += failed
        counts["stopped"] += len(results) - failed

    async def _every(self, collection: str) -> list[Document]:
        """Return all documents of a collection that are not finished: they have a `due_at`."""
        unfinished = (Where("due_at", ">", NEVER),)
        query = Query(collection, unfinished, "due_at", limit=BATCH)
        return [document async for document in read_all(self.deps.store, query)]

    async def _stop_turn(self, turn: Document) -> None:
        try:
            await self.deps.store.commit([supersede(TurnId(turn.id), STOP)])
        except Conflict:
            return  # its document is gone
