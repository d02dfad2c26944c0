from collections.abc import Sequence
from datetime import datetime, timedelta

from common.domain.avatar_session import AvatarSession, session_among, session_paths, touched
from common.domain.documents import Document, Update, Write
from common.domain.errors import Missing, NotFound, SessionOver
from common.domain.ids import AvatarSessionId, UserId
from common.domain.quota import Ledger, month_of
from common.domain.user import User
from common.observability.log import best_effort
from common.ports.dependencies import Outside
from common.schemas.answers import AvatarStarted, KeptAlive, SessionEnded
from common.schemas.requests import EndSession, KeepAlive, StartAvatar
from common.sessions.end import Ending
from common.sessions.start import Start
from common.transactions.account import account_paths, ledger_of, usage_of
from common.transactions.idempotency import Once
from common.transactions.transaction import read, until_held


def owned(document: Document, user: UserId) -> AvatarSession:
    """`NotFound` alike for one that is missing and one that is somebody else's."""
    if document.get("uid") != user:
        raise NotFound("There is no such avatar session.")
    return AvatarSession.read(document)


def owned_and_live(document: Document, user: UserId, now: datetime) -> AvatarSession:
    session = owned(document, user)
    if session.state == "starting":
        raise SessionOver("The avatar session is not ready yet.", retry_after=2)
    if session.state != "live" or session.expires_at <= now:
        raise SessionOver("The avatar session has ended; start another one.")
    return session


class AvatarSessions:
    """A user's avatar: started, kept, ended."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.ending = Ending(outside)

    async def start(self, caller: User, request: StartAvatar, once: Once) -> AvatarStarted:
        return await Start(self._outside, self.ending, caller, request, once).start()

    async def keep_alive(self, caller: User, request: KeepAlive, once: Once) -> KeptAlive:
        """Somebody is there: neither we nor the provider end it for being idle. Never later than
        `expires_at`."""
        outside, session_id = self._outside, AvatarSessionId(request.avatar_session_id)

        async def attempt(_: int) -> KeptAlive | AvatarSession:
            return await self._keep_alive(caller, session_id, once)

        kept = await until_held(attempt, outside.pause)
        if isinstance(kept, AvatarSession):
            await best_effort("ending a session that is gone", self.ending.end(kept.id, "gone"))
            raise SessionOver("The avatar session has ended; start another one.")
        return kept

    async def _keep_alive(
        self, caller: User, session_id: AvatarSessionId, once: Once
    ) -> KeptAlive | AvatarSession:
        """The session itself, where the provider does not run it any more."""
        outside, now = self._outside, self._outside.clock.now()
        documents = await self._read(caller, session_id, now, once)
        if stored := once.replay(documents, now):
            return KeptAlive.model_validate(stored)
        session = owned_and_live(session_among(documents, session_id), caller.uid, now)
        try:
            await outside.avatars.keep_alive(session.id)
        except Missing:
            return session
        kept = touched(session, now, timedelta(seconds=outside.settings.idle_seconds))
        ledger = ledger_of(documents, caller.uid, outside.settings, now)
        answer = KeptAlive(
            avatar_session_id=session.id,
            expires_at=session.expires_at,
            idle_at=kept.due_at or session.expires_at,
            usage=usage_of(ledger),
        )
        update = {"last_activity_at": kept.last_activity_at, "due_at": kept.due_at}
        claim = once.claim(documents, now, answer.model_dump(mode="json"))
        version = documents[session.path].version
        await outside.store.commit([Update(session.path, update, read=version), *claim])
        return answer

    async def end(self, caller: User, request: EndSession, once: Once) -> SessionEnded:
        """Ending what has ended gives the same answer again."""
        outside, now = self._outside, self._outside.clock.now()
        session_id = AvatarSessionId(request.avatar_session_id)
        documents = await self._read(caller, session_id, now, once)
        if stored := once.replay(documents, now):
            return SessionEnded.model_validate(stored)
        found = session_among(documents, session_id)
        before = owned(found, caller.uid)
        ledger = ledger_of(documents, caller.uid, outside.settings, now)

        def answer(after: AvatarSession) -> SessionEnded:
            return _ended(before, after, ledger)

        def answered(after: AvatarSession) -> Sequence[Write]:
            return once.claim(documents, now, answer(after).model_dump(mode="json"))

        after = await self.ending.end(before.id, "user", found=found, extra=answered)
        return answer(after)

    async def _read(
        self, caller: User, session: AvatarSessionId, now: datetime, once: Once
    ) -> dict[str, Document]:
        paths = [*session_paths(session), *account_paths(caller.uid, now), *once.paths]
        return await read(self._outside.store, *paths)


def _ended(before: AvatarSession, after: AvatarSession, ledger: Ledger) -> SessionEnded:
    settled = before.state != "ended" and after.state == "ended"
    counts = settled and before.month == month_of(ledger.now)
    return SessionEnded(
        avatar_session_id=after.id,
        state="ended" if after.state == "ended" else "ending",
        seconds=after.seconds,
        usage=usage_of(
            ledger,
            used={"avatar_seconds": after.seconds * counts},
            reserved={"avatar_seconds": -before.reserved * counts},
        ),
    )
