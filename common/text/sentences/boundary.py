"""Decide whether a sentence ends at a mark, from the sentence so far and the next word."""

import re
from functools import lru_cache
from typing import Final, Literal

from common.text.language import Language, words_of
from common.text.sentences import end_marks, neighbours
from common.text.sentences.end_marks import AT_ONCE, FACE, NEWLINES, REACH, EndMark, place_of
from common.text.sentences.neighbours import Kind, kind_of

Verdict = int | Literal["goes on", "wait"]  # the integer is the index of the end

_MARKER: Final = re.compile(  # of a list: "1.", "a)", "-"
    r"[\s>#*_\-+•⁃–([]*(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)\]]+[*_`]*|[\s>]*[-+*•⁃–]"
)
_STEP: Final = re.compile(r"[\s>#*_]*[^\W\d_]+ \d{1,2}")  # "Step 1"
_NUMBER: Final = re.compile(r"(?:^|[\s(\[*_\"⁃–/-])(\d{1,4})$")
_ITEM: Final = re.compile(r"(?:^|\s)([a-z])$")
_DATE: Final = re.compile(r"\b\d{4}\. ?\d{1,2}\. ?\d{1,2}$")
_ONLY_TIMES: Final = re.compile(r"(?:\W*at )?(?:[\W\d]*+(?:to )?[ap]\.m)+", re.IGNORECASE)
_ADDRESSED: Final = re.compile(r"[/@.:_\\`]|^'|^www$")
_PLAIN: Final = re.compile("[a-z]{3,}")
_ENDING: Final = re.compile(r"(?:Com|Net|Org|Io|Co|Ai|Js|Uk)\b")  # of a domain or a name
_FIGURES: Final = re.compile(r"(?:\d{1,3}\. ){1,99}")
_SOMETHING: Final = re.compile(r"[^\W_]")
_PHRASE: Final = 8  # words at most in "On Monday at about 5 p.m."
_IN_A_YEAR: Final = re.compile(r"\W*\w{1,2} \d\S* \S+|.*, \d{4} \S+")  # "В 2024 г. Москва выросла"


def judge(text: str, mark: re.Match[str], language: Language | None) -> Verdict:
    """Decide whether the sentence that begins with `text` ends at `mark`, a match of MARK in it."""
    if mark[0][0] in NEWLINES:
        return "goes on" if _MARKER.fullmatch(text[: mark.start()].strip()) else mark.end()
    if mark.end() == len(text):
        return "wait"
    words = _SOMETHING.search(text, max(0, mark.start() - REACH), mark.start())
    if not words or (text[0].isdigit() and _FIGURES.fullmatch(text, 0, mark.end() + 1)):
        return "goes on"
    place = place_of(text, mark, language)
    try:
        return "wait" if not place.after else place.end if _over(place) else "goes on"
    except neighbours.Undecided:
        return "wait"


def complete(text: str, mark: re.Match[str], language: Language | None) -> bool:
    """Return whether the text, which ends with `mark`, is a whole sentence if nothing follows."""
    place = place_of(text, mark, language)
    if text[place.end :].strip() or not _SOMETHING.search(place.before) or _never_over(place):
        return False
    if place.mark != ".":
        return True
    kind = kind_of(place.language, place.before)
    words = place.before.split()
    letter = len(words) > 1 and len(words[-1]) == 1 and words[-2].islower()  # "plan B"
    return letter if kind is Kind.ABBREVIATION else kind is not Kind.INTRODUCES


def likely(text: str, mark: re.Match[str], language: Language | None) -> bool:
    """Return whether the text is `complete` and seldom goes on.

    A quotation is left out, because its speaker may be named after it; and so is a full stop after
    a single word, a number, an address or an abbreviation.
    """
    if mark[0] == ";" or mark[0][0] in NEWLINES or not complete(text, mark, language):
        return False
    place = place_of(text, mark, language)
    *earlier, last = place.before.split()
    elliptic = place.mark != "." and not place.strong
    if place.quoted or elliptic or _smiles(place) or _ADDRESSED.search(last):
        return False
    known = kind_of(place.language, place.before) is Kind.WORD
    return place.strong or (bool(earlier) and len(last) > 1 and last[-1].isalpha() and known)


@lru_cache(maxsize=256)  # a text that has no end has many marks behind the same words
def _over(place: EndMark) -> bool:
    if _never_over(place) or _runs_on(place):
        return False
    if place.after[0] in NEWLINES:
        return True
    if place.quoted and _has_no_case(place.after[0]):
        return end_marks.quotation_is_introduced(place.before, spaced=place.spaced)
    small = place.mark[-1] not in AT_ONCE and neighbours.begins_small(place.after)  # "。iPhone"
    if small or neighbours.adds_in_brackets(place.after, place.mark):
        return False
    named = place.mark == "!" and place.before.endswith(("Yahoo", "Yum", "Kahoot", "Jeopardy"))
    if _smiles(place) or named:
        return neighbours.begins(place.after, place.language.starters)
    return place.strong or (_dot_is_over if place.mark == "." else _ellipsis_is_over)(place)


def _never_over(place: EndMark) -> bool:
    """Return whether no sentence ends here, whatever follows."""
    before = place.before
    return bool(
        place.in_table
        or (place.mark == ";" and not place.language.semicolon_asks)
        or (place.mark == "." and _MARKER.fullmatch(f"{before.strip()}."))
        or (place.mark == "." and before[-1:].isdigit() and _STEP.fullmatch(before))
        or end_marks.inside(before + place.mark + place.tail)
    )


