"""How values stand in SQLite: as JSON in which text that is compared is of one kind.

JSON knows no time, SQLite compares `true` with 1, and a missing field reads as null does. So a text
begins with the digit of its kind, None and bools are texts, and numbers are numbers:

    None "0"   False "10"   True "11"   7 7   time "32026-11-23T17:45:21.000000+00:00"   "a" "4a"

As the kinds' order is None, bool, number (2), time, text, list ("["), map ("{"), so a value's kind
and then the value itself order as Firestore orders them.
"""

import json
from datetime import datetime
from typing import Any

NONE, FALSE, TRUE = "0", "10", "11"
NUMBER, TIME, TEXT = "2", "3", "4"


def dump(value: Any) -> str:  # noqa: ANN401 - fields are JSON-like
    """JSON; equal values give equal texts."""
    return json.dumps(_encoded(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def load(text: str) -> Any:  # noqa: ANN401 - fields are JSON-like
    return _decoded(json.loads(text))


def to_comparable(value: Any) -> str | float:  # noqa: ANN401 - fields are JSON-like
    """What SQLite's json_extract gives for the value where it stands in a document."""
    if isinstance(value, list | dict):
        return dump(value)
    return _encoded_scalar(value)


def kind(value: Any) -> str:  # noqa: ANN401 - fields are JSON-like
    there = to_comparable(value)
    return there[0] if isinstance(there, str) else NUMBER


def _encoded(value: Any) -> Any:  # noqa: ANN401 - fields are JSON-like
    match value:
        case list():
            return [_encoded(item) for item in value]
        case dict():
            return {key: _encoded(item) for key, item in value.items()}
    return _encoded_scalar(value)


def _encoded_scalar(value: Any) -> str | float:  # noqa: ANN401 - fields are JSON-like
    match value:
        case None:
            return NONE
        case bool():
            return TRUE if value else FALSE
        case datetime():
            return TIME + value.isoformat(timespec="microseconds")
        case str():
            return TEXT + value
    number: float = value
    return number


def _decoded(value: Any) -> Any:  # noqa: ANN401 - fields are JSON-like
    match value:
        case str():
            return _decoded_text(value)
        case list():
            return [_decoded(item) for item in value]
        case dict():
            return {key: _decoded(item) for key, item in value.items()}
    return value


def _decoded_text(text: str) -> str | bool | datetime | None:
    if text[0] == TEXT:
        return text[1:]
    if text[0] == TIME:
        return datetime.fromisoformat(text[1:])
    return {NONE: None, FALSE: False, TRUE: True}[text]
