"""The answers of a turn: from its events as it ends, or from its stored document."""

import json
from typing import Any

from common.domain.conversation import message_path
from common.domain.conversations.messages import MessagePlace
from common.domain.errors import OprinaError, StoredFailure
from common.domain.turn import Outcome, TurnRecord
from common.schemas.answers import ChatAnswer, SpeakAnswer
from common.schemas.base import Answer
from common.schemas.events import (
    ChatEvent,
    DoneEvent,
    ErrorEvent,
    HeardEvent,
    NoticeEvent,
    ProposalEvent,
    SpeechEvent,
    TurnEnd,
    TurnEvent,
    UsageEvent,
)

TROUBLE = {"unavailable", "stopped", "skipped", "interrupted"}


def message_id(record: TurnRecord) -> str:
    """Return the id of the reply's message."""
    return message_path(record.conversation_id, record.number, "assistant").rpartition("/")[2]


def user_message_id(record: TurnRecord) -> str:
    """Return the id of the message that the turn answers."""
    return MessagePlace.of(record.message_number, "user").id


def error_event(error: OprinaError) -> ErrorEvent:
    return ErrorEvent.model_validate(error.problem())


def turn_end(outcome: Outcome) -> TurnEnd:
    """How a turn ended, as its caller sees it."""
    return "failed" if outcome == "unreached" else outcome


def chat_answer(events: list[ChatEvent]) -> ChatAnswer:
    """Put the events of a whole turn into one answer."""
    turn = next((event for event in events if isinstance(event, TurnEvent)), None)
    done = next(event for event in events if isinstance(event, DoneEvent))
    return ChatAnswer(
        turn_id=done.turn_id,
        conversation_id=turn.conversation_id if turn else "",
        message_id=done.message_id,
        user_message_id=turn.user_message_id if turn else None,
        heard=next((e for e in events if isinstance(e, HeardEvent)), None),
        ended=done.ended,
        text=done.text,
        spoken=done.spoken,
        speech=next((e for e in events if isinstance(e, SpeechEvent) and e.state in TROUBLE), None),
        error=next((e for e in events if isinstance(e, ErrorEvent)), None),
        usage=next((e for e in events if isinstance(e, UsageEvent)), None),
        proposals=[e for e in events if isinstance(e, ProposalEvent)] or None,
        notices=[e for e in events if isinstance(e, NoticeEvent)] or None,
    )


def answer_json(answer: Answer) -> str:
    """Store an answer without its text, which the turn holds."""
    stored = answer.model_dump(mode="json", exclude_none=True)
    stored.pop("text", None)
    stored.pop("spoken", None)
    return json.dumps(stored)


def stored_chat_answer(record: TurnRecord) -> ChatAnswer:
    """Build the answer of a turn that has ended from its document.

    Raises StoredFailure if the agent failed before it said anything to a typed message.
    """
    stored = _read_answer(record)
    if record.heard is not None:
        stored["heard"] = record.heard
    ended = turn_end(record.outcome or "lost")
    if stored.get("error") and not record.text and "heard" not in stored:
        raise StoredFailure(stored["error"])
    return ChatAnswer.model_validate(
        {
            "turn_id": record.id,
            "conversation_id": record.conversation_id if record.number else "",
            "message_id": message_id(record) if record.text else None,
            "user_message_id": user_message_id(record) if record.number else None,
            **stored,
            "ended": ended,
            "text": record.text,
            "spoken": record.spoken,
        },
        strict=False,
    )


def stopped_chat_answer(record: TurnRecord) -> ChatAnswer:
    """Build the answer to a stop: the turn as far as its last checkpoint knows it."""
    return ChatAnswer(
        turn_id=record.id,
        conversation_id=record.conversation_id,
        message_id=message_id(record) if record.text else None,
        user_message_id=user_message_id(record),
        ended="interrupted",
        text=record.text,
        spoken=record.spoken,
    )


def stored_speak_answer(record: TurnRecord, usage: Any) -> SpeakAnswer:  # noqa: ANN401 - a Usage model
    """Build the answer of a `speak` that has ended.

    Raises StoredFailure if nothing could be spoken.
    """
    stored = _read_answer(record)
    if stored.get("error"):
        raise StoredFailure(stored["error"])
    if stored:
        return SpeakAnswer.model_validate(stored, strict=False)
    return SpeakAnswer(seconds=0.0, ended="failed", usage=usage)


def _read_answer(record: TurnRecord) -> dict[str, Any]:
    return dict(json.loads(record.answer)) if record.answer else {}
