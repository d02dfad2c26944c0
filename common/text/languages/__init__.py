"""What numbers, abbreviations and symbols are called, a module a language."""

import importlib
from functools import cache
from typing import cast

from common.text.spoken.rules import Group

_WITH_RULES = frozenset({"de", "en", "es", "fr", "hi", "it", "ja", "pt", "zh"})
"""In any other language, digits are the voice's affair: it reads them better than we could guess."""


@cache
def rules_of(language: str, region: str = "") -> tuple[Group, ...]:
    """`language` is ISO 639-1, `region` ISO 3166: rules in the order in which they apply. A
    language's module is loaded when it is first spoken."""
    if language not in _WITH_RULES:
        return ()
    module = importlib.import_module(f"{__name__}.{language}")
    return cast("tuple[Group, ...]", module.rules(region))
