"""Values as they are stored in SQLite: JSON in which each value can be compared as Firestore does.

JSON has no times, SQLite compares `true` with 1, and a missing field reads as null. So every value
but a number is stored as a text that begins with the digit of its kind:

    None "0"   False "10"   True "11"   7 7   time "32026-11-23T17:45:21.000000+00:00"   "a" "4a"

Firestore orders values by kind: None, bool, number (2), time, text, list ("["), map ("{"). Ordering
by the kind and then by the stored value gives the same order.
"""

import json
from datetime import datetime
from typing import Any

NONE, FALSE, TRUE = "0", "10", "11"
NUMBER, TIME, TEXT = "2", "3", "4"


def dump(value: Any) -> str:  # noqa: ANN401 - fields are JSON-like
    """Return the value as JSON. Equal values give equal texts."""
    return json.dumps(_encode(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def load(text: str) -> Any:  # noqa: ANN401 - fields are JSON-like
    return _decode(json.loads(text))


def to_comparable(value: Any) -> str | float:  # noqa: ANN401 - fields are JSON-like
    """Return the result of SQLite's json_extract for the value in a document."""
    if isinstance(value, list | dict):
        return dump(value)
    return _encode_scalar(value)


def kind(value: Any) -> str:  # noqa: ANN401 - fields are JSON-like
    """Return the digit of the value's kind, by which values are ordered first."""
    stored = to_comparable(value)
    return stored[0] if isinstance(stored, str) else NUMBER


def _encode(value: Any) -> Any:  # noqa: ANN401 - fields are JSON-like
    match value:
        case list():
            return [_encode(item) for item in value]
        case dict():
            return {key: _encode(item) for key, item in value.items()}
    return _encode_scalar(value)


def _encode_scalar(value: Any) -> str | float:  # noqa: ANN401 - fields are JSON-like
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


def _decode(value: Any) -> Any:  # noqa: ANN401 - fields are JSON-like
    match value:
        case str():
            return _decode_text(value)
        case list():
            return [_decode(item) for item in value]
        case dict():
            return {key: _decode(item) for key, item in value.items()}
    return value


def _decode_text(text: str) -> str | bool | datetime | None:
    if text[0] == TEXT:
        return text[1:]
    if text[0] == TIME:
        return datetime.fromisoformat(text[1:])
    return {NONE: None, FALSE: False, TRUE: True}[text]
