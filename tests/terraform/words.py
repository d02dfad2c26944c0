"""Requests that have words of a person, which rules against attacks would refuse."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from common.api.routes import Operation

SENTENCE = "Don't drop it; select one from the 'list'"
NAMES = {"voice", "file", "folder", "cursor"}
"""Fields that admit a sentence and hold a name: of Google, of a file, of a place in a list."""


def takes_text(operation: Operation) -> bool:
    """Return True if a field of the request admits a sentence that looks like an attack."""
    schema = operation.route.request.model_json_schema()
    return any(_texts(schema, schema.get("$defs", {})))


def _texts(node: Any, defs: Mapping[str, Any]) -> Iterator[bool]:
    if not isinstance(node, dict):
        return
    node = defs[node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    if node.get("type") == "string" and not node.keys() & {"enum", "const", "format"}:
        yield bool(re.search(node.get("pattern", ""), SENTENCE))
    parts = [part for name, part in node.get("properties", {}).items() if name not in NAMES]
    for part in (
        *parts,
        *node.get("anyOf", ()),
        node.get("items"),
        node.get("additionalProperties"),
    ):
        yield from _texts(part, defs)
