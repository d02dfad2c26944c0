"""Quotes, brackets and code spans, inside which no sentence ends."""

import re
from typing import Final

_CLOSES: Final = dict(zip('([{（「『【《“„«»‹"`', ')]}）」』】》””»«›"`', strict=True)) | {
    "„": "“”"
}
_MARKS: Final = re.compile('[][(){}（）「」『』【】《》“”„«»‹›"]|`+')
_QUOTES: Final = '"“„«»‹「『'
_INTRODUCING: Final = (":", "：", ",", "，", "、", "،")
_CJK: Final = frozenset("（「『【《“")
_REACH: Final = 160  # characters; a mark that was opened longer ago is a mistake


def inside(text: str) -> bool:
    """Return whether a mark of the last characters is still open at the end of `text`."""
    expected: list[str] = []
    for mark in _MARKS.finditer(text, max(0, len(text) - _REACH)):
        sign, before = mark[0][0], text[max(0, mark.start() - 1) : mark.start()]
        if expected and sign in expected[-1]:
            expected.pop()
        # An inch (6") and a smiley :( open nothing.
        elif sign in _CLOSES and (sign in _CJK or not (before.isalnum() or before in {*":;-.,!?"})):
            expected.append(_CLOSES[sign])
    return bool(expected)


def quotation_is_introduced(text: str, *, spaced: bool) -> bool:
    """Return whether words introduce the quotation that ends `text`.

    An example: she said, "Yes."

    Then the sentence is over. Without such words, as after 「はい。」, the speaker may still be named.
    Where no white space follows the quotation, only a colon or a comma introduces it.
    """
    for opening in reversed(list(_MARKS.finditer(text, max(0, len(text) - _REACH)))):
        if opening[0] in _QUOTES:
            before = text[: opening.start()].rstrip()
            return before.endswith(_INTRODUCING) or (spaced and any(map(str.isalnum, before)))
    return False
