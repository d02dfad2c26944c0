"""The next word decides whether the full stop before it ends a sentence.

The word is judged when its first token is there: of a word in several tokens, four letters suffice.
"""

import re
from functools import cache
from typing import Final

from common.text.language import Language

_WORD: Final = re.compile(r"[^\W\d_]+")
_QUARTER: Final = re.compile(r"[NS][EW]\b")
_TELLING: Final = 4
_ZONES: Final = (
    "Eastern Pacific Central Mountain"
    " EST EDT PST PDT CST CDT MST MDT ET PT CT MT GMT UTC BST CET CEST JST IST"
)


@cache
def _beginnings(words: str) -> frozenset[str]:
    return frozenset(
        word[:end] for word in words.split() for end in {len(word), *range(_TELLING, len(word))}
    )


def begins(text: str, words: str) -> bool:
    """Return whether the first word of `text`, or its beginning, is one of `words`."""
    word = _WORD.match(text)
    return word is not None and word[0] in _beginnings(words)


def belongs_to_a_time(language: Language, before: str, after: str) -> bool:
    """Return whether a day or a time zone follows a time, as in "at 5 p.m. Monday".

    Where a day stands before, too, the next one begins a sentence: "Sunday at 5 p.m. Monday".
    """
    days = language.sentences.days
    if begins(after, days):
        return _beginnings(days).isdisjoint(_WORD.findall(before))
    return begins(after, _ZONES)


def belongs_to_a_street(text: str) -> bool:
    """Return whether the quarter of a town follows, as in "Pennsylvania Ave. NW"."""
    return _QUARTER.match(text) is not None


def starts_a_sentence(language: Language, text: str) -> bool:
    """Return whether the text begins with a word that usually begins a sentence."""
    return begins(text, language.sentences.starters)
