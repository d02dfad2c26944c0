"""Cut a text where a voice may rest: after a clause, else at a space, else between characters."""

import re
from typing import Final
from unicodedata import category

MOST_BYTES: Final = 400  # of UTF-8 in one piece: Google's voices refuse sentences that are longer
_CLAUSE: Final = re.compile(r"(?:[,;:…–—]|(?<=\s)-)[\"'”’»)*_]*(?=\s)|[，、；：،।。！？]+(?=\S)")
_SPACE: Final = re.compile(r"(?<=\s)(?=\S)")
_JOINED: Final = re.compile(  # parts of a number, of an emoji
    r"(?<=\d)(?:[.,:/'’\s-]?\d|[%％°])|(?<=\d[.,:/'’\s-])\d|(?<=[-+−$€£¥₹~])\d"
    "|(?<=\u200d)|[\u200d\U0001f3fb-\U0001f3ff]"
)
_GROUP_ENDS: Final = re.compile(r"(?<=\d[.,:/'’-])(?=\d)")
_WITHOUT_SPACES: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0003ffff]")


def bounded(text: str, most: int = MOST_BYTES) -> int:
    """Return where a text that is longer than `most` bytes is cut; 0 if it is not longer.

    A number and a character with its marks are only cut if they are longer themselves.
    """
    if len(text) <= most // 4 or (text.isascii() and len(text) <= most):
        return 0
    fitting = len(text[: most + 1].encode(errors="replace")[:most].decode(errors="ignore"))
    if len(text) <= fitting:
        return 0
    text = text[: fitting + 1]  # the place does not depend on what follows
    return (
        last_rest(text, fitting // 2, fitting)
        or last_rest(text, 0, fitting)
        or _between(text, fitting)
        or last_rest(text, 0, fitting, within_numbers=True)
        or _between(text, fitting, within_numbers=True)
        or fitting
    )


def halves(text: str) -> tuple[str, str] | None:
    """Return a text in two parts of about the same length; None if it cannot be cut."""
    at = last_rest(text, len(text) // 4, 5 * len(text) // 8) or _between(text, len(text) // 2)
    first, second = text[:at].strip(), text[at:].strip()
    return (first, second) if first and second else None


def beginning(text: str, characters: int) -> str:
    """Return the longest beginning of at most so many characters that ends well; "" if none does."""
    if len(text) <= characters:
        return text
    at = last_rest(text, characters // 2, characters) or last_rest(text, 0, characters)
    if not at and _WITHOUT_SPACES.match(text[characters - 1 : characters]):
        at = _between(text, characters)
    return text[:at].strip()


def last_rest(text: str, low: int, high: int, *, within_numbers: bool = False) -> int:
    """Return the end of the last clause, else of the last word, between two places; 0 if none."""
    for pattern in (_CLAUSE, _SPACE):
        places = [rest.end() for rest in pattern.finditer(text, low, high + 1)]
        for end in reversed(places):
            if low < end <= high and (within_numbers or not _JOINED.match(text, end)):
                return end
    return 0


def _between(text: str, at: int, *, within_numbers: bool = False) -> int:
    """Return the last place up to `at` where two characters may be parted; 0 if there is none.

    An address is cut at once, because nothing in it is spoken. Between groups of digits is a place
    `within_numbers`.
    """
    if "://" in text[:at]:
        return at
    for end in range(at, 0, -1):
        joined = _JOINED.match(text, end) or category(text[end : end + 1] or "a")[0] == "M"
        if _GROUP_ENDS.match(text, end) if within_numbers else not joined:
            return end
    return 0
