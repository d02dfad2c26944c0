from collections.abc import Sequence
from datetime import datetime, timedelta

from common.domain.avatar_session import AvatarSession, session_among, session_paths, touched
from common.domain.documents import Document, Update, Write
from common.domain.errors import NotFound, SessionOver, UpstreamNotFound
from common.domain.ids import AvatarSessionId, UserId
from common.domain.quota import Ledger, month_of
from common.domain.user import User
from common.observability.log import best_effort
from common.ports.dependencies import Dependencies
from common.schemas.answers import EndSessionAnswer, KeepAliveAnswer, StartAvatarAnswer
from common.schemas.requests import EndSessionRequest, KeepAliveRequest, StartAvatarRequest
from common.sessions.end import SessionEnder
from common.sessions.start import SessionStart
from common.transactions.account import account_paths, ledger_of, usage_of
from common.transactions.idempotency import IdempotencyKey
from common.transactions.transaction import read, until_held


def read_owned(document: Document, user: UserId) -> AvatarSession:
    """`NotFound` alike for one that is missing and one that is somebody else's."""
    if document.get("uid") != user:
        raise NotFound("There is no such avatar session.")
    return AvatarSession.read(document)


def read_owned_live(document: Document, user: UserId, now: datetime) -> AvatarSession:
    session = read_owned(document, user)
    if session.state == "starting":
        raise SessionOver("The avatar session is not ready yet.", retry_after=2)
    if session.state != "live" or session.expires_at <= now:
        raise SessionOver("The avatar session has ended; start another one.")
    return session


class AvatarSessions:
    """A user's avatar: started, kept, ended."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self.ending = SessionEnder(deps)

    async def start(
        self, caller: User, request: StartAvatarRequest, once: IdempotencyKey
    ) -> StartAvatarAnswer:
        return await SessionStart(self._deps, self.ending, caller, request, once).start()

    async def keep_alive(
        self, caller: User, request: KeepAliveRequest, once: IdempotencyKey
    ) -> KeepAliveAnswer:
        """Somebody is there: neither we nor the provider end it for being idle. Never later than
        `expires_at`."""
        deps, session_id = self._deps, AvatarSessionId(request.avatar_session_id)

        async def attempt(_: int) -> KeepAliveAnswer | AvatarSession:
            return await self._keep_alive(caller, session_id, once)

        kept = await until_held(attempt, deps.pause)
        if isinstance(kept, AvatarSession):
            await best_effort("ending a session that is gone", self.ending.end(kept.id, "gone"))
            raise SessionOver("The avatar session has ended; start another one.")
        return kept

    async def _keep_alive(
        self, caller: User, session_id: AvatarSessionId, once: IdempotencyKey
    ) -> KeepAliveAnswer | AvatarSession:
        """The session itself, where the provider does not run it any more."""
        deps, now = self._deps, self._deps.clock.now()
        documents = await self._read(caller, session_id, now, once)
        if stored := once.replay(documents, now):
            return KeepAliveAnswer.model_validate(stored)
        session = read_owned_live(session_among(documents, session_id), caller.uid, now)
        try:
            await deps.avatars.keep_alive(session.id)
        except UpstreamNotFound:
            return session
        kept = touched(session, now, timedelta(seconds=deps.settings.idle_seconds))
        ledger = ledger_of(documents, caller.uid, deps.settings, now)
        answer = KeepAliveAnswer(
            avatar_session_id=session.id,
            expires_at=session.expires_at,
            idle_at=kept.due_at or session.expires_at,
            usage=usage_of(ledger),
        )
        update = {"last_activity_at": kept.last_activity_at, "due_at": kept.due_at}
        claim = once.claim(documents, now, answer.model_dump(mode="json"))
        version = documents[session.path].version
        await deps.store.commit([Update(session.path, update, read=version), *claim])
        return answer

    async def end(
        self, caller: User, request: EndSessionRequest, once: IdempotencyKey
    ) -> EndSessionAnswer:
        """Ending what has ended gives the same answer again."""
        deps, now = self._deps, self._deps.clock.now()
        session_id = AvatarSessionId(request.avatar_session_id)
        documents = await self._read(caller, session_id, now, once)
        if stored := once.replay(documents, now):
            return EndSessionAnswer.model_validate(stored)
        found = session_among(documents, session_id)
        before = read_owned(found, caller.uid)
        ledger = ledger_of(documents, caller.uid, deps.settings, now)

        def answer(after: AvatarSession) -> EndSessionAnswer:
            return _ended(before, after, ledger)

        def answered(after: AvatarSession) -> Sequence[Write]:
            return once.claim(documents, now, answer(after).model_dump(mode="json"))

        after = await self.ending.end(before.id, "user", found=found, extra=answered)
        return answer(after)

    async def _read(
        self, caller: User, session: AvatarSessionId, now: datetime, once: IdempotencyKey
    ) -> dict[str, Document]:
        paths = [*session_paths(session), *account_paths(caller.uid, now), *once.paths]
        return await read(self._deps.store, *paths)


def _ended(before: AvatarSession, after: AvatarSession, ledger: Ledger) -> EndSessionAnswer:
    settled = before.state != "ended" and after.state == "ended"
    counts = settled and before.month == month_of(ledger.now)
    return EndSessionAnswer(
        avatar_session_id=after.id,
        state="ended" if after.state == "ended" else "ending",
        seconds=after.seconds,
        usage=usage_of(
            ledger,
            used={"avatar_seconds": after.seconds * counts},
            reserved={"avatar_seconds": -before.reserved * counts},
        ),
    )
