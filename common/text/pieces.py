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
_WITHOUT_SPACES: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0003ffff]")


def bounded(text: str, most: int = MOST_BYTES) -> int:
    """Return where a text that is longer than `most` bytes is cut; 0 where it need not or cannot be.

    A number, a character with its marks, and an address are not cut.
    """
    if len(text) <= most // 4 or (text.isascii() and len(text) <= most):
        return 0
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
    """Return the longest beginning of at most so many characters that ends well; "" if none does."""
    if len(text) <= characters:
        return text
    at = last_rest(text, characters // 2, characters) or last_rest(text, 0, characters)
    if not at and _WITHOUT_SPACES.match(text[characters - 1 : characters]):
        at = _between(text, characters)
    return text[:at].strip()


def last_rest(text: str, low: int, high: int) -> int:
    """Return the end of the last clause, else of the last word, between two places; 0 if none."""
    spaces: list[int] = []
    for pattern in (_CLAUSE, _SPACE):
        ends = (rest.end() for rest in pattern.finditer(text, low, high + 1))
        spaces = [end for end in ends if low < end <= high]
        if good := [end for end in spaces if not _JOINED.match(text, end)]:
            return good[-1]
    return spaces[-1] if spaces else 0


def _between(text: str, at: int) -> int:
    """Return the last place up to `at` where two characters may be parted; 0 if there is none."""
    if "://" in text[:at]:
        return 0
    low = at // 2
    while at > low and (_JOINED.match(text, at) or category(text[at : at + 1] or "a")[0] == "M"):
        at -= 1
    return at if at > low else 0
