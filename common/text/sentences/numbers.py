"""Numbers before a full stop: markers of a list, ordinals, dates, or the end of a sentence."""

import re
from typing import Final

from common.text.language import Language
from common.text.sentences.next_word import begins, starts_a_sentence

_MARKER: Final = re.compile(
    r"[\s>#*_\-+•–([]*(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)\]]+[*_`]*|[\s>]*[-+*•–]"
)
_STEP: Final = re.compile(r"[\s>#*_]*[^\W\d_]+ \d{1,2}")
_NUMBER: Final = re.compile(r"(?:^|[\s(\[*_\"])(\d{1,4})$")
_NUMERAL: Final = re.compile(r"\d|(?:[IVX]{2,}|[B-HJ-Z])(?![\w'’])")
"""A figure, or a letter that numbers something. "A" and "I" are more often words."""
_DATE: Final = re.compile(r"\b\d{4}\. ?\d{1,2}\. ?\d{1,2}$")


def is_marker(sentence: str) -> bool:
    """Return whether the text is only the marker of a list item: "1.", "a)" or "-"."""
    return _MARKER.fullmatch(sentence) is not None


def is_step(before: str) -> bool:
    """Return whether the text only numbers what follows: "Step 1"."""
    return _STEP.fullmatch(before) is not None


def is_numeral(language: Language, after: str) -> bool:
    """Return whether the next word numbers the one before: "5", "B", "XIX".

    A letter that the language elides is none: a token "C" may become "C'est".
    """
    numeral = _NUMERAL.match(after)
    return numeral is not None and numeral[0] not in language.sentences.elided


def number_at_end(before: str) -> str | None:
    """Return the number that a full stop follows, if there is one."""
    number = _NUMBER.search(before)
    return number[1] if number else None


def number_is_over(language: Language, before: str, number: str, after: str) -> bool:
    """Return whether the sentence ends: in "at 7. Then", but not in a list or in "am 5. Mai"."""
    if _DATE.search(before) or _is_enumerated(before, int(number)):
        return False
    if len(number) > language.sentences.ordinal_digits:
        return True
    return False if after[0].isdigit() else _ordinal_is_over(language, before, after)


def _ordinal_is_over(language: Language, before: str, after: str) -> bool:
    rules = language.sentences
    if begins(after, rules.months):
        return False
    words = before.split()
    introduced = len(words) > 1 and re.fullmatch(rules.before_ordinals, words[-2].lower())
    return not introduced or starts_a_sentence(language, after)


def _is_enumerated(before: str, number: int) -> bool:
    """Return whether the number counts in a list in one line: "Here: 1. Apples 2. Pears"."""
    if number == 1:
        return before[:-1].rstrip().endswith(":")
    return re.search(rf"(?:^|[\s*]){number - 1}\.\s", before) is not None
