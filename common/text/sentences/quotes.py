"""Quotes, brackets and code spans, inside which no sentence ends."""

import re
from typing import Final

_CLOSES: Final = {
    "(": ")",
    "[": "]",
    "{": "}",
    "（": "）",
    "「": "」",
    "『": "』",
    "【": "】",
    "《": "》",
    "“": "”",
    "„": "“”",
    "«": "»",
    "»": "«",
    "‹": "›",
    '"': '"',
    "`": "`",
}
_MARKS: Final = re.compile('[][(){}（）「」『』【】《》“”„«»‹›"]|`+')
_QUOTES: Final = '"“„«»‹「『'
_INTRODUCING: Final = (":", "：", ",", "，", "、", "،")
_CJK: Final = frozenset("（「『【《“")
REACH: Final = 160
"""Characters. A mark that was opened longer ago counts as a mistake: it must not keep all that
follows in one sentence."""


def inside(text: str) -> bool:
    """Return whether a mark of the last REACH characters is still open at the end of `text`."""
    start = max(0, len(text) - REACH)
    expected: list[str] = []
    for mark in _MARKS.finditer(text, start):
        sign = mark[0][0]
        if expected and sign in expected[-1]:
            expected.pop()
        elif sign in _CLOSES and _opens(text, mark.start(), sign):
            expected.append(_CLOSES[sign])
    return bool(expected)


def _opens(text: str, at: int, sign: str) -> bool:
    """Return whether a word may begin here. An inch (6") and a smiley :( open nothing."""
    return at == 0 or sign in _CJK or not (text[at - 1].isalnum() or text[at - 1] in ":;-.,!?")


def quotation_is_introduced(text: str, *, spaced: bool) -> bool:
    """Return whether words introduce the quotation that ends `text`.

    An example: she said, "Yes."

    Then the sentence is over. Without such words, as after 「はい。」, the speaker may still be named.
    Where no white space follows the quotation, only a colon or a comma introduces it.
    """
    for opening in reversed(list(_MARKS.finditer(text, max(0, len(text) - REACH)))):
        if opening[0] in _QUOTES:
            before = text[: opening.start()].rstrip()
            return before.endswith(_INTRODUCING) or (spaced and any(map(str.isalnum, before)))
    return False
