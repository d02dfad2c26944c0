"""A strict reader of server-sent events, as the HTML standard has them."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    name: str
    data: dict[str, Any]


def events(body: bytes) -> list[Event]:
    """Fails on anything that a browser would drop in silence: half an event, an event without a
    name or data, a field that it does not know."""
    text = body.decode()
    assert not text.startswith("\ufeff")
    assert "\r" not in text
    assert not text or text.endswith("\n\n"), "the stream ends in the middle of an event"
    return [_event(block) for block in text.removesuffix("\n\n").split("\n\n")] if text else []


def _event(block: str) -> Event:
    fields: dict[str, str] = {}
    for line in block.split("\n"):
        name, colon, value = line.partition(":")
        assert colon
        assert name in {"event", "data"}
        assert name not in fields
        fields[name] = value.removeprefix(" ")
    data = json.loads(fields["data"])
    assert isinstance(data, dict)
    return Event(fields["event"], data)
