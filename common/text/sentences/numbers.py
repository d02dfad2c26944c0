"""Numbers with a full stop after them: markers of a list, ordinals, dates, or the end."""

import re
from typing import Final

from common.text.sentences.next_word import MONTHS, begins, starts_a_sentence

_MARKER: Final = re.compile(
    r"[\s>#*_\-+•–([]*(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)\]]+[*_`]*|[\s>]*[-+*•–]"
)
_STEP: Final = re.compile(r"[\s>#*_]*[^\W\d_]+ \d{1,2}")
_NUMBER: Final = re.compile(r"(?:^|[\s(\[*_\"])(\d{1,4})$")
_NUMERAL: Final = re.compile(r"\d|(?:[IVX]{2,}|[B-HJ-Z])(?![\w'’])")
"""The letters A and I are words more often."""
_ELIDED: Final = {"fr": "CDJLMNST", "it": "CDLMNST"}
_DATE: Final = re.compile(r"\b\d{4}\. ?\d{1,2}\. ?\d{1,2}$")
_INTRODUCES_ORDINAL: Final = (
    "am|der|die|das|den|dem|des|zum|zur|im|vom|bis|ab|seit|beim|nach|vor|jede[rs]?"
    "|(?:ih|sei|mei|unse)[rn]e?[mnrs]?"
)
_ORDINAL_DIGITS: Final = 2
_ORDINAL_DOT: Final = frozenset("bs cs da de et fi hr hu is lt lv nb nn no pl sk sl tr".split())  # noqa: SIM905  # read as one


def is_marker(sentence: str) -> bool:
    """A bare "1.", "a)" or "-": what it marks is still to come."""
    return _MARKER.fullmatch(sentence) is not None


def is_step(before: str) -> bool:
    """As in "Step 1. Open the app"."""
    return _STEP.fullmatch(before) is not None


def is_numeral(language: str, after: str) -> bool:
    """As behind "Sec.", in "5", "B" and "XIX"; but a token "C" may become "C'est"."""
    numeral = _NUMERAL.match(after)
    return numeral is not None and numeral[0] not in _ELIDED.get(language, "")


def number_at_end(before: str) -> str | None:
    number = _NUMBER.search(before)
    return number[1] if number else None


def number_is_over(language: str, before: str, number: str, after: str) -> bool:
    """Yes in "at 7. Then"; no in a list ("2. Pears"), in "am 5. Mai" and in "2024. 5. 3."."""
    if _DATE.search(before) or _is_enumerated(before, int(number)):
        return False
    ordinal = language in _ORDINAL_DOT and len(number) <= _ORDINAL_DIGITS
    if not ordinal and language != "ko":
        return True
    return False if after[0].isdigit() else _ordinal_is_over(language, before, after)


def _ordinal_is_over(language: str, before: str, after: str) -> bool:
    if begins(after, MONTHS.get(language, frozenset())):
        return False
    words = before.split()
    introduced = len(words) > 1 and re.fullmatch(_INTRODUCES_ORDINAL, words[-2].lower())
    return not introduced or starts_a_sentence(language, after)


def _is_enumerated(before: str, number: int) -> bool:
    """In a list that is written in one line: "Here: 1. Apples 2. Pears"."""
    if number == 1:
        return before[:-1].rstrip().endswith(":")
    return re.search(rf"(?:^|[\s*]){number - 1}\.\s", before) is not None
