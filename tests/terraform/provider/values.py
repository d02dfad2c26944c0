"""What becomes of the values of a block: looked at, planned, made up."""

from collections.abc import Callable, Iterator
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it ships no types

from tests.terraform.provider.schema import Block

Values = dict[str, Any]
UNKNOWN = msgpack.ExtType(0, b"\x00")
"""Known only when it was applied."""


def unpacked(value: Any) -> Any:
    return msgpack.unpackb(value.msgpack, strict_map_key=False) if value.msgpack else None


def packed(value: Any) -> dict[str, bytes]:
    return {"msgpack": msgpack.packb(value)}


def problems(block: Block, values: Values, path: tuple[str | int, ...] = ()) -> Iterator[Any]:
    """What Google's provider would refuse in a configuration, each with where it is."""
    for name, attribute in block["attributes"].items():
        value = values.get(name)
        if value is None:
            continue
        if set(attribute) == {"type", "computed"}:
            yield (*path, name), f"Can't configure a value for {name}: Google decides it"
        elif isinstance(value, str) and value not in attribute.get("one_of", [value]):
            yield (*path, name), f"expected {name} to be one of {attribute['one_of']}, got {value}"
    for name, index, inner, found in _inner(block, values):
        yield from problems(inner, found, (*path, name, index))


def planned(block: Block, values: Values) -> Values:
    """What Google fills in, and nobody has set, becomes known later."""
    return _filled(block, values, _later)


def applied(block: Block, values: Values) -> Values:
    """What was to become known is made up."""

    def made_up(name: str, attribute: dict[str, Any], value: Any) -> Any:
        return _example(attribute["type"], name) if value == UNKNOWN else value

    return _filled(block, values, made_up)


def _later(_: str, attribute: dict[str, Any], value: Any) -> Any:
    return UNKNOWN if value is None and attribute.get("computed") else value


Fill = Callable[[str, dict[str, Any], Any], Any]


def _filled(block: Block, values: Values, fill: Fill) -> Values:
    given = {
        name: fill(name, attribute, values.get(name))
        for name, attribute in block["attributes"].items()
    }
    inner = {name: values.get(name) for name in block["blocks"]}
    for name, nested in block["blocks"].items():
        found = values.get(name)
        if isinstance(found, list):
            inner[name] = [_filled(nested, each, fill) for each in found]
        elif isinstance(found, dict):
            inner[name] = _filled(nested, found, fill)
    return given | inner


def _inner(block: Block, values: Values) -> Iterator[tuple[str, int, Block, Values]]:
    for name, nested in block["blocks"].items():
        found = values.get(name)
        each = found if isinstance(found, list) else [found]
        for index, one in enumerate(each):
            if isinstance(one, dict):
                yield name, index, nested, one


def _example(type_: Any, name: str) -> Any:
    if isinstance(type_, str):
        return {"string": f"made-up-{name}", "number": 0, "bool": False}.get(type_)
    kind, of = type_
    if kind == "object":
        return {field: _example(each, field) for field, each in of.items()}
    return {} if kind == "map" else []
