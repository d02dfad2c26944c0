"""The problem of a wrong field, in the words of the API instead of Pydantic's."""

from collections.abc import Mapping
from typing import Any

TOO_LONG = "must have at most {max_length} characters"
PROBLEMS = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this request",
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "dict_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "literal_error": "must be {expected}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_too_short": "must not be empty",
    "string_too_long": TOO_LONG,
    "too_long": TOO_LONG,
}
"""Words by the type of the error, with fields of its context. Other errors keep their message."""


def describe_problem(error: Mapping[str, Any]) -> str:
    """Return the problem of a field, such as "must be at least 1". `error` is one of Pydantic's."""
    words = PROBLEMS.get(error["type"])
    if words is None:
        return str(error["msg"]).removeprefix("Value error, ")
    return words.format_map(error.get("ctx", {}))
