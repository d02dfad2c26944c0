"""Finish whatever was left unfinished. Safe to run twice at once, at any time.

The sweep finishes everything that is due (due_work.py), and compares our sessions
with the provider's list, both ways. It runs until nothing is due, or its deadline is near.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from common.domain.avatar_session import (
    AvatarSession,
    EndReason,
    record_path,
    session_among,
    session_path,
    session_paths,
)
from common.domain.conversation import Conversation
from common.domain.documents import Document, Query, Where
from common.domain.errors import OprinaError, TooEarly, Upstream
from common.domain.ids import AvatarSessionId
from common.observability.log import log
from common.observability.request_trace import annotate
from common.ports.avatar import NO_KEY
from common.ports.dependencies import Dependencies
from common.schemas.answers import SweepAnswer
from common.schemas.requests import SweepRequest
from common.sessions.due_work import DueWork
from common.sessions.end import SessionEnder, always, require_ended
from common.sessions.gauges import log_ceilings
from common.sessions.stop_all import StopAll
from common.transactions.pages import read_all

AT_ONCE = 100
"""Sessions in work at the same time."""
BATCH = 500
"""Due documents read at once, oldest first."""
GET_AT_ONCE = 100
SECONDS = 240.0
"""No batch begins later than this; the function has 300 s."""
EARLY_SECONDS = 2.0
"""A task may come this much before its time, by another clock."""
LIST_LEEWAY = timedelta(seconds=10)
"""A session that ended this shortly before the provider's list was asked for may stand in it."""