def _runs_on(place: EndMark) -> bool:
    """Return whether the sentence goes on: "Yahoo!, too", "Stop!" - he said, —¿Vienes? —preguntó."""
    return (
        not (place.spaced or place.needs_no_space or _lacks_a_space(place))
        or place.after[0] in ",;:&+，、；：)）≈=≤≥×÷/"
        or (not place.spaced and place.after[0] in f".!?…{AT_ONCE}")
        or (place.after[0] in "<>@" and place.after[1:2] in {*" $€£0123456789"})
        or (neighbours.more_marks(place.after) and not (place.strong and place.after[0] in ".…"))
        or (place.after[0] in "–—" and (place.quoted or place.mark != "."))
        or (place.after[0] == "-" and place.quoted)
    )


def _lacks_a_space(place: EndMark) -> bool:
    """Return whether a sentence follows without a space: "Your name?What a day", "I saw it.It is"."""
    last = place.before.split()[-1]
    if not neighbours.begins_sentence(place.after, alone=place.strong) or _ADDRESSED.search(last):
        return False
    if place.strong:
        return place.before[-1:].islower()
    if neighbours.begins(place.after, place.language.starters):
        return len(last) > 1
    plain = _PLAIN.fullmatch(last) and not _ENDING.match(place.after)
    return bool(plain) and " " in place.before


def _ellipsis_is_over(place: EndMark) -> bool:
    """Return whether the ellipsis is no hesitation ("Well... I think"), as far as capitals tell."""
    if place.after[0].isdigit() or _has_no_case(place.after[0]):
        return False
    return not neighbours.begins(place.after, place.language.inner_capitals)


def _dot_is_over(place: EndMark) -> bool:
    language, before, after = place.language, place.before, place.after
    number = _NUMBER.search(before, len(before) - 5) if before[-1:].isdigit() else None
    if number and not place.tail:
        return _number_is_over(place, language, number[1])
    if (item := _ITEM.search(before, len(before) - 2)) and _counts(before, chr(ord(item[1]) - 1)):
        return False  # "a. Apples b. Pears"
    if number and place.tail == ")" and "(" not in before:
        return False  # "1.) Apples 2.) Pears"
    kind = kind_of(language, before)
    if kind is Kind.UNIT and (language.capital_nouns or _IN_A_YEAR.fullmatch(before)):
        kind = Kind.ABBREVIATION
    if place.tail.startswith(")") and kind is not Kind.WORD and "(" in before:
        return False  # "(174 mi.) SW of Sydney"
    if kind is Kind.ACRONYM or kind is Kind.ABBREVIATION:
        initial = kind is Kind.ABBREVIATION and not after[1:2].isalpha()  # "J. R. A. Smith"
        return after[0] in "¿¡" or (neighbours.begins(after, language.starters) and not initial)
    return kind is Kind.WORD or _short_word_is_over(kind, place, language)


def _short_word_is_over(kind: Kind, place: EndMark, language: Language) -> bool:
    if kind is Kind.INTRODUCES or place.after[0] in "([+@→~≈–—·•|":
        return False
    if _is_only_when(kind, place, language):
        return False
    if kind is Kind.UNIT:
        return not (place.after[0].isdigit() or place.after[0] in "€$£№")
    if kind is Kind.NUMBERED:
        return not neighbours.is_numeral(place.after)
    if kind is Kind.TIME:
        return not neighbours.belongs_to_a_time(place.after, place.before, language)
    return kind is not Kind.ENDER or not neighbours.begins(place.after, neighbours.GOES_ON)


def _is_only_when(kind: Kind, place: EndMark, language: Language) -> bool:
    """Return whether the text only tells when: "At 5 p.m. Anna left", "**5 p.m.** Dentist"."""
    if kind is not Kind.TIME:
        return False
    words = re.sub('"[^"]*"', "", place.before).split(maxsplit=_PHRASE)
    if len(words) > _PHRASE or neighbours.begins(place.after, language.starters):
        return False
    known = words_of(language.time_words)
    words = [word.strip("*_,;.").lower() for word in words]
    only = (word in known or word[:1].isdigit() or word[1:] == ".m" for word in words)
    return bool(_ONLY_TIMES.fullmatch(place.before)) or all(only)


def _number_is_over(place: EndMark, language: Language, number: str) -> bool:
    """Return whether the sentence ends: in "at 7. Then", but not in a list or in "am 5. Mai"."""
    before, after = place.before, place.after
    first = int(number) == 1  # "Here: 1. Apples 2. Pears"
    counts = before[:-1].rstrip().endswith(":") if first else _counts(before, str(int(number) - 1))
    if counts or _DATE.search(before):
        return False
    if len(number) > language.ordinal_digits:
        return True
    if after[0].isdigit() or neighbours.begins(after, language.months):
        return False
    words = before.split()
    introduced = len(words) > 1 and words[-2].lower() in words_of(language.before_ordinals)
    return not introduced or neighbours.begins(after, language.starters)


def _counts(before: str, previous: str) -> bool:
    """Return whether the item before this one stands in the same line."""
    return re.search(rf"(?:^|[\s*⁃]){re.escape(previous)}\.\s", before) is not None


def _smiles(place: EndMark) -> bool:
    """Return whether the mark is an emoji after a letter of a script that has capitals."""
    face = FACE.match(place.mark) is not None
    return face and not _has_no_case(next(filter(str.isalpha, reversed(place.before)), "x"))


def _has_no_case(sign: str) -> bool:
    return sign.isalpha() and sign.upper() == sign.lower()
