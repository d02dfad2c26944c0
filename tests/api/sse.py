"""A strict parser of server-sent events, by the HTML standard."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ServerSentEvent:
    name: str
    data: dict[str, Any]


def events(body: bytes) -> list[ServerSentEvent]:
    """Parse a stream. Fail on everything that a browser would silently drop.

    That is an incomplete event, an event without a name or data, and an unknown field.
    """
    text = body.decode()
    assert not text.startswith("\ufeff")
    assert "\r" not in text
    assert not text or text.endswith("\n\n"), "the stream ends in the middle of an event"
    blocks = text.removesuffix("\n\n").split("\n\n") if text else []
    return [_event(block) for block in blocks if not block.startswith(":")]  # a comment


def _event(block: str) -> ServerSentEvent:
    fields: dict[str, str] = {}
    for line in block.split("\n"):
        name, colon, value = line.partition(":")
        assert colon
        assert name in {"event", "data"}
        assert name not in fields
        fields[name] = value.removeprefix(" ")
    data = json.loads(fields["data"])
    assert isinstance(data, dict)
    return ServerSentEvent(fields["event"], data)
