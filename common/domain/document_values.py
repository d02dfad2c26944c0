"""The values that a document may hold: those that every store keeps and finds alike."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
"""A top-level field's name: it becomes part of a field path and of an index."""

RESERVED = re.compile(r"__.*__", re.DOTALL)
"""Firestore keeps these ids and names for itself."""

SMALLEST, LARGEST = -(2**63), 2**63 - 1


def plain_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a deep copy of `fields` in plain types.

    Raises ValueError, which names what cannot be stored.
    """
    for name in fields:
        check_field(name)
    return {name: plain(value) for name, value in fields.items()}


def check_field(name: str) -> None:
    if not FIELD.fullmatch(name):
        raise ValueError(f"not a field's name: {name!a}")


def plain(value: Any) -> Any:  # noqa: ANN401 - fields are JSON-like
    """Return `value` as None, bool, int, float, str, aware UTC datetime, or list and dict of these.

    Raises ValueError for a value that cannot be stored.
    """
    if isinstance(value, Mapping):
        return {_plain_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_item(item) for item in value]
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:  # noqa: ANN401 - fields are JSON-like
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _plain_int(value)
    if isinstance(value, float):
        return _plain_float(value)
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, datetime):
        return plain_time(value)
    raise ValueError(f"a document cannot hold a {type(value).__name__}")


def plain_text(text: str) -> str:
    try:
        return text.encode().decode()
    except UnicodeEncodeError as error:
        raise ValueError(f"a lone surrogate at position {error.start} of a string") from None


def plain_time(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("a time without a time zone")
    there = moment.astimezone(UTC)
    return datetime.combine(there.date(), there.time(), UTC)


def within_range(number: float) -> float:
    """Limit a whole number to 64 bits, as Firestore does with the result of an increment."""
    return max(SMALLEST, min(LARGEST, number)) if isinstance(number, int) else number


def _plain_int(number: int) -> int:
    if not SMALLEST <= number <= LARGEST:
        raise ValueError("a whole number of more than 64 bits")
    return int(number)


def _plain_float(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(f"not a number that compares: {number}")
    return float(number)


def _plain_item(item: Any) -> Any:  # noqa: ANN401 - fields are JSON-like
    if isinstance(item, list | tuple):
        raise ValueError("a list directly within a list")  # noqa: TRY004 - Firestore has no such value
    return plain(item)


def _plain_key(key: Any) -> str:  # noqa: ANN401 - fields are JSON-like
    if not isinstance(key, str) or not key or RESERVED.fullmatch(key):
        raise ValueError(f"not a key of a map: {key!a}")
    return plain_text(key)
