"""A turn's events, as one answer: for whoever asked for no stream, and for whoever asks again."""

from common.domain.errors import OprinaError
from common.models import (
    ChatAnswer,
    ChatEvent,
    DoneEvent,
    ErrorEvent,
    SpeechEvent,
    TurnEvent,
    UsageEvent,
)


def problem(error: OprinaError) -> ErrorEvent:
    return ErrorEvent.model_validate(error.problem())


def summary(events: list[ChatEvent]) -> ChatAnswer:
    turn = next(event for event in events if isinstance(event, TurnEvent))
    done = next(event for event in events if isinstance(event, DoneEvent))
    usage = next((event for event in events if isinstance(event, UsageEvent)), None)
    errors = [event for event in events if isinstance(event, ErrorEvent)]
    trouble = [
        event
        for event in events
        if isinstance(event, SpeechEvent)
        and event.state in {"unavailable", "stopped", "skipped", "interrupted"}
    ]
    return ChatAnswer(
        turn_id=turn.turn_id,
        conversation_id=turn.conversation_id,
        message_id=done.message_id,
        ended=done.ended,
        text=done.text,
        spoken=done.spoken,
        speech=trouble[0] if trouble else None,
        error=errors[0] if errors else None,
        usage=usage,
    )
