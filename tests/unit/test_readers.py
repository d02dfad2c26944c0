"""Each reader of a stored document takes a field more and a field less.

The readers are found: every dataclass in `common.domain` that is read from a `Document` alone.
"""

import dataclasses
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import common.domain
from common.domain.documents import Document

NOT_STORED = {"id", "version", "document"}
SAMPLES: dict[Any, Any] = {
    str: "x",
    int: 7,
    bool: True,
    float: 1.5,
    datetime: datetime(2026, 1, 2, tzinfo=UTC),
}
WHEN = SAMPLES[datetime]
WITH_MAPS: dict[str, dict[str, Any]] = {
    "Profile": {
        "name": "Ada",
        "plan": "default",
        "created_at": WHEN,
        "preferences": {"voice": "en-US-Neural2-F", "speed": 1.0},
        "deletion": {
            "requested_at": WHEN,
            "deletes_at": WHEN,
            "certificate_id": "c1",
            "former": ["a"],
        },
    },
    "Conversation": {
        "uid": "ada",
        "avatar": {
            "avatar_session_id": "s1",
            "live": True,
            "since": WHEN,
            "expires_at": WHEN,
            "voice": "en-US-Neural2-F",
            "language": "en-US",
            "vault": "a",
        },
        "lease": {"turn_id": "t1"},
        "asking": ["t1"],
        "next_number": 3,
        "notes": [{"kind": "missed", "message": "Hi."}],
        "active_at": WHEN,
    },
}
"""Records whose document has maps that the record's fields do not show."""
for part in ("RequestedDeletion", "Preferences"):
    WITH_MAPS[part] = WITH_MAPS["Profile"]
WITH_MAPS["SeedMark"] = {"seed": {"until": WHEN, "number": 3, "done": True}}


def readers() -> Iterator[tuple[type, Callable[[Document], Any]]]:
    """Yield each record with its reader, `read` or `of`."""
    for found in pkgutil.walk_packages(common.domain.__path__, "common.domain."):
        module = importlib.import_module(found.name)
        for record in vars(module).values():
            if getattr(record, "__module__", None) != found.name or not inspect.isclass(record):
                continue
            for name in ("read", "of"):
                reader = getattr(record, name, None)
                parameters = inspect.signature(reader).parameters.values() if reader else ()
                if reader and [each.annotation for each in parameters] == [Document]:
                    yield record, reader


READERS = {record.__name__: (record, reader) for record, reader in readers()}


def sample(kind: Any) -> Any:
    """Return a stored value of a field's type."""
    if kind in SAMPLES:
        return SAMPLES[kind]
    if dataclasses.is_dataclass(kind):
        return fields_of(kind)
    inner = [each for each in typing.get_args(kind) if each is not type(None)]
    origin = typing.get_origin(kind)
    if origin is typing.Literal:
        return inner[0]
    if origin in {tuple, list}:
        return [sample(inner[0])]
    if origin is dict:
        return {sample(inner[0]): sample(inner[1])}
    if hasattr(kind, "__supertype__"):
        inner = [kind.__supertype__]
    return sample(inner[0]) if inner else None


def fields_of(record: Any) -> dict[str, Any]:
    if record.__name__ in WITH_MAPS:
        return WITH_MAPS[record.__name__]
    hints = typing.get_type_hints(record)
    names = {each.name for each in dataclasses.fields(record)} - NOT_STORED
    return {name: sample(hints[name]) for name in sorted(names)}


def use(reader: Callable[[Document], Any], record: type, fields: dict[str, Any]) -> None:
    """Read a document, and ask the record for all that it knows of itself."""
    found = reader(Document("records/x", fields))
    for name, member in vars(record).items():
        if isinstance(member, property) and found is not None:
            getattr(found, name)


def test_the_readers_are_found() -> None:
    assert {"AvatarSession", "Certificate", "Consent", "TurnRecord"} <= {*READERS}
    assert len(READERS) >= 10


@pytest.mark.parametrize("name", READERS)
def test_a_reader_takes_a_field_more_and_a_field_less(name: str) -> None:
    record, reader = READERS[name]
    whole = fields_of(record)
    for fields in (whole, {}, whole | {"of_a_newer_release": {"a": [1]}}):
        use(reader, record, fields)
    for less in whole:
        use(reader, record, {key: each for key, each in whole.items() if key != less})
        use(reader, record, {less: whole[less]})
        if isinstance(whole[less], dict):
            for part in whole[less]:
                rest = {key: each for key, each in whole[less].items() if key != part}
                use(reader, record, whole | {less: rest})
            use(reader, record, whole | {less: whole[less] | {"of_a_newer_release": [1]}})
