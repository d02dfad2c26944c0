"""Cut a text where a voice may rest: after a clause, else at a space, else between characters."""

import re
from typing import Final
from unicodedata import category

MOST_BYTES: Final = 400
"""Bytes of UTF-8 in one piece. Google's voices refuse a sentence of somewhat more than that."""
_CLAUSE: Final = re.compile(r"(?:[,;:…–—]|(?<=\s)-)[\"'”’»)*_]*(?=\s)|[，、；：،।。！？]+(?=\S)")
_SPACE: Final = re.compile(r"\s+(?=\S)")
_IN_NUMBER: Final = re.compile(
    r"(?<=\d)(?:[.,:/'’\s-]?\d|[%％°])|(?<=\d[.,:/'’\s-])\d|(?<=[-+−$€£¥₹~])\d"
)
_WITHOUT_SPACES: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0003ffff]")
"""Letters of scripts that put no space between words."""


def bounded(text: str, most: int = MOST_BYTES) -> int:
    """Return where a text that is longer than `most` bytes is cut; 0 where it need not or cannot be.

    A number, a character with its marks, and an address are not cut.
    """
    if len(text) <= most // 4:
        return 0
    fitting = most
    if not text.isascii():
        fitting = len(text[: most + 1].encode(errors="replace")[:most].decode(errors="ignore"))
    if len(text) <= fitting:
        return 0
    text = text[: fitting + 1]  # the place does not depend on what follows
    at = last_rest(text, fitting // 2, fitting) or last_rest(text, 0, fitting)
    return at or _between(text, fitting)


def halves(text: str) -> tuple[str, str] | None:
    """Return a text in two parts of about the same length; None if it cannot be cut."""
    at = last_rest(text, len(text) // 4, 5 * len(text) // 8) or _between(text, len(text) // 2)
    first, second = text[:at].strip(), text[at:].strip()
    return (first, second) if first and second else None


def beginning(text: str, characters: int) -> str:
    """Return the longest beginning of a text that has at most so many characters and ends well.

    Return "" where not even a word fits.
    """
    if len(text) <= characters:
        return text
    at = last_rest(text, characters // 2, characters) or last_rest(text, 0, characters)
    if not at and _WITHOUT_SPACES.match(text[characters - 1 : characters]):
        at = _between(text, characters)
    return text[:at].strip()


def last_rest(text: str, low: int, high: int) -> int:
    """Return the end of the last clause, else of the last word, between two places; 0 if none."""
    for pattern in (_CLAUSE, _SPACE):
        ends = [rest.end() for rest in pattern.finditer(text, low, high + 1)]
        good = [end for end in ends if low < end <= high and not _IN_NUMBER.match(text, end)]
        if good:
            return good[-1]
    return 0


def _between(text: str, at: int) -> int:
    """Return the last place up to `at` where two characters may be parted; 0 if there is none."""
    if "://" in text[:at]:
        return 0
    low = at // 2
    while at > low and (_IN_NUMBER.match(text, at) or _joined(text[at - 1], text[at : at + 1])):
        at -= 1
    return at if at > low else 0


def _joined(before: str, after: str) -> bool:
    return bool(after) and (category(after)[0] in "MS" or "\u200d" in {before, after})
