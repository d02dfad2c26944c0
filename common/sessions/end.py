"""Stops an avatar session, once, whoever asks and however often."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from common.domain.avatar_session import (
    AvatarSession,
    EndReason,
    ended,
    ending,
    record_path,
    session_among,
    session_paths,
    slot_path,
)
from common.domain.conversation import conversation_path
from common.domain.documents import Create, Delete, Document, Update, Version, Write
from common.domain.errors import NotFound, Upstream, UpstreamNotFound
from common.domain.ids import AvatarSessionId
from common.domain.quota import settle
from common.observability.log import best_effort, log
from common.ports.dependencies import Dependencies
from common.transactions.transaction import read, until_held

LATE_SECONDS = 60.0
"""After its time by this much, the provider is asked how long a session really ran."""

ExtraWrites = Callable[[AvatarSession], Sequence[Write]]
"""What is written in the commit that ends the session, given the session as it ended."""


class SessionEnder:
    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps

    async def end(
        self,
        session: AvatarSessionId,
        reason: EndReason,
        *,
        found: Document | None = None,
        extra: ExtraWrites = lambda _: (),
    ) -> AvatarSession:
        """The session as it stands afterwards: `ended`, or `ending` where the provider did not
        confirm its stop; the sweep then goes on. `found`: the document, where it was just read.
        `extra` is written with the last commit."""

        async def attempt(number: int) -> AvatarSession:
            document = found if found and number == 0 else await self._read(session)
            return await self._end(document, reason, extra)

        return await until_held(attempt, self._deps.pause)

    async def never_ran(
        self,
        session: AvatarSession,
        version: Version,
        reason: EndReason,
        *,
        extra: ExtraWrites = lambda _: (),
    ) -> None:
        """For a start that the provider certainly refused: nothing to stop, nothing to charge."""
        await self._finish(session, version, reason, None, extra, unlink=True)

    async def _read(self, session: AvatarSessionId) -> Document:
        documents = await read(self._deps.store, *session_paths(session))
        return session_among(documents, session)

    async def _end(
        self, document: Document, reason: EndReason, extra: ExtraWrites
    ) -> AvatarSession:
        if not document.exists:
            raise NotFound("There is no such avatar session.")
        session, version = AvatarSession.read(document), document.version
        now = self._deps.clock.now()
        if session.state == "ended":
            return session
        again = session.state == "ending"
        ask = again or reason == "gone" or _is_late(session, now)
        if not again or session.due_at is None or session.due_at <= now:
            session, version = await self._flip(session, version, reason, now)
        try:
            await self._deps.avatars.stop(session.id, reason)
        except Upstream as error:
            log.warning("stop failed: %s", error.code, extra={"avatar_session_id": session.id})
            return session
        ran = await self._ran(session.id) if ask else None
        return await self._finish(session, version, reason, ran, extra, unlink=False)

    async def _flip(
        self, session: AvatarSession, version: Version, reason: EndReason, now: datetime
    ) -> tuple[AvatarSession, Version]:
        """From here on nobody speaks through it, and the conversation may have another."""
        flipped = ending(session, now, reason)
        update = Update(
            session.path,
            {"state": flipped.state, "end_reason": flipped.end_reason, "due_at": flipped.due_at},
            read=version,
        )
        unlink = self._unlink(session, reason) if session.state != "ending" else []
        versions = await self._deps.store.commit([update, *unlink])
        return flipped, versions[session.path]

    async def _finish(
        self,
        session: AvatarSession,
        version: Version,
        reason: EndReason,
        ran: float | None,
        extra: ExtraWrites,
        *,
        unlink: bool,
    ) -> AvatarSession:
        now = self._deps.clock.now()
        done = ended(replace(session, end_reason=session.end_reason or reason), now, ran)
        log_line = {
            "kind": "ended",
            "at": now,
            "seconds": done.seconds,
            "cost": {"avatar_seconds": done.seconds},
            "reason": done.end_reason,
        }
        writes: list[Write] = [
            Delete(session.path, read=version),
            Create(record_path(session.id), done.record()),
            settle(
                session.uid,
                session.month,
                {"avatar_seconds": session.reserved},
                {"avatar_seconds": done.seconds},
            ),
            Delete(slot_path(session.uid, session.slot)),
            Create(f"{session.path}/events/{self._deps.new_id()}", log_line),
        ]
        writes += self._unlink(session, reason) if unlink else []
        await self._deps.store.commit([*writes, *extra(done)])
        await best_effort("forgetting a secret", self._deps.vault.forget(session.id))
        return done

    async def _ran(self, session: AvatarSessionId) -> float | None:
        """Somebody else stopped it, some time ago: the provider knows when."""
        try:
            return (await self._deps.avatars.record(session)).seconds
        except UpstreamNotFound:
            return None
        except Upstream as error:
            log.warning("no record: %s", error.code, extra={"avatar_session_id": session})
            return None

    @staticmethod
    def _unlink(session: AvatarSession, reason: EndReason) -> list[Write]:
        over = {"avatar": None, "avatar_over": reason}
        return [Update(conversation_path(session.conversation_id), over)]


def _is_late(session: AvatarSession, now: datetime) -> bool:
    """It may have stopped without us, some time ago."""
    return session.due_at is not None and (now - session.due_at).total_seconds() > LATE_SECONDS
