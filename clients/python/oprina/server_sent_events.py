"""A parser of server-sent events, by the HTML standard, without I/O."""

import codecs
from dataclasses import dataclass

from .errors import UnexpectedAnswerError

MOST_CHARACTERS = 4 * 1024 * 1024
"""The longest event. A piece of sound of two seconds has 128,000 characters."""


@dataclass(frozen=True)
class StreamedEvent:
    """An event as it was sent: its name, and its data as text."""

    name: str
    data: str


class EventParser:
    """Turn bytes into events. The bytes may be cut at any place, also inside a character.

    An event that the stream does not finish is dropped, as the standard requires.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._rest = ""
        self._after_return = False
        self._name = ""
        self._data: list[str] = []

    def feed(self, data: bytes) -> list[StreamedEvent]:
        """Return the events that these bytes complete.

        Raises UnexpectedAnswerError if one is too long.
        """
        text = self._decoder.decode(data)
        if self._after_return and text:
            text = text.removeprefix("\n")
            self._after_return = False
        if text.endswith("\r"):
            self._after_return = True
        lines = (self._rest + text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
        self._rest = lines.pop()
        found = [event for line in lines if (event := self._line(line)) is not None]
        if len(self._rest) + sum(map(len, self._data)) > MOST_CHARACTERS:
            raise UnexpectedAnswerError("an event of the stream is too long")
        return found

    def _line(self, line: str) -> StreamedEvent | None:
        if not line:
            return self._finish()
        field, _, value = line.partition(":")  # a comment has no name
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
        return None

    def _finish(self) -> StreamedEvent | None:
        event = StreamedEvent(self._name, "\n".join(self._data)) if self._data else None
        self._name, self._data = "", []
        return event
