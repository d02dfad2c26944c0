"""What the provider knows: blocks with attributes and blocks in them, by type of resource."""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
TERRAFORM = ROOT / "terraform"
SCHEMA = Path(__file__).with_name("google-6.50.0.json")

Block = dict[str, Any]
"""`attributes`: by name `type` (as Terraform writes it in JSON), some of `required`, `optional` and
`computed`, and `one_of` where only some words will do. `blocks`: by name a block, with `nesting`,
`min` and `max` (0: any number)."""


def used_types() -> tuple[list[str], list[str]]:
    """The types of resources and of data sources that `terraform/` uses."""
    text = "\n".join(path.read_text() for path in TERRAFORM.glob("*.tf"))
    return _named("resource", text), _named("data", text)


def _named(kind: str, text: str) -> list[str]:
    return sorted(set(re.findall(rf'^{kind} "(google_\w+)"', text, re.MULTILINE)))


def read() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text())
    return schema
