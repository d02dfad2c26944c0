"""Single characters after all rules: which are spoken, which are silent."""

import re
import unicodedata

MOST_REMEMBERED = 8192
"""Characters whose fate is kept in memory. No script needs more."""

_KEPT = frozenset("°℃℉№^")
_MARKUP = frozenset("*_`#|[]{}\\~｜￤")
_SILENT = (
    (0x2300, 0x23FF),
    (0x2600, 0x27BF),
    (0x2900, 0x297F),
    (0x2B00, 0x2BFF),
    (0x1F000, 0x1FAFF),
)
"""Blocks of pictures, whatever their category: clocks, dingbats, arrows, emoji."""
_SAID = {
    "‼": "!", "⁉": "?", "ℹ": " ", "〰": " ", "＊": "*", "＃": "#",
    "\ufe0e": "", "\ufe0f": "", "\u20e3": "", "\xad": "",
}  # fmt: skip
_SAID |= {chr(0x2080 + digit): str(digit) for digit in range(10)}  # H₂O
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


class _Fate(dict[int, str]):
    """For `str.translate`: code point to what is left of it, found at its first use."""

    def __missing__(self, point: int) -> str:
        fate = _fate(chr(point))
        if len(self) < MOST_REMEMBERED:
            self[point] = fate
        return fate


_FATES = _Fate()


def plain(text: str) -> str:
    """Return letters, digits, punctuation, and symbols that carry meaning; spaces for the rest.

    There are no line breaks, no two spaces in a row, and none at the ends.
    """
    text = text.translate(_FATES)
    if any(joiner in text for joiner in _JOINERS):
        # They shape letters in Arabic and the scripts of India; elsewhere they join emoji.
        text = re.sub(f"(?<![\u0600-\u109f\u1780-\u18af])[{_JOINERS}]+", "", text)
    return " ".join(text.split())


def _fate(char: str) -> str:
    if char in _SAID:
        return _SAID[char]
    if char in _JOINERS or char in _KEPT:
        return char
    if char in _MARKUP or any(first <= ord(char) <= last for first, last in _SILENT):
        return " "
    category = unicodedata.category(char)
    if category in {"Cf", "Me"} or "\ufe00" <= char <= "\ufe0f":
        return ""  # visible only: directions, enclosing marks, variants of a glyph
    return char if category[0] in "LMNP" or category in {"Sc", "Sm"} else " "