class SweepUseCase:
    def __init__(
        self,
        deps: Dependencies,
        ender: SessionEnder,
        works: Sequence[DueWork],
        *,
        batch: int = BATCH,
    ) -> None:
        self._deps = deps
        self._ender = ender
        self._works = works
        self._stop_all = StopAll(deps, ender)
        self._batch = batch

    async def sweep(self, request: SweepRequest) -> SweepAnswer:
        one = request.avatar_session_id
        swept = await (self._one(AvatarSessionId(one), request) if one else self._all())
        annotate(did=swept.model_dump())
        return swept

    async def _all(self) -> SweepAnswer:
        counts: Counter[str] = Counter()
        until = asyncio.get_running_loop().time() + SECONDS
        _, *more = await asyncio.gather(
            self._stop_all.run(counts),
            *(self._finish(work, counts, until) for work in self._works),
        )
        await asyncio.gather(self._compare(counts), log_ceilings(self._deps))
        return SweepAnswer(**counts, more=any(more))

    async def _one(self, session: AvatarSessionId, request: SweepRequest) -> SweepAnswer:
        """Serve a task of one session. After an error the queue delivers the task again."""
        now = self._deps.clock.now()
        found = await self._deps.store.get(session_paths(session))
        document = session_among({each.path: each for each in found}, session)
        if not document.exists:
            return SweepAnswer(unknown=1)
        known = AvatarSession.read(document)
        if known.state == "ended":
            return SweepAnswer()
        if request.leaving:
            return await self._leave(session)
        early = (known.expires_at - now).total_seconds()
        if early > EARLY_SECONDS:
            raise TooEarly("The session has not expired.", retry_after=int(early) + 1)
        require_ended(await self._ender.end(session, always("expired")))
        return SweepAnswer(expired=1)

    async def _leave(self, session: AvatarSessionId) -> SweepAnswer:
        """End a session whose page left, unless the page came back or leaves later."""
        after = await self._ender.end(session, _has_left)
        if after.state in {"starting", "live"}:
            return SweepAnswer()
        require_ended(after)
        return SweepAnswer(idle=1)

    # ── what is due ──────────────────────────────────────────────────────────────────────────────

    async def _finish(self, work: DueWork, counts: Counter[str], until: float) -> bool:
        """Finish one kind of work, batch by batch. Return True if some is left."""
        seen: set[str] = set()
        while asyncio.get_running_loop().time() < until:
            query = work.due(self._deps.clock.now(), self._batch)
            due = await self._deps.store.query(query) if query is not None else []
            fresh = [document for document in due if document.path not in seen]
            if not fresh:
                return False
            seen.update(document.path for document in fresh)
            failed = await _each(fresh, lambda each: work.finish(each, counts))
            counts["failed"] += failed
            if len(due) < self._batch:
                return False
        return True

    # ── the provider's own list ──────────────────────────────────────────────────────────────────

    async def _compare(self, counts: Counter[str]) -> None:
        """Stop sessions that the provider runs although we hold them as ended.

        Ask for the standing of sessions that we hold as live, and that a later list lacks.
        """
        try:
            held = await self._held_as_live()
            annotate(live_sessions=len(held))
            asked_at = self._deps.clock.now()
            running, _ = await asyncio.gather(self._deps.avatars.active(), self._note_credits())
        except OprinaError as error:
            log.warning("no list of active sessions: %s", error.code)
            counts["failed"] += not _is_without_key(error)
            return
        for start in range(0, len(running), GET_AT_ONCE):
            records = await self._not_running(running[start : start + GET_AT_ONCE])
            failed = await _each(records, lambda record: self._stop_again(record, asked_at, counts))
            counts["failed"] += failed
        lacking = [document for document in held if document.id not in set(running)]
        failed = await _each(lacking, lambda each: self._end_if_over(each, counts))
        counts["failed"] += failed

    async def _held_as_live(self) -> list[Document]:
        """Return the sessions that we hold as live, except those that the list may not show yet."""
        live = Query("avatar_sessions", (Where("state", "==", "live"),), limit=self._batch)
        found = [document async for document in read_all(self._deps.store, live)]
        newest = self._deps.clock.now() - LIST_LEEWAY
        return [d for d in found if (d.get("live_at") or newest) <= newest]

    async def _note_credits(self) -> None:
        """Log the remaining credits. Failures are ignored."""
        try:
            annotate(credits_left=await self._deps.avatars.credits())
        except OprinaError as error:
            log.warning("the credits are not known: %s", error.code)

    async def _not_running(self, sessions: Sequence[AvatarSessionId]) -> list[Document]:
        """Return the record of each session that we do not hold as running.

        A session that is not ours has no record: its document does not exist.
        """
        store = self._deps.store
        ours = await store.get([session_path(session) for session in sessions])
        gone = [AvatarSessionId(document.id) for document in ours if not document.exists]
        return await store.get([record_path(session) for session in gone]) if gone else []

    async def _stop_again(self, record: Document, asked_at: datetime, counts: Counter[str]) -> None:
        if not record.exists:
            log.warning("a session that is not ours runs", extra={"avatar_session_id": record.id})
            counts["unknown"] += 1
            return
        session = AvatarSession.read(record)
        if session.ended_at is not None and session.ended_at > asked_at - LIST_LEEWAY:
            return
        await self._deps.avatars.stop(session.id, session.end_reason or "gone")
        counts["stopped_again"] += 1

    async def _end_if_over(self, document: Document, counts: Counter[str]) -> None:
        after = await self._ender.end_if_over(AvatarSessionId(document.id))
        counts["stuck"] += after is not None and after.state == "ended"


def _is_without_key(error: OprinaError) -> bool:
    """Return True if the deployment has no key of the provider yet, so that no session can run.

    A session of ours that cannot be ended is a failure all the same.
    """
    return isinstance(error, Upstream) and error.kind == NO_KEY


def _has_left(
    session: AvatarSession, _conversation: Conversation | None, now: datetime
) -> EndReason | None:
    leaves_at = session.leaves_at
    if leaves_at is None or leaves_at > now + timedelta(seconds=EARLY_SECONDS):
        return None
    return "idle"


async def _each(documents: Sequence[Document], work: Callable[[Document], Awaitable[None]]) -> int:
    """Work on at most `AT_ONCE` documents at a time.

    A failure stops no other. Return the failures.
    """
    places = asyncio.Semaphore(AT_ONCE)

    async def one(document: Document) -> None:
        async with places:
            await work(document)

    results = await asyncio.gather(*map(one, documents), return_exceptions=True)
    failed = 0
    for document, result in zip(documents, results, strict=True):
        if isinstance(result, BaseException):
            log.error("the sweep could not deal with %s", document.path, exc_info=result)
            failed += 1
    return failed
