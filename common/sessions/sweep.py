"""Ends what should not run any more, whoever forgot it. Safe to run twice at once, at any time."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from common.domain.avatar_session import (
    STOP_AGAIN_SECONDS,
    AvatarSession,
    record_path,
    session_among,
    session_path,
    session_paths,
    why_due,
)
from common.domain.conversation import conversation_path
from common.domain.documents import Delete, Document, Query, Update, Where, Write
from common.domain.errors import Conflict, NotFound, OprinaError, TooEarly, Unavailable
from common.domain.ids import AvatarSessionId, ConversationId
from common.domain.quota import settle
from common.observability.log import log
from common.observability.request_trace import annotate
from common.ports.dependencies import Dependencies
from common.schemas.answers import SweepAnswer
from common.schemas.requests import SweepRequest
from common.sessions.end import SessionEnder
from common.transactions.transaction import read

AT_ONCE = 100
"""Twice as many as must be with the provider together: each is with the store for as long."""
BATCH = 500
"""Due documents a run deals with; what is left is the next run's, oldest first."""
GET_AT_ONCE = 100
EARLY_SECONDS = 2.0
"""A task may come this much before its time, by another clock, and is served."""


class SweepUseCase:
    def __init__(self, deps: Dependencies, ending: SessionEnder, *, batch: int = BATCH) -> None:
        self._deps = deps
        self._ending = ending
        self._batch = batch

    async def sweep(self, request: SweepRequest) -> SweepAnswer:
        one = request.avatar_session_id
        swept = await (self._one(AvatarSessionId(one)) if one else self._all())
        annotate(did=swept.model_dump(exclude={"more"}))
        return swept

    async def _all(self) -> SweepAnswer:
        counts: Counter[str] = Counter()
        sessions, turns = await asyncio.gather(self._due("avatar_sessions"), self._due("turns"))
        failed = await _each(sessions, lambda document: self._end(document, counts))
        failed += await _each(turns, lambda document: self._free(document, counts))
        counts["failed"] += failed
        await self._reconcile(counts)
        more = self._batch in {len(sessions), len(turns)}
        return SweepAnswer(**counts, more=more)

    async def _one(self, session: AvatarSessionId) -> SweepAnswer:
        """For the expiry task. `TooEarly` (not a success) makes the queue bring it again."""
        now = self._deps.clock.now()
        document = session_among(await read(self._deps.store, *session_paths(session)), session)
        if not document.exists:
            return SweepAnswer(unknown=1)
        found = AvatarSession.read(document)
        if found.state == "ended":
            return SweepAnswer()
        early = (found.expires_at - now).total_seconds()
        if early > EARLY_SECONDS:
            raise TooEarly("The session has not expired.", retry_after=int(early) + 1)
        after = await self._ending.end(session, "expired", found=document)
        if after.state != "ended":
            raise Unavailable("avatar", "it did not confirm a stop", retry_after=STOP_AGAIN_SECONDS)
        return SweepAnswer(expired=1)

    async def _due(self, collection: str) -> list[Document]:
        now = self._deps.clock.now()
        due = (Where("due_at", "<=", now),)
        return await self._deps.store.query(Query(collection, due, "due_at", limit=self._batch))

    # ── sessions ─────────────────────────────────────────────────────────────────────────────────

    async def _end(self, document: Document, counts: Counter[str]) -> None:
        session = AvatarSession.read(document)
        reason = why_due(session, self._deps.clock.now())
        if reason is None:
            return
        after = await self._ending.end(session.id, reason, found=document)
        if after.state != "ended":
            counts["failed"] += 1
        elif after.end_reason == reason:
            counts[reason if reason in {"expired", "idle"} else "stuck"] += 1

    # ── turns whose process was lost ─────────────────────────────────────────────────────────────

    async def _free(self, document: Document, counts: Counter[str]) -> None:
        """What it used nobody knows, so all that was set aside is charged: no crash overspends."""
        reserved = document.get("reserved")
        conversation = conversation_path(ConversationId(document.get("conversation_id")))
        writes: list[Write] = [
            Delete(document.path, read=document.version, must_exist=True),
            settle(document.get("uid"), document.get("month"), reserved, reserved),
        ]
        held = (await read(self._deps.store, conversation))[conversation]
        if (held.get("lease") or {}).get("turn_id") == document.id:
            writes.append(Update(conversation, {"lease": None}, read=held.version))
        await self._deps.store.commit(writes)
        counts["leases_freed"] += 1

    # ── the provider's own list ──────────────────────────────────────────────────────────────────

    async def _reconcile(self, counts: Counter[str]) -> None:
        """Stops again what we hold as ended; leaves alone what is not ours."""
        try:
            running, _ = await asyncio.gather(self._deps.avatars.active(), self._note_credits())
        except OprinaError as error:
            log.warning("no list of active sessions: %s", error.code)
            counts["failed"] += 1
            return
        for start in range(0, len(running), GET_AT_ONCE):
            records = await self._not_running(running[start : start + GET_AT_ONCE])
            failed = await _each(records, lambda record: self._compare(record, counts))
            counts["failed"] += failed

    async def _note_credits(self) -> None:
        """For whoever watches them; a sweep is none the worse without."""
        try:
            annotate(credits_left=await self._deps.avatars.credits())
        except OprinaError as error:
            log.warning("the credits are not known: %s", error.code)

    async def _not_running(self, sessions: Sequence[AvatarSessionId]) -> list[Document]:
        """The records of those that we do not hold as running; one that is not ours has none."""
        store = self._deps.store
        ours = await store.get([session_path(session) for session in sessions])
        gone = [AvatarSessionId(document.id) for document in ours if not document.exists]
        return await store.get([record_path(session) for session in gone]) if gone else []

    async def _compare(self, record: Document, counts: Counter[str]) -> None:
        if not record.exists:
            log.warning("a session that is not ours runs", extra={"avatar_session_id": record.id})
            counts["unknown"] += 1
        else:
            await self._deps.avatars.stop(AvatarSessionId(record.id), "stuck")
            counts["stopped_again"] += 1


async def _each(documents: Sequence[Document], work: Callable[[Document], Awaitable[None]]) -> int:
    """At most `AT_ONCE` at a time. One that fails, for whatever reason, stops no other; how many
    did."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(document: Document) -> None:
        async with places:
            await work(document)

    results = await asyncio.gather(*map(one, documents), return_exceptions=True)
    failed = 0
    for document, result in zip(documents, results, strict=True):
        if isinstance(result, Conflict | NotFound):
            continue  # somebody else is at it
        if isinstance(result, BaseException):
            log.error("the sweep could not deal with %s", document.path, exc_info=result)
            failed += 1
    return failed
