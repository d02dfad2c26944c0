"""Which language's rules a text follows: what the conversation says, unless the script belies it."""

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

_LANGUAGES: Final = {
    "LATIN": "en",
    "CYRILLIC": "ru be bg kk ky mk mn sr tg tt uk uz",
    "GREEK": "el",
    "ARMENIAN": "hy",
    "HEBREW": "he yi",
    "ARABIC": "ar ckb fa ku ps sd ug ur",
    "DEVANAGARI": "hi mr ne sa",
    "BENGALI": "bn as",
    "GURMUKHI": "pa",
    "GUJARATI": "gu",
    "ORIYA": "or",
    "TAMIL": "ta",
    "TELUGU": "te",
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "SINHALA": "si",
    "THAI": "th",
    "LAO": "lo",
    "KHMER": "km",
    "MYANMAR": "my",
    "TIBETAN": "bo dz",
    "GEORGIAN": "ka",
    "ETHIOPIC": "am ti",
    "HANGUL": "ko",
    "KANA": "ja",
    "CJK": "zh ja ko yue",
}
"""The languages of each script, the one that is meant when nothing else is known first. Those in
none of these are written in Latin letters. Scripts are called as in the names of their letters."""

_TWO_SCRIPTS: Final = frozenset({"kk", "ku", "sr", "tg", "tt", "uz"})
_PLAINLY: Final = 2
"""Letters from which on a script belies the language that was named."""


def language_code(language: str | None) -> str | None:
    """ISO 639-1 (or -3) without region; None where there is none, as in "auto"."""
    code = (language or "").partition("-")[0].partition("_")[0].strip().lower()
    return code if re.fullmatch("[a-z]{2,3}", code) else None


def language_of(text: str, language: str | None) -> str:
    """The language whose rules hold for `text`, when the conversation is in `language`."""
    script, letters = _script(text)
    if language is None:
        return _first(script)
    if letters < _PLAINLY or script in _scripts(language):
        return language
    return _first(script)


def _script(text: str) -> tuple[str, int]:
    """The script of most letters, and how many. Kana tell Japanese, whose words are half Han."""
    if text.isascii():
        return "LATIN", sum(map(str.isalpha, text))
    counts = Counter(map(_script_of, text))
    counts.pop("", None)
    if counts["KANA"]:
        counts["KANA"] += counts.pop("CJK", 0)
    (most,) = counts.most_common(1) or [("LATIN", 0)]
    return most if most[1] else ("LATIN", 0)


@lru_cache(maxsize=8192)
def _script_of(sign: str) -> str:
    """Empty for what is no letter of any of them, nor a vowel sign."""
    if unicodedata.category(sign)[0] not in "LM":
        return ""
    name = unicodedata.name(sign, "").partition(" ")[0]
    name = "KANA" if name in {"HIRAGANA", "KATAKANA"} else name
    return name if name in _LANGUAGES else ""


def _first(script: str) -> str:
    return _LANGUAGES[script].partition(" ")[0]


@lru_cache(maxsize=64)
def _scripts(language: str) -> frozenset[str]:
    scripts = {script for script, codes in _LANGUAGES.items() if language in codes.split()}
    if not scripts or language in _TWO_SCRIPTS:
        scripts.add("LATIN")
    return frozenset(scripts)
