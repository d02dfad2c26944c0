"""Whether a place in a text is inside quotes, brackets or a code span: no sentence ends there."""

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
