"""Values of a block: validated, planned and applied."""

from collections.abc import Callable, Iterator
from typing import Any

import msgpack  # type: ignore[import-untyped]  # no types

from tests.terraform.provider.schema import Block

Values = dict[str, Any]
UNKNOWN = msgpack.ExtType(0, b"\x00")
"""A value that is known only after `apply`."""


def unpack(value: Any) -> Any:
    return msgpack.unpackb(value.msgpack, strict_map_key=False) if value.msgpack else None


def pack(value: Any) -> dict[str, bytes]:
    return {"msgpack": msgpack.packb(value)}


def find_problems(block: Block, values: Values, path: tuple[str | int, ...] = ()) -> Iterator[Any]:
    """Yield (path, message) for each value that Google's provider would refuse."""
    for name, attribute in block["attributes"].items():
        value = values.get(name)
        if value is None:
            continue
        if set(attribute) == {"type", "computed"}:
            yield (*path, name), f"Can't configure a value for {name}: only Google sets it"
        elif isinstance(value, str) and value not in attribute.get("one_of", [value]):
            yield (*path, name), f"expected {name} to be one of {attribute['one_of']}, got {value}"
    for name, index, inner, found in _inner(block, values):
        yield from find_problems(inner, found, (*path, name, index))


def fill_planned(block: Block, values: Values) -> Values:
    """Mark computed values that the configuration does not set as unknown."""
    return _fill(block, values, _unknown_if_computed)


def fill_applied(block: Block, values: Values) -> Values:
    """Replace unknown values by invented ones."""

    def invent(name: str, attribute: dict[str, Any], value: Any) -> Any:
        return _example(attribute["type"], name) if value == UNKNOWN else value

    return _fill(block, values, invent)


def _unknown_if_computed(_: str, attribute: dict[str, Any], value: Any) -> Any:
    return UNKNOWN if value is None and attribute.get("computed") else value


Fill = Callable[[str, dict[str, Any], Any], Any]


def _fill(block: Block, values: Values, fill: Fill) -> Values:
    attributes = {
        name: fill(name, attribute, values.get(name))
        for name, attribute in block["attributes"].items()
    }
    inner = {name: values.get(name) for name in block["blocks"]}
    for name, nested in block["blocks"].items():
        found = values.get(name)
        if isinstance(found, list):
            inner[name] = [_fill(nested, each, fill) for each in found]
        elif isinstance(found, dict):
            inner[name] = _fill(nested, found, fill)
    return attributes | inner


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
