"""Closes a turn: once, whoever interrupted it and whatever became of the conversation meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from common.conversations.turn import Outcome, TurnIds
from common.domain.avatar_session import session_path, touch
from common.domain.conversation import CurrentAvatar, conversation_path, message_path
from common.domain.documents import Create, Delete, Update, Version, Write
from common.domain.ids import TurnId
from common.domain.quota import Amounts, Ledger, month_of, settle
from common.domain.user import User
from common.observability.log import best_effort
from common.ports.dependencies import Dependencies
from common.schemas.answers import ChatAnswer
from common.schemas.events import UsageEvent
from common.sessions.end import SessionEnder
from common.transactions.account import usage_of
from common.transactions.idempotency import IdempotencyKey
from common.transactions.transaction import read, until_held


def turn_path(turn: TurnId) -> str:
    """The reservation of a turn that runs. Whoever deletes it settles it: its process, or a sweep."""
    return f"turns/{turn}"


@dataclass(frozen=True)
class OpenTurn:
    """A turn as it was decided on, and as its first commit makes it."""

    caller: User
    once: IdempotencyKey
    names: TurnIds
    face: CurrentAvatar | None
    ledger: Ledger
    reserved: Amounts


@dataclass(frozen=True)
class LeaseCheck:
    """What of it still stands when it is closed."""

    unsettled: bool
    kept: bool
    lease: Version
    """The conversation's version, where the lease is still ours; None where it is not."""
    face: bool


class TurnSettlement:
    """`version` is the conversation's, as the first commit left it."""

    def __init__(
        self, deps: Dependencies, ending: SessionEnder, opened: OpenTurn, version: Version
    ) -> None:
        self._deps = deps
        self._ending = ending
        self._opened = opened
        self._version = version

    def usage(self, outcome: Outcome) -> UsageEvent:
        used = _used(outcome)
        return UsageEvent(
            agent_tokens=outcome.tokens,
            voice_characters=outcome.characters,
            usage=usage_of(self._opened.ledger, used=used),
        )

    async def close(self, outcome: Outcome, answer: ChatAnswer) -> None:
        async def attempt(number: int) -> None:
            first = LeaseCheck(
                unsettled=True, kept=False, lease=self._version, face=self._opened.face is not None
            )
            state = await self._look() if number else first
            if state.kept or (not state.unsettled and not outcome.text):
                return
            await self._deps.store.commit(await self._writes(outcome, answer, state))

        await until_held(attempt, self._deps.pause)
        face = self._opened.face
        if outcome.gone and face is not None:
            gone = self._ending.end(face.avatar_session_id, "gone")
            await best_effort("ending a session that is gone", gone)

    async def _look(self) -> LeaseCheck:
        opened = self._opened
        turn, conversation, message = await self._deps.store.get(
            [
                turn_path(opened.names.turn_id),
                conversation_path(opened.names.conversation_id),
                message_path(opened.names.conversation_id, opened.names.message_id),
            ]
        )
        ours = (conversation.get("lease") or {}).get("turn_id") == opened.names.turn_id
        face = (conversation.get("avatar") or {}).get("avatar_session_id")
        return LeaseCheck(
            unsettled=turn.exists,
            kept=message.exists,
            lease=conversation.version if ours else None,
            face=opened.face is not None and face == opened.face.avatar_session_id,
        )

    async def _writes(self, outcome: Outcome, answer: ChatAnswer, state: LeaseCheck) -> list[Write]:
        now, opened = self._deps.clock.now(), self._opened
        writes: list[Write] = []
        if state.unsettled:
            writes += [Delete(turn_path(opened.names.turn_id), must_exist=True)]
            writes += [await self._settlement(outcome)]
        if outcome.text:
            path = message_path(opened.names.conversation_id, opened.names.message_id)
            writes += [Create(path, _message(outcome, now))]
        if state.lease is not None:
            writes += [self._released(outcome, state, now)]
        if state.lease is not None and state.face:
            writes += self._activity(now)
        if opened.face is not None and outcome.characters:
            writes += self._events(outcome, now)
        if outcome.ended == "failed":
            return [*writes, *opened.once.released()]
        return [*writes, *opened.once.answered(answer.model_dump(mode="json"), now)]

    async def _settlement(self, outcome: Outcome) -> Write:
        opened, used = self._opened, _used(outcome)
        if all(used.get(meter, 0) <= amount for meter, amount in opened.reserved.items()):
            return settle(opened.caller.uid, month_of(opened.ledger.now), opened.reserved, used)
        path = opened.ledger.document.path
        ledger = (await read(self._deps.store, path))[path]
        fresh = Ledger(ledger, opened.ledger.allowances, opened.ledger.now)
        return fresh.overrun(opened.reserved, used)

    def _released(self, outcome: Outcome, state: LeaseCheck, now: datetime) -> Write:
        opened = self._opened
        memory = {"agent_session": opened.names.conversation_id} if outcome.remembered else {}
        return Update(
            conversation_path(opened.names.conversation_id),
            {"lease": None, "updated_at": now, **memory},
            read=state.lease,
        )

    def _activity(self, now: datetime) -> list[Write]:
        face = self._opened.face
        if face is None:
            return []
        idle = timedelta(seconds=self._deps.settings.idle_seconds)
        return [Update(session_path(face.avatar_session_id), touch(face.expires_at, now, idle))]

    def _events(self, outcome: Outcome, now: datetime) -> list[Write]:
        face = self._opened.face
        if face is None:
            return []
        line = {
            "kind": "interrupted" if outcome.ended == "interrupted" else "speaking",
            "at": now,
            "turn_id": self._opened.names.turn_id,
            "seconds": round(outcome.seconds_spoken, 2),
            "cost": dict(_used(outcome)),
        }
        path = f"{session_path(face.avatar_session_id)}/events/{self._deps.new_id()}"
        return [Create(path, line)]


def _used(outcome: Outcome) -> Amounts:
    return {"agent_tokens": outcome.tokens, "voice_characters": outcome.characters}


def _message(outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {
        "role": "assistant",
        "text": outcome.text,
        "at": now,
        "tokens": outcome.tokens,
        "spoken": outcome.spoken,
        "interrupted": outcome.ended in {"interrupted", "cancelled"},
        "ended": outcome.ended,
    }
