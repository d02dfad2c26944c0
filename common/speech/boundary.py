"""Whether a sentence ends at a mark: yes and where, no, or not yet to be said.

The rules look at the sentence so far and at the first sign after the mark that is not white space;
only where that one leaves it open, at the beginning of the next word. An answer never changes when
more text comes, so it does not matter in which portions the text came.
"""

import re
from typing import Final, Literal

from common.speech.abbreviations import Kind, kind_of
from common.speech.enclosure import inside
from common.speech.following import (
    AFTER_A_TIME,
    begins,
    goes_on_after_a_quotation,
    is_quoted_without_quotes,
    starts_a_sentence,
)
from common.speech.marks import AT_ONCE, NEWLINES, Place, place_of
from common.speech.numbering import is_marker, is_step, number_at_end, number_is_over

Verdict = int | Literal["goes on", "wait"]
"""An integer: the sentence ends before this index."""

_WHEN: Final = frozenset(
    {"At", "By", "From", "Until", "Till", "Around", "After", "Before", "Since"}
)
_PHRASE: Final = 4
"""Words at most in "At about 5 p.m."."""


def judge(text: str, mark: re.Match[str], language: str | None) -> Verdict:
    """`mark` is a match of MARK in `text`; the sentence in question begins where `text` does."""
    if mark[0][0] in NEWLINES:
        return "goes on" if is_marker(text[: mark.start()].strip()) else mark.end()
    if mark.end() == len(text):
        return "wait"
    place = place_of(text, mark, language)
    over = _over(place) if place.after else None
    return "wait" if over is None else place.end if over else "goes on"


def complete(text: str, mark: re.Match[str], language: str | None) -> bool:
    """Whether what ends with `mark`, as the last thing written, is a whole sentence."""
    place = place_of(text, mark, language)
    if text[place.end :].strip() or _never_over(place):
        return False
    if place.strong or place.elliptic:
        return True
    kind = kind_of(place.language, place.before)
    if kind is Kind.ABBREVIATION:
        return _is_a_letter(place.before)
    return kind is not Kind.INTRODUCES


def likely(text: str, mark: re.Match[str], language: str | None) -> bool:
    """Whether it is `complete`, and seldom goes on: no number, and nothing that may be short for
    something, is before its full stop."""
    if not complete(text, mark, language):
        return False
    place = place_of(text, mark, language)
    word = not place.elliptic and not number_at_end(place.before)
    return place.strong or (word and kind_of(place.language, place.before) is Kind.WORD)


def _over(place: Place) -> bool | None:
    """None where the text at hand does not tell."""
    if _never_over(place) or _runs_on(place):
        return False
    if place.after[0] in NEWLINES:
        return True
    if not place.spaced and place.quoted:
        return _not(goes_on_after_a_quotation(place.language, place.after))
    if place.mark[-1] in AT_ONCE and not (place.spaced and place.quoted):
        unmarked = place.mark[-1] in "！？" and is_quoted_without_quotes(
            place.language, place.after
        )
        return _not(unmarked)
    if place.after[0].islower() and not _is_a_name(place.after):
        return None if len(place.after) == 1 else False
    return place.strong or _dots_are_over(place)


def _never_over(place: Place) -> bool:
    """Where no sentence ends, whatever comes."""
    return (
        not any(map(str.isalnum, place.before))
        or place.in_table
        or (place.mark == ";" and place.language != "el")
        or (place.mark == "." and _is_marker(place.before))
        or inside(place.before + place.mark + place.tail)
    )


def _runs_on(place: Place) -> bool:
    """As in example.com, in "Yahoo!, too" and in "Stop!" - he said."""
    return (
        not (place.spaced or place.needs_no_space)
        or place.after[0] in ",;:，、；：)）"
        or (place.quoted and place.after[0] in "-–—")
    )


def _dots_are_over(place: Place) -> bool | None:
    if place.elliptic:
        return _ellipsis_is_over(place)
    if (number := number_at_end(place.before)) and not place.tail:
        return number_is_over(place.language, place.before, number, place.after)
    kind = kind_of(place.language, place.before)
    if kind in {Kind.WORD, Kind.NUMBERED, Kind.UNIT}:
        return kind is Kind.WORD or not place.after[0].isdigit()
    if kind in {Kind.ACRONYM, Kind.ABBREVIATION}:
        return place.after[0] in "¿¡" or starts_a_sentence(place.language, place.after)
    if kind is Kind.INTRODUCES or place.after[0] in "([" or _is_only_when(kind, place.before):
        return False
    return kind is Kind.ENDER or _not(begins(place.after, AFTER_A_TIME))


def _ellipsis_is_over(place: Place) -> bool | None:
    """After "Well... I think" no. Where there are no capitals to tell, it is a hesitation, too."""
    if place.after[0].isdigit() or _has_no_case(place.after[0]):
        return False
    return _not(begins(place.after, ["I"])) if place.language == "en" else True


def _is_marker(before: str) -> bool:
    return is_marker(f"{before.strip()}.") or is_step(before)


def _is_only_when(kind: Kind, before: str) -> bool:
    """As in "At 5 p.m. Anna left"."""
    words = before.split()
    return kind is Kind.TIME and len(words) <= _PHRASE and words[0] in _WHEN


def _is_a_name(after: str) -> bool:
    """As iPhone, eBay and v2 are: their small letter says nothing."""
    return len(after) > 1 and (after[1].isupper() or after[1].isdigit())


def _is_a_letter(before: str) -> bool:
    """As in "plan B", "than I": no name's initial, when the word before is no name."""
    words = before.split()
    return len(words) > 1 and len(words[-1]) == 1 and words[-2].islower()


def _has_no_case(sign: str) -> bool:
    return sign.isalpha() and sign.upper() == sign.lower()


def _not(answer: bool | None) -> bool | None:
    return None if answer is None else not answer
