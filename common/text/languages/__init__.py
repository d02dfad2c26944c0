"""One record per language, each in the file `<code>.py` or the folder `<code>/`.

The names in the file are fields of `Language`, and so it holds nothing but what the language needs.
"""

import dataclasses
import importlib
import re
from functools import lru_cache
from importlib.util import find_spec
from typing import Final

from common.text.language import Language

BY_SCRIPT: Final = {
    "LATIN": "en", "CYRILLIC": "ru", "GREEK": "el", "ARMENIAN": "hy", "HEBREW": "he",
    "ARABIC": "ar", "DEVANAGARI": "hi", "BENGALI": "bn", "GURMUKHI": "pa", "GUJARATI": "gu",
    "ORIYA": "or", "TAMIL": "ta", "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml",
    "SINHALA": "si", "THAI": "th", "LAO": "lo", "KHMER": "km", "MYANMAR": "my", "TIBETAN": "bo",
    "GEORGIAN": "ka", "ETHIOPIC": "am", "HANGUL": "ko", "KANA": "ja", "CJK": "zh",
}  # fmt: skip
"""The language that a script stands for where the conversation's language does not use it."""


@lru_cache(maxsize=256)
def find(code: str) -> Language:
    """Return the record of a language (ISO 639), loaded at its first use.

    Without a file the record has no rules. Its script is the one that stands for it, else Latin.
    """
    name = f"{__name__}.{code}"
    if re.fullmatch("[a-z]{2,3}", code) and find_spec(name):
        module = vars(importlib.import_module(name))
        fields = {field.name for field in dataclasses.fields(Language)} & module.keys()
        return Language(code, **{field: module[field] for field in fields})
    own = " ".join(script for script, language in BY_SCRIPT.items() if language == code)
    return Language(code, scripts=own or "LATIN")
