"""Second half of a start: ask the provider, store the tokens, mark the session live.

    /start ∥ expiry task ∥ a place for the tokens ──► tokens stored ──► commit: `live`

On any failure the session is ended and nothing is charged. Where the store is away, it stays
`starting` or `live`, and the sweep ends it.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from common.domain.avatar_session import (
    AvatarSession,
    EndReason,
    go_live,
    record_path,
    session_among,
    session_path,
    session_paths,
)
from common.domain.conversation import Conversation, CurrentAvatar, conversation_path
from common.domain.documents import Create, Document, Fields, Update, Write
from common.domain.errors import (
    Ambiguous,
    AvatarStarting,
    OprinaError,
    SessionOver,
    Unavailable,
    Upstream,
    UpstreamNotFound,
)
from common.domain.ids import AvatarSessionId, ConversationId
from common.domain.quota import Ledger
from common.observability.log import best_effort, log
from common.ports.avatar import SessionToken, StartedSession
from common.ports.dependencies import Dependencies
from common.ports.vault import StoredTokens
from common.schemas.answers import StartAvatarAnswer
from common.sessions.end import SessionEnder, always
from common.transactions.account import usage_of
from common.transactions.idempotency import IdempotencyKey
from common.transactions.transaction import Decision, Documents, Patience, Transactions

GO_LIVE = Patience(total=15.0, away=15.0)
"""Marking a session live is retried for this long; then it is stopped."""


@dataclass(frozen=True)
class ReservedStart:
    """A start whose first commit holds: slot and seconds are reserved, and nothing costs money yet."""

    session: AvatarSession
    token: SessionToken
    ledger: Ledger


def overtaken_error() -> SessionOver:
    return SessionOver("The avatar session was ended before it was ready. Start another one.")


@dataclass(frozen=True)
class GoLive:
    """Commit `live` with the answer to the key (a `Transaction`).

    The result is False if the session was ended meanwhile.
    """

    live: AvatarSession
    event_id: str
    answer: Fields
    key: IdempotencyKey

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        live = self.live
        return [*session_paths(live.id), conversation_path(live.conversation_id), *self.key.paths]

    def decide(self, documents: Documents, now: datetime) -> Decision[bool]:
        live, document = self.live, session_among(documents, self.live.id)
        state = document.get("state")
        if state == "live":
            return Decision(result=True)
        if state != "starting":
            return Decision(result=False)
        event = {"kind": "started", "at": now, "seconds": 0, "cost": {}, "uid": live.uid}
        writes: list[Write] = [
            Update(live.path, live.fields(), read=document.version),
            Create(f"{live.path}/events/{self.event_id}", event),
            *self._link(documents),
            *self.key.store_answer(documents, self.answer, now),
        ]
        return Decision(result=True, writes=writes)

    def _link(self, documents: Documents) -> Sequence[Write]:
        document = documents[conversation_path(self.live.conversation_id)]
        if not document.exists:
            return ()
        avatar = Conversation.of(document).avatar
        if avatar is None or avatar.avatar_session_id != self.live.id:
            return ()
        fields = {"avatar": CurrentAvatar.of(self.live).fields()}
        return (Update(document.path, fields, read=document.version),)


class SessionLaunch:
    def __init__(
        self,
        deps: Dependencies,
        ender: SessionEnder,
        key: IdempotencyKey,
        reserved: ReservedStart,
        documents: Documents,
    ) -> None:
        self._deps = deps
        self._ender = ender
        self._key = key
        self._reserved = reserved
        self._documents = documents

    async def launch(self) -> StartAvatarAnswer:
        """Start the session. Its time is counted from the request, so that our limit comes first.

        Raises Unavailable or Busy: nothing runs, or it was stopped again, and nothing is charged.
        Raises SessionOver if the session was ended meanwhile.
        """
        deps, session = self._deps, self._reserved.session
        asked_at = deps.clock.now()
        session = replace(
            session,
            started_at=asked_at,
            expires_at=asked_at + timedelta(seconds=session.reserved),
        )
        started, _, _ = await asyncio.gather(
            deps.avatars.start(self._reserved.token),
            best_effort("the expiry task", deps.tasks.expire(session.id, session.expires_at)),
            best_effort("preparing a secret", deps.vault.prepare(session.id, session.expires_at)),
            return_exceptions=True,
        )
        if isinstance(started, BaseException):
            raise await self._not_started(session, started)
        try:
            answer = await self._go_live(session, started)
        except OprinaError:
            await self._abandon("start_failed")
            raise
        if answer is None:
            await self._abandon("start_failed")
            raise overtaken_error()
        return answer

    async def _go_live(
        self, session: AvatarSession, started: StartedSession
    ) -> StartAvatarAnswer | None:
        deps = self._deps
        tokens = StoredTokens(
            ws_url=started.ws_url,
            livekit_url=started.livekit_url,
            livekit_token=started.livekit_token,
        )
        vault = await deps.vault.keep(session.id, tokens, session.expires_at)
        now = deps.clock.now()
        live = go_live(session, now, session.idle(deps.settings.idle_seconds), vault)
        answer = self._answer(live, started)
        stored = answer.model_dump(mode="json", exclude={"livekit_token"})
        transactions = Transactions(deps.store, deps.clock, deps.pause)
        transaction = GoLive(live, deps.new_id(), stored, self._key)
        record = record_path(session.id)  # the session was just created: no record stands there
        known = {record: Document(record, None), **self._documents}
        held = await transactions.run(transaction, GO_LIVE, known)
        return answer if held.result else None

    async def _not_started(self, session: AvatarSession, error: BaseException) -> BaseException:
        """Give back what was reserved. Return what to tell the caller."""
        if isinstance(error, Ambiguous):
            await self._abandon("start_ambiguous")
            return Unavailable("avatar", "it did not say whether it started", retry_after=5)
        if isinstance(error, Upstream):
            try:
                closed = await self._ender.never_ran(session, "start_failed")
            except OprinaError as failure:
                log.warning("closing a start that failed: %s", failure.code)
            else:  # the provider also refuses a session that another process ended meanwhile
                return error if closed.end_reason == "start_failed" else overtaken_error()
        return error

    async def _abandon(self, reason: EndReason) -> None:
        """End a session that may run.

        Without a commit of `ending` nothing is stopped: the document says what is left to do, and
        the next start, the expiry task or the sweep does it. A session that was ended before the
        provider had started it is stopped here: its document already says so.
        """
        session = self._reserved.session.id
        try:
            after = await self._ender.end(session, always(reason))
        except OprinaError as error:
            log.warning("a start that failed is left to the sweep: %s", error.code)
            return
        if after.state == "ended" and after.end_reason != reason:
            stop = self._deps.avatars.stop(session, reason)
            await best_effort("stopping a session that ended before it ran", stop)

    def _answer(self, live: AvatarSession, started: StartedSession) -> StartAvatarAnswer:
        return StartAvatarAnswer(
            avatar_session_id=live.id,
            conversation_id=live.conversation_id,
            livekit_url=started.livekit_url,
            livekit_token=started.livekit_token,
            expires_at=live.expires_at,
            reserved_seconds=live.reserved,
            usage=usage_of(self._reserved.ledger, reserved={"avatar_seconds": live.reserved}),
        )


async def resume(
    deps: Dependencies, avatar: CurrentAvatar, conversation: ConversationId, ledger: Ledger
) -> StartAvatarAnswer:
    """Hand out the avatar that the conversation has. Raises AvatarStarting, SessionOver."""
    if not avatar.live:
        raise AvatarStarting("The conversation's avatar is being started.", retry_after=2)
    session = await _read_live(deps, avatar.avatar_session_id)
    tokens = await _tokens(deps, session)
    return StartAvatarAnswer(
        avatar_session_id=session.id,
        conversation_id=conversation,
        livekit_url=tokens.livekit_url,
        livekit_token=tokens.livekit_token,
        expires_at=session.expires_at,
        reserved_seconds=session.reserved,
        usage=usage_of(ledger),
        resumed=True,
    )


async def repeat_answer(deps: Dependencies, stored: Fields) -> StartAvatarAnswer:
    """Return the same answer to the same key.

    Its token is read from the vault, and is empty if the session has ended since.
    """
    try:
        session = await _read_live(deps, AvatarSessionId(stored["avatar_session_id"]))
        tokens = await _tokens(deps, session)
    except SessionOver:
        return StartAvatarAnswer.model_validate({**stored, "livekit_token": ""}, strict=False)
    found = {**stored, "livekit_token": tokens.livekit_token}
    return StartAvatarAnswer.model_validate(found, strict=False)


async def _tokens(deps: Dependencies, session: AvatarSession) -> StoredTokens:
    """Return the tokens of a session. Raises SessionOver if it was ended since it was read."""
    try:
        return await deps.vault.open(session.id, session.vault)
    except UpstreamNotFound:
        await _read_live(deps, session.id)
        raise


async def _read_live(deps: Dependencies, session: AvatarSessionId) -> AvatarSession:
    path = session_path(session)
    (found,) = await deps.store.get([path])
    if found.get("state") != "live":
        raise SessionOver("The avatar session has ended. Start another one.")
    return AvatarSession.read(found)
