"""What is inside quotes, brackets or a code span, where no sentence ends, and what quotes are in."""

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
"""Characters. What was opened longer ago is taken for a slip of the pen: it must not hold up
everything that follows."""


def inside(text: str) -> bool:
    """Whether something that was opened lately is still open at the end of `text`."""
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
    """Where a word may begin. An inch (6") and a smiley :( open nothing."""
    return at == 0 or sign in _CJK or not (text[at - 1].isalnum() or text[at - 1] in ":;-.,!?")


def quotation_is_introduced(text: str, *, spaced: bool) -> bool:
    """Whether something stands before the quotation that ends here, as "she said:" does; then
    nothing need follow it. Else, as after 「はい。」, it may still be said who spoke. Where no white
    space comes after it, only a colon or a comma is sure to introduce it.
    """
    for opening in reversed(list(_MARKS.finditer(text, max(0, len(text) - REACH)))):
        if opening[0] in _QUOTES:
            before = text[: opening.start()].rstrip()
            return before.endswith(_INTRODUCING) or (spaced and any(map(str.isalnum, before)))
    return False
