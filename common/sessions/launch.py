"""From an admitted start to a session that runs, or to one that certainly does not.

start ∥ expiry task ∥ secret ──► the secret's tokens ──► commit: `live`
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

from common.domain.avatar_session import AvatarSession, EndReason, gone_live, session_path
from common.domain.conversation import CurrentAvatar, conversation_path
from common.domain.documents import Create, Fields, Update, Version
from common.domain.errors import (
    Ambiguous,
    AvatarStarting,
    Conflict,
    OprinaError,
    SessionOver,
    Unavailable,
    Upstream,
)
from common.domain.ids import AvatarSessionId, ConversationId
from common.domain.quota import Ledger
from common.observability.log import best_effort, log
from common.ports.avatar import SessionToken, StartedSession
from common.ports.dependencies import Dependencies
from common.ports.vault import StoredTokens
from common.schemas.answers import StartAvatarAnswer
from common.sessions.end import SessionEnder
from common.transactions.account import usage_of
from common.transactions.idempotency import IdempotencyKey
from common.transactions.transaction import read


@dataclass(frozen=True)
class ReservedStart:
    """The first commit held: the slot is ours, the seconds are reserved, nothing bills yet."""

    session: AvatarSession
    version: Version
    ticket: SessionToken
    ledger: Ledger


def overtaken() -> SessionOver:
    return SessionOver("The avatar session was ended before it was ready; start another one.")


class SessionLaunch:
    def __init__(
        self,
        deps: Dependencies,
        ending: SessionEnder,
        once: IdempotencyKey,
        admitted: ReservedStart,
    ) -> None:
        self._deps = deps
        self._ending = ending
        self._once = once
        self._admitted = admitted

    async def launch(self) -> StartAvatarAnswer:
        """Its end is counted from the asking, so that our own limit is there before the provider's.
        `Unavailable`, `Busy`: nothing runs, or it was stopped again; nothing is charged."""
        deps, session = self._deps, self._admitted.session
        asked_at = deps.clock.now()
        session = replace(session, expires_at=asked_at + timedelta(seconds=session.reserved))
        started, _, _ = await asyncio.gather(
            deps.avatars.start(self._admitted.ticket),
            best_effort("the expiry task", deps.tasks.expire(session.id, session.expires_at)),
            best_effort("a secret", deps.vault.prepare(session.id, session.expires_at)),
            return_exceptions=True,
        )
        if isinstance(started, BaseException):
            raise await self._not_started(started)
        try:
            return await self._go_live(session, started)
        except Conflict:
            await self._abandon("start_failed")
            raise overtaken() from None
        except OprinaError:
            await self._abandon("start_failed")
            raise

    async def _go_live(self, session: AvatarSession, running: StartedSession) -> StartAvatarAnswer:
        deps = self._deps
        tokens = StoredTokens(
            ws_url=running.ws_url,
            livekit_url=running.livekit_url,
            livekit_token=running.livekit_token,
            session_token=self._admitted.ticket.token,
        )
        vault = await deps.vault.keep(session.id, tokens, session.expires_at)
        now = deps.clock.now()
        live = gone_live(session, now, timedelta(seconds=deps.settings.idle_seconds), vault)
        answer = self._answer(live, running)
        stored = answer.model_dump(mode="json", exclude={"livekit_token"})
        event = {"kind": "started", "at": now, "seconds": 0, "cost": {}}
        await deps.store.commit(
            [
                Update(live.path, live.fields(), read=self._admitted.version),
                Update(
                    conversation_path(live.conversation_id),
                    {"avatar": CurrentAvatar.of(live).fields()},
                ),
                Create(f"{live.path}/events/{deps.new_id()}", event),
                *self._once.answered(stored, now),
            ]
        )
        return answer

    async def _not_started(self, error: BaseException) -> BaseException:
        """What to tell, after what was set aside was given back."""
        if isinstance(error, Ambiguous):
            await self._abandon("start_ambiguous")
            return Unavailable("avatar", "it did not say whether it started", retry_after=5)
        if isinstance(error, Upstream):
            await self._ending.never_ran(
                self._admitted.session,
                self._admitted.version,
                "start_failed",
                extra=lambda _: self._once.released(),
            )
        return error

    async def _abandon(self, reason: EndReason) -> None:
        """Stops what may run. Where even the store is gone, or somebody else has ended it before it
        ran, the provider is told all the same; a sweep settles the rest."""
        session = self._admitted.session.id
        try:
            after = await self._ending.end(session, reason, extra=lambda _: self._once.released())
            if after.end_reason == reason:
                return
        except OprinaError as error:
            log.warning("not abandoned: %s", error.code)
        stop = self._deps.avatars.stop(session, reason)
        await best_effort("stopping what was not confirmed", stop)

    def _answer(self, live: AvatarSession, running: StartedSession) -> StartAvatarAnswer:
        return StartAvatarAnswer(
            avatar_session_id=live.id,
            conversation_id=live.conversation_id,
            livekit_url=running.livekit_url,
            livekit_token=running.livekit_token,
            expires_at=live.expires_at,
            reserved_seconds=live.reserved,
            usage=usage_of(self._admitted.ledger, reserved={"avatar_seconds": live.reserved}),
        )


async def resume(
    deps: Dependencies, face: CurrentAvatar, conversation: ConversationId, ledger: Ledger
) -> StartAvatarAnswer:
    if not face.live:
        raise AvatarStarting("The conversation's avatar is being started.", retry_after=2)
    session = await _running(deps, face.avatar_session_id)
    tokens = await deps.vault.open(session.id, session.vault)
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


async def again(deps: Dependencies, stored: Fields) -> StartAvatarAnswer:
    """The same answer to the same key. Its token was never stored with it."""
    session = await _running(deps, AvatarSessionId(stored["avatar_session_id"]))
    tokens = await deps.vault.open(session.id, session.vault)
    return StartAvatarAnswer.model_validate({**stored, "livekit_token": tokens.livekit_token})


async def _running(deps: Dependencies, session: AvatarSessionId) -> AvatarSession:
    path = session_path(session)
    found = (await read(deps.store, path))[path]
    if found.get("state") != "live":
        raise SessionOver("The avatar session has ended; start another one.")
    return AvatarSession.read(found)
