"""Single characters after all rules: which are spoken, which are silent."""

import re
import unicodedata
from functools import lru_cache

_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_SAID = dict(zip("‼⁉＊＃₀₁₂₃₄₅₆₇₈₉", "!?*#0123456789", strict=True))
_SAID |= {char: char for char in f"°℃℉№^{_JOINERS}"}
_SILENT = re.compile(  # markup and pictures: clocks, dingbats, arrows, emoji
    r"[*_`#|\[\]{}\\~｜￤ℹ〰\u2300-\u23ff\u2600-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff]"
)


def plain(text: str) -> str:
    """Return letters, digits, punctuation, and signs that mean something; one space for all others."""
    text = "".join(map(_spoken, text))
    if any(joiner in text for joiner in _JOINERS):
        # They shape letters in Arabic and the scripts of India; elsewhere they join emoji.
        text = re.sub(f"(?<![\u0600-\u109f\u1780-\u18af])[{_JOINERS}]+", "", text)
    return " ".join(text.split())


@lru_cache(maxsize=8192)
def _spoken(char: str) -> str:
    if char in _SAID:
        return _SAID[char]
    category = unicodedata.category(char)
    if category in {"Cf", "Me"} or "\ufe00" <= char <= "\ufe0f":
        return ""  # visible only: directions, enclosing marks, variants of a glyph
    kept = category[0] in "LMNP" or category in {"Sc", "Sm"}
    return char if kept and not _SILENT.match(char) else " "
