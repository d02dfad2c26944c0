from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from common.domain.avatar_session import AvatarSession, leave, session_among, session_paths, touch
from common.domain.documents import Update, Write
from common.domain.errors import Failed, SessionOver, UpstreamNotFound
from common.domain.ids import AvatarSessionId
from common.domain.quota import Ledger, month_of
from common.domain.user import User
from common.observability.log import best_effort
from common.observability.request_trace import annotate
from common.ports.dependencies import Dependencies
from common.schemas.answers import EndSessionAnswer, KeepAliveAnswer, StartAvatarAnswer
from common.schemas.requests import EndSessionRequest, KeepAliveRequest, StartAvatarRequest
from common.sessions.end import SessionEnder, always
from common.sessions.ownership import read_live, read_owned
from common.sessions.start import StartUseCase
from common.settings import Settings
from common.transactions.account import account_paths, ledger_of, usage_of
from common.transactions.idempotency import IdempotencyKey
from common.transactions.transaction import Decision, Documents, Transactions


@dataclass(frozen=True)
class ExtendSession:
    """Renew a live session's `due_at` (a `Transaction`).

    With `write` False it only decides, and the result is None. Otherwise the result is the answer.
    A key that was used before gives its stored answer.
    """

    caller: User
    session: AvatarSessionId
    settings: Settings
    key: IdempotencyKey
    write: bool
    leaving: bool = False

    def paths(self, now: datetime) -> Iterable[str]:
        return _paths(self.caller, self.session, self.key, now)

    def decide(self, documents: Documents, now: datetime) -> Decision[KeepAliveAnswer | None]:
        if stored := self.key.replay(documents, now):
            return Decision(KeepAliveAnswer.model_validate(stored))
        document = session_among(documents, self.session)
        session = read_live(document, self.caller.uid, now)
        ledger = ledger_of(documents, self.caller, self.settings, now)
        ledger.require_open()
        if not self.write:
            return Decision(None)
        idle = session.idle(self.settings.idle_seconds)
        kept = leave(session, now) if self.leaving else touch(session, now, idle)
        answer = KeepAliveAnswer(
            avatar_session_id=session.id,
            expires_at=session.expires_at,
            idle_at=kept.due_at or session.expires_at,
            usage=usage_of(ledger),
        )
        names = ("last_activity_at", "due_at", "leaves_at")
        fields = {name: getattr(kept, name) for name in names}
        writes: list[Write] = [
            Update(session.path, fields, read=document.version),
            *self.key.claim(documents, now, answer.model_dump(mode="json")),
        ]
        return Decision(answer, writes)


class AvatarSessions:
    """A user's avatar sessions: started, kept alive, ended."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._transactions = Transactions(deps.store, deps.clock, deps.pause)
        self.ender = SessionEnder(deps)

    async def start(
        self, caller: User, request: StartAvatarRequest, key: IdempotencyKey
    ) -> StartAvatarAnswer:
        return await StartUseCase(self._deps, self.ender).start(caller, request, key)

    async def keep_alive(
        self, caller: User, request: KeepAliveRequest, key: IdempotencyKey
    ) -> KeepAliveAnswer:
        """Keep a session from being ended as idle, here and at the provider.

        Never beyond `expires_at`. A page that leaves asks for the end in 20 s instead.

        Raises NotFound, SessionOver, AccountClosing.
        """
        session = AvatarSessionId(request.avatar_session_id)
        annotate(marks=request.marks, leaving=request.leaving or None)
        leaving = request.leaving
        keep = ExtendSession(
            caller, session, self._deps.settings, key, write=leaving, leaving=leaving
        )
        decided = await self._transactions.run(keep)
        if decided.result is not None:
            left = AvatarSession.read(session_among(decided.documents, session))
            if leaving and left.leaves_at is not None:
                task = self._deps.tasks.leave(session, left.leaves_at)
                await best_effort("the task of a page that leaves", task)
            return decided.result
        try:
            await self._deps.avatars.keep_alive(session)
        except (UpstreamNotFound, Failed):  # refused: is it over?
            if await self.ender.end_if_over(session) is not None:
                raise SessionOver("The avatar session has ended. Start another one.") from None
        kept = await self._transactions.run(replace(keep, write=True), documents=decided.documents)
        if kept.result is None:
            raise SessionOver("The avatar session has ended. Start another one.")
        return kept.result

    async def end(
        self, caller: User, request: EndSessionRequest, key: IdempotencyKey
    ) -> EndSessionAnswer:
        """End a session. Ending it again gives the same answer. Raises NotFound."""
        deps, now = self._deps, self._deps.clock.now()
        session = AvatarSessionId(request.avatar_session_id)
        documents = await self._transactions.read(*_paths(caller, session, key, now))
        if stored := key.replay(documents, now):
            return EndSessionAnswer.model_validate(stored)
        before = read_owned(session_among(documents, session), caller.uid)
        ledger = ledger_of(documents, caller, deps.settings, now)

        def store_answer(after: AvatarSession) -> Sequence[Write]:
            return key.claim(
                documents, now, _end_answer(before, after, ledger).model_dump(mode="json")
            )

        after = await self.ender.end(
            before.id, always("user"), documents=documents, also=store_answer
        )
        return _end_answer(before, after, ledger)


def _paths(caller: User, session: AvatarSessionId, key: IdempotencyKey, now: datetime) -> list[str]:
    return [*session_paths(session), *account_paths(caller, now), *key.paths]


def _end_answer(before: AvatarSession, after: AvatarSession, ledger: Ledger) -> EndSessionAnswer:
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
