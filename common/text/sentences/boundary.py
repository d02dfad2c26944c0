"""Whether a sentence ends at a mark: yes and where, no, or not yet to be said.

The rules look at the sentence so far and at the next word, as much of it as the first token brings:
one token of lookahead decides. Where portions end between words, as tokens do, the answer does not
hang on how many came at once.
"""

import re
from typing import Final, Literal

from common.text.sentences.abbreviations import Kind, kind_of
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

_WHEN: Final = frozenset(
    {"At", "By", "From", "Until", "Till", "Around", "After", "Before", "Since"}
)
_ONLY_TIMES: Final = re.compile(r"(?:[\W\d]*+(?:to )?[ap]\.m)+", re.IGNORECASE)
_ADDRESSED: Final = re.compile(r"[/@.:_\\`]|^'|^www$")
_PHRASE: Final = 4
"""Words at most in "At about 5 p.m."."""
_HESITANT: Final = frozenset({"I"})
_NAME: Final = re.compile(r"[^\W\d_][A-Z]")
"""As iPhone and eBay are: their small letter says nothing."""


def judge(text: str, mark: re.Match[str], language: str | None) -> Verdict:
    """`mark` is a match of MARK in `text`; the sentence in question begins where `text` does."""
    if mark[0][0] in NEWLINES:
        return "goes on" if is_marker(text[: mark.start()].strip()) else mark.end()
    if mark.end() == len(text):
        return "wait"
    place = place_of(text, mark, language)
    if not place.after:
        return "wait"
    return place.end if _over(place) else "goes on"


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
    """Whether it is `complete`, and seldom goes on: no quotation, which somebody may have said; and
    before a full stop more than one word, the last of them no number, address or abbreviation."""
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
    """Where no sentence ends, whatever comes."""
    return (
        not any(map(str.isalnum, place.before))
        or place.in_table
        or (place.mark == ";" and place.language != "el")
        or (place.mark == "." and _is_marker(place.before))
        or inside(place.before + place.mark + place.tail)
    )


def _runs_on(place: EndMark) -> bool:
    """As in example.com, in "Yahoo!, too", in "Stop!" - he said and in —¿Vienes? —preguntó."""
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
    return not (street or (kind is Kind.TIME and belongs_to_a_time(place.before, place.after)))


def _starts_anew(kind: Kind, place: EndMark) -> bool:
    """A letter behind an initial is one, too: "J. R. A. Smith"."""
    if kind is Kind.ABBREVIATION and not place.after[1:2].isalpha():
        return False
    return starts_a_sentence(place.language, place.after)


def _ellipsis_is_over(place: EndMark) -> bool:
    """After "Well... I think" no. Where there are no capitals to tell, it is a hesitation, too."""
    if place.after[0].isdigit() or _has_no_case(place.after[0]):
        return False
    return place.language != "en" or not begins(place.after, _HESITANT)


def _is_marker(before: str) -> bool:
    return is_marker(f"{before.strip()}.") or is_step(before)


def _is_only_when(kind: Kind, place: EndMark) -> bool:
    """As in "At 5 p.m. Anna left" and in "**5 p.m.** Dentist", which answers nobody's question."""
    if kind is not Kind.TIME:
        return False
    if _ONLY_TIMES.fullmatch(place.before):
        return not starts_a_sentence(place.language, place.after)
    words = place.before.split()
    return len(words) <= _PHRASE and words[0] in _WHEN


def _is_a_letter(before: str) -> bool:
    """As in "plan B", "than I": no name's initial, when the word before is no name."""
    words = before.split()
    return len(words) > 1 and len(words[-1]) == 1 and words[-2].islower()


def _has_capitals(text: str) -> bool:
    """Whether the last letter's script does."""
    return not _has_no_case(next(filter(str.isalpha, reversed(text)), "x"))


def _has_no_case(sign: str) -> bool:
    return sign.isalpha() and sign.upper() == sign.lower()
