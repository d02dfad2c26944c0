"""Decide whether a sentence ends at a mark, from the sentence so far and the next word."""

import re
from typing import Final, Literal

from common.text.language import Language
from common.text.sentences.abbreviations import Kind, kind_of, words_of
from common.text.sentences.end_marks import AT_ONCE, NEWLINES, EndMark, place_of
from common.text.sentences.next_word import (
    begins,
    belongs_to_a_street,
    belongs_to_a_time,
    starts_a_sentence,
)
from common.text.sentences.numbers import (
    is_marker,
    is_numeral,
    is_step,
    number_at_end,
    number_is_over,
)
from common.text.sentences.quotes import inside, quotation_is_introduced

Verdict = int | Literal["goes on", "wait"]
"""An integer: the sentence ends before this index."""

_ONLY_TIMES: Final = re.compile(r"(?:[\W\d]*+(?:to )?[ap]\.m)+", re.IGNORECASE)
_ADDRESSED: Final = re.compile(r"[/@.:_\\`]|^'|^www$")
_PHRASE: Final = 4
"""Words at most in "At about 5 p.m."."""
_NAME: Final = re.compile(r"[^\W\d_][A-Z]")
"""A name whose small letter tells nothing: iPhone, eBay."""


def judge(text: str, mark: re.Match[str], language: Language | None) -> Verdict:
    """Decide whether the sentence that begins with `text` ends at `mark`, a match of MARK in it."""
    if mark[0][0] in NEWLINES:
        return "goes on" if is_marker(text[: mark.start()].strip()) else mark.end()
    if mark.end() == len(text):
        return "wait"
    place = place_of(text, mark, language)
    if not place.after:
        return "wait"
    return place.end if _over(place) else "goes on"


def complete(text: str, mark: re.Match[str], language: Language | None) -> bool:
    """Return whether the text, which ends with `mark`, is a whole sentence if nothing follows."""
    place = place_of(text, mark, language)
    if text[place.end :].strip() or _never_over(place):
        return False
    if place.strong or place.elliptic:
        return True
    kind = kind_of(place.language, place.before)
    if kind is Kind.ABBREVIATION:
        return _is_a_letter(place.before)
    return kind is not Kind.INTRODUCES


def likely(text: str, mark: re.Match[str], language: Language | None) -> bool:
    """Return whether the text is `complete` and seldom goes on.

    A quotation is left out, because its speaker may be named after it; and so is a full stop after
    a single word, a number, an address or an abbreviation.
    """
    if mark[0] == ";" or not complete(text, mark, language):
        return False
    place = place_of(text, mark, language)
    *earlier, last = place.before.split()
    smiles = place.smiling and _has_capitals(place.before)
    if place.quoted or place.elliptic or smiles or _ADDRESSED.search(last):
        return False
    known = kind_of(place.language, place.before) is Kind.WORD
    return place.strong or (bool(earlier) and len(last) > 1 and last[-1].isalpha() and known)


def _over(place: EndMark) -> bool:
    if _never_over(place) or _runs_on(place):
        return False
    if place.after[0] in NEWLINES:
        return True
    if place.quoted and _has_no_case(place.after[0]):
        return quotation_is_introduced(place.before, spaced=place.spaced)
    if place.after[0].islower() and not _NAME.match(place.after):
        return False
    if place.smiling and _has_capitals(place.before):
        return starts_a_sentence(place.language, place.after)
    return place.strong or _dots_are_over(place)


def _never_over(place: EndMark) -> bool:
    """Return whether no sentence ends here, whatever follows."""
    return (
        not any(map(str.isalnum, place.before))
        or place.in_table
        or (place.mark == ";" and not place.language.sentences.semicolon_asks)
        or (place.mark == "." and _is_marker(place.before))
        or inside(place.before + place.mark + place.tail)
    )


def _runs_on(place: EndMark) -> bool:
    """Return whether what follows continues the sentence.

    Examples: example.com; "Yahoo!, too"; "Stop!" - he said; —¿Vienes? —preguntó.
    """
    return (
        not (place.spaced or place.needs_no_space)
        or place.after[0] in ",;:，、；：)）"
        or (not place.spaced and place.after[0] in f".!?…{AT_ONCE}")
        or (place.after[0] in "–—" and (place.quoted or place.mark != "."))
        or (place.after[0] == "-" and place.quoted)
    )


def _dots_are_over(place: EndMark) -> bool:
    if place.elliptic:
        return _ellipsis_is_over(place)
    if (number := number_at_end(place.before)) and not place.tail:
        return number_is_over(place.language, place.before, number, place.after)
    kind = kind_of(place.language, place.before)
    if kind in {Kind.WORD, Kind.NUMBERED, Kind.UNIT}:
        numbered = place.after[0] in "([" or is_numeral(place.language, place.after)
        return kind is Kind.WORD or not numbered
    if kind in {Kind.ACRONYM, Kind.ABBREVIATION}:
        return place.after[0] in "¿¡" or _starts_anew(kind, place)
    if kind is Kind.INTRODUCES or place.after[0] in "([" or _is_only_when(kind, place):
        return False
    street = kind is Kind.ENDER and belongs_to_a_street(place.after)
    return not (
        street
        or (kind is Kind.TIME and belongs_to_a_time(place.language, place.before, place.after))
    )


def _starts_anew(kind: Kind, place: EndMark) -> bool:
    """Return whether the next word begins a sentence. A letter after an initial is another initial."""
    if kind is Kind.ABBREVIATION and not place.after[1:2].isalpha():
        return False
    return starts_a_sentence(place.language, place.after)


def _ellipsis_is_over(place: EndMark) -> bool:
    """Return whether a sentence ends at an ellipsis, which may be a hesitation ("Well... I think").

    Without capitals nothing tells them apart: then it counts as a hesitation.
    """
    if place.after[0].isdigit() or _has_no_case(place.after[0]):
        return False
    return not begins(place.after, place.language.sentences.inner_capitals)


def _is_marker(before: str) -> bool:
    return is_marker(f"{before.strip()}.") or is_step(before)


def _is_only_when(kind: Kind, place: EndMark) -> bool:
    """Return whether the text only tells when: "At 5 p.m. Anna left", "**5 p.m.** Dentist"."""
    if kind is not Kind.TIME:
        return False
    if _ONLY_TIMES.fullmatch(place.before):
        return not starts_a_sentence(place.language, place.after)
    words = place.before.split()
    return len(words) <= _PHRASE and words[0] in words_of(place.language.sentences.time_openers)


def _is_a_letter(before: str) -> bool:
    """Return whether the last word is a letter and no initial, because no name precedes: "plan B"."""
    words = before.split()
    return len(words) > 1 and len(words[-1]) == 1 and words[-2].islower()


def _has_capitals(text: str) -> bool:
    """Return whether the script of the last letter has capitals."""
    return not _has_no_case(next(filter(str.isalpha, reversed(text)), "x"))


def _has_no_case(sign: str) -> bool:
    return sign.isalpha() and sign.upper() == sign.lower()
