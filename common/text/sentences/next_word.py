"""The word after a full stop, which may not have arrived to its end."""

import re
from functools import cache, lru_cache
from typing import Final

from common.text.language import Language, words_of
from common.text.sentences.end_marks import LOOKAHEAD

_WORD: Final = re.compile(r"[^\W\d_]+")
_QUARTER: Final = re.compile(r"(?:[NS][EW]|KG)\b")
_NUMERAL: Final = re.compile(
    r"\d|(?:[IVX]{2,}|[B-HJ-Z]|A(?=[,.;:)]))(?![\w'’])"
)  # "A" and "I" are words
_SMALL_NAME: Final = re.compile(r"[^\W\d_][A-Z]")  # iPhone, eBay
_SENTENCE: Final = re.compile(r"[¿¡]|[A-ZÀ-ÞА-Я][^\W\d_]*(?:[ ,]|['’][a-z])")
_ZONES: Final = (
    "Eastern Pacific Central Mountain"
    " EST EDT PST PDT CST CDT MST MDT ET PT CT MT GMT UTC BST CET CEST JST IST"
)


_compiled = lru_cache(maxsize=32)(re.compile)


class Undecided(Exception):
    """The next word is not there to its end, and its end decides."""


def begins(text: str, words: str) -> bool:
    """Return whether the first word of `text` is one of `words`.

    All functions of this module raise `Undecided` if more text may change the answer.
    """
    word = _WORD.match(text)
    if word is None:
        return False
    if word[0] in _beginnings(words):
        _must_be_finished(text, _WORD.pattern)
    return word[0] in words_of(words)


def begins_small(text: str) -> bool:
    """Return whether a small letter follows, perhaps after an apostrophe ("'s middags")."""
    _must_be_finished(text, "['’]|[^\\W\\d_]" if text[:1].islower() or text[:1] in "'’" else "(?!)")
    return text.lstrip("'’")[:1].islower() and not _SMALL_NAME.match(text)


def begins_sentence(text: str) -> bool:
    """Return whether a capital begins a word and more follows: "What a day"."""
    _must_be_finished(text, r"[^\W\d_]+['’]?")
    return _SENTENCE.match(text) is not None


def more_marks(text: str) -> bool:
    """Return whether more end marks follow after a space: ". . .", but not ".env"."""
    _must_be_finished(text, "[.]")
    return text[0] in "?!…" or (text[0] == "." and not text[1:2].isalpha())


def is_numeral(text: str, language: Language) -> bool:
    """Return whether the word numbers the one before: "5", "B", "XIX", but not an elided "C'est"."""
    _must_be_finished(text, "[IVX]+|[A-Z]")
    numeral = _NUMERAL.match(text)
    return numeral is not None and numeral[0] not in language.elided


def adds_in_brackets(text: str, mark: str) -> bool:
    """Return whether brackets add to the sentence: "2 million mi. (3 million km) away"."""
    _must_be_finished(text, r"[(\[]")
    return mark == "." and text[0] in "([" and (text[1:2].isdigit() or text[1:2].islower())


def is_quarter(text: str) -> bool:
    """Return whether the rest of a name follows: "Pennsylvania Ave. NW", "GmbH & Co. KG"."""
    _must_be_finished(text, "[NS][EW]?|KG?")
    return _QUARTER.match(text) is not None


def belongs_to_a_time(text: str, before: str, language: Language) -> bool:
    """Return whether a zone follows, or a day ("at 5 p.m. Monday") that is not the second one."""
    if begins(text, language.days):
        return words_of(language.days).isdisjoint(_WORD.findall(before))
    return begins(text, _ZONES)


def _must_be_finished(text: str, pattern: str) -> None:
    if len(text) < LOOKAHEAD and _compiled(pattern).fullmatch(text):
        raise Undecided


@cache
def _beginnings(words: str) -> frozenset[str]:
    return frozenset(word[:end] for word in words.split() for end in range(1, len(word) + 1))
