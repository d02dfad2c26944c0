"""The schema of the provider: a block of attributes and nested blocks for each type of resource."""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
TERRAFORM = ROOT / "terraform"
SCHEMA = Path(__file__).with_name("google-6.50.0.json")

Block = dict[str, Any]
"""A dictionary with the keys `attributes` and `blocks`.

An attribute has a `type` (in Terraform's JSON form), some of `required`, `optional` and `computed`,
and `one_of` if only some strings are allowed. A nested block has `nesting`, `min` and `max` (0: no
limit), too.
"""


def used_types() -> tuple[list[str], list[str]]:
    """Return the types of resources, and of data sources, that `terraform/` uses."""
    text = "\n".join(path.read_text() for path in TERRAFORM.glob("*.tf"))
    return _types("resource", text), _types("data", text)


def _types(kind: str, text: str) -> list[str]:
    return sorted(set(re.findall(rf'^{kind} "(google_\w+)"', text, re.MULTILINE)))


def read_schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text())
    return schema
