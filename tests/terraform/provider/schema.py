"""The schemas of the providers: a block of attributes and nested blocks for each type of resource."""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
TERRAFORM = ROOT / "terraform"
SCHEMAS = {
    "google": Path(__file__).with_name("google-6.50.0.json"),
    "time": Path(__file__).with_name("time-0.13.1.json"),
}
"""The file with the schema of each provider, by the provider's name."""

Block = dict[str, Any]
"""A dictionary with the keys `attributes` and `blocks`.

An attribute has a `type` (in Terraform's JSON form), some of `required`, `optional` and `computed`,
and `one_of` if only some strings are allowed. A nested block has `nesting`, `min` and `max` (0: no
limit), too.
"""


def used_types(provider: str) -> tuple[list[str], list[str]]:
    """Return the types of a provider's resources and data sources that `terraform/` uses."""
    text = "\n".join(path.read_text() for path in TERRAFORM.glob("*.tf"))
    return _types(provider, "resource", text), _types(provider, "data", text)


def _types(provider: str, kind: str, text: str) -> list[str]:
    return sorted(set(re.findall(rf'^{kind} "({provider}_\w+)"', text, re.MULTILINE)))


def read_schema(provider: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMAS[provider].read_text())
    return schema
