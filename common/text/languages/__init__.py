"""One record per language, each in the file `<code>.py` or the folder `<code>/`.

The names in the file are fields of `Language`, and so it holds nothing but what the language needs.
"""

import dataclasses
import importlib
import re
import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Final

from common.text.language import Language, words_of

WRITTEN_IN: Final = {
    "LATIN": "en", "CYRILLIC": "ru be bg kk mk mn uk", "GREEK": "el", "ARMENIAN": "hy", "HEBREW": "he",
    "ARABIC": "ar fa ur", "DEVANAGARI": "hi mr ne", "BENGALI": "bn", "GURMUKHI": "pa", "GUJARATI": "gu",
    "ORIYA": "or", "TAMIL": "ta", "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "SINHALA": "si",
    "THAI": "th", "LAO": "lo", "KHMER": "km", "MYANMAR": "my", "TIBETAN": "bo", "GEORGIAN": "ka",
    "ETHIOPIC": "am", "HANGUL": "ko", "KANA": "ja", "CJK": "zh ja ko yue",
}  # fmt: skip
"""The languages of each script; it stands for the first where the conversation does not use it."""
_NOT_ASCII: Final = re.compile(r"[^\0-\x7f]")
_ENOUGH: Final = 2  # letters in another script that are more than a foreign sign


@lru_cache(maxsize=256)
def find(code: str) -> Language:
    """Return the record of a language (ISO 639), loaded at its first use.

    Without a file the record has no rules. Its script is the one that stands for it, else Latin.
    """
    own = " ".join(script for script, codes in WRITTEN_IN.items() if code in codes.split())
    record: dict[str, Any] = {"scripts": own or "LATIN"}
    if re.fullmatch("[a-z]{2,3}", code) and find_spec(name := f"{__name__}.{code}"):
        record |= vars(importlib.import_module(name))
    fields = {field.name for field in dataclasses.fields(Language)}
    return Language(code, **{field: record[field] for field in fields & record.keys()})


@lru_cache(maxsize=256)
def language_code(language: str | None) -> str | None:
    """Return the language of a BCP 47 tag, in lower case; None for "auto" and the like."""
    code = (language or "").partition("-")[0].partition("_")[0].strip().lower()
    code = "nb" if code == "no" else code  # Norwegian is mostly Bokmål
    return code if re.fullmatch("[a-z]{2,3}", code) else None


@lru_cache(maxsize=64)
def language_of(text: str, language: Language | None) -> Language:
    """Return the language whose rules `text` follows in a conversation in `language`."""
    own = words_of(language.scripts if language else "")
    latin = "LATIN" in own
    if language and latin and text.isascii():
        return language
    other = _NOT_ASCII.findall(text) if latin else {*text}
    if language and own.issuperset(filter(None, map(_script_of, other))):
        return language
    script, letters = _script(text)
    if language and (letters < _ENOUGH or script in own):
        return language
    default = WRITTEN_IN.get(script, "").partition(" ")[0]
    return find(default or "en") if default or language is None else language


def _script(text: str) -> tuple[str, int]:
    """Return the script of most letters, and their number."""
    letters = [script for script in map(_script_of, text) if script]
    if "KANA" in letters:  # half of the letters of Japanese may be Chinese
        letters = ["KANA" if script == "CJK" else script for script in letters]
    most = max(dict.fromkeys(letters), key=letters.count, default="LATIN")
    return most, letters.count(most)


@lru_cache(maxsize=8192)
def _script_of(sign: str) -> str:
    """Return the script of a letter or a vowel sign; "" for anything else."""
    if unicodedata.category(sign)[0] not in "LM":
        return ""
    name = unicodedata.name(sign, "").partition(" ")[0]
    return "KANA" if name in {"HIRAGANA", "KATAKANA"} else name
