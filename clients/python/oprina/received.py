"""The events of a turn that its caller has, so that a second stream of it repeats none."""

import json
from dataclasses import dataclass
from typing import Self

from pydantic import TypeAdapter, ValidationError

from .errors import ApiError, ProblemError, UnexpectedAnswerError
from .models import ChatEvent, ErrorEvent, HeardEvent, TextEvent, TurnEvent, UsageEvent
from .server_sent_events import StreamedEvent

ONCE = (HeardEvent, TurnEvent, UsageEvent, ErrorEvent)
"""Events that a turn has at most once."""
NEWER = "union_tag_invalid"
"""pydantic's word for an event that this version does not know."""
_adapter: TypeAdapter[ChatEvent] = TypeAdapter(ChatEvent)


def read_event(streamed: StreamedEvent) -> ChatEvent | None:
    """Return the typed event, or None for an event of a newer API. Raises UnexpectedAnswerError."""
    wrong = f"the stream has a wrong event {streamed.name!r}"
    try:
        members = json.loads(streamed.data)
        return _adapter.validate_python({**members, "event": streamed.name})
    except ValidationError as error:
        if error.errors()[0]["type"] == NEWER:
            return None
        raise UnexpectedAnswerError(wrong) from error
    except (ValueError, TypeError) as error:
        raise UnexpectedAnswerError(wrong) from error


@dataclass(frozen=True)
class Claim:
    """The turn that runs under an Idempotency-Key that was sent again."""

    turn_id: str
    conversation_id: str

    @classmethod
    def of(cls, error: ApiError) -> Self | None:
        """Return the turn that a refusal names, or None if the refusal is another one."""
        if not isinstance(error, ProblemError) or error.code != "key_in_flight":
            return None
        return cls(*(str(error.members.get(name, "")) for name in ("turn_id", "conversation_id")))


class Received:
    """The events that the caller of a turn has got, over one or more streams of the turn.

    The first stream passes through. A later one tells the turn again from its beginning, with its text
    in other pieces: of the text only what the caller lacks is new.
    """

    def __init__(self) -> None:
        self.text = ""
        self.turn: TurnEvent | None = None
        self._events: list[ChatEvent] = []
        self._streams = 0
        self._told = ""

    def begin_stream(self) -> None:
        """Begin another stream of the same turn."""
        self._streams, self._told = self._streams + 1, ""

    def add(self, event: ChatEvent) -> ChatEvent | None:
        """Return the part of an event that is new, or None."""
        if isinstance(event, TextEvent):
            self._told += event.text
            return self.add_text(self._told)
        if self._streams > 1 and self._is_known(event):
            return None
        if isinstance(event, TurnEvent):
            self.turn = event
        self._events.append(event)
        return event

    def add_text(self, told: str) -> TextEvent | None:
        """Return the new part of the reply, of which `told` is all that a stream or a look has shown.

        A shorter text is an older state. The text of a turn is only ever made longer.
        """
        new = told[len(self.text) :]
        if not new:
            return None
        self.text += new
        return TextEvent(event="text", text=new)

    def _is_known(self, event: ChatEvent) -> bool:
        if isinstance(event, ONCE):
            return any(type(each) is type(event) for each in self._events)
        return event in self._events
