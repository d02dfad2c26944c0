"""The words before and after a full stop: the kind of the one, the beginning of the other.

The library sentencex knows the abbreviations of many languages. Our records hold those that it
lacks, and which may end a sentence or are words as well.
"""

import re
from enum import Enum, auto
from functools import cache, lru_cache
from typing import Final
from unicodedata import category

from sentencex import segment

from common.text.language import Language, words_of
from common.text.sentences.end_marks import LOOKAHEAD
from common.text.spoken.rules import table


class Kind(Enum):
    WORD = auto()
    NUMBERED = auto()  # precedes a number ("No. 5", "Jan. 5"); ends a sentence before a word
    ENDER = auto()  # comes last in its phrase ("etc.", "on Main St."); a capital begins the next
    UNIT = auto()  # the same, after a number ("5 min."); but "5 ft. 6 in."
    TIME = auto()  # a.m. or p.m.: the same, but days and zones may follow ("5 p.m. Monday")
    ACRONYM = auto()  # ends a sentence as often as not ("U.S."); the next word decides
    ABBREVIATION = auto()  # ends one only before a word that begins sentences; so do initials
    INTRODUCES = auto()  # never ends a sentence ("e.g.", "Mr.")


_LETTER: Final = r"[^\W\d_](?:[^\W\d_]|[\u0900-\u0d7f])?"  # or two, or with a vowel sign of India
_DOTTED: Final = re.compile(rf"{_LETTER}(?:\.-?{_LETTER})+")
_INITIAL: Final = re.compile(r"[^\W\d_]\.(?:-?[^\W\d_]\.)*")
_BREAKS: Final = re.compile(r"(?<=[a-z])\.(?=[A-Z])|[-/(\[–—«“„\"*_]|(?<=[ldLD])['’]")
_NO_VOWEL: Final = re.compile("[B-DF-HJ-NP-TV-XZ][b-df-hj-np-tv-xz]{1,3}")  # "Rm."
_ADDRESS: Final = re.compile("://|@|^www")
_WORD: Final = re.compile(r"[^\W\d_]+")
GOES_ON: Final = "NE NW SE SW KG VAT GST"  # "Pennsylvania Ave. NW", "GmbH & Co. KG", "inc. VAT"
_NUMERAL: Final = re.compile(
    r"[-−]?[$€£¥#~≈§№]|['’]?\d|[A-Z]{0,4}[-−]?\d|(?:[IVX]{2,}|[B-HJ-Z]|[AI](?=[,.;:)]| §)"
    r"|[AP]M|EO[DB]|COB|Ann|Code|Gen|Laws?|Rev|Stat)(?![\w'’])"  # "Thurs. EOD", "Md. Code"
)  # "A" and "I" are words
_SMALL_NAME: Final = re.compile(r"[^\W\d_][A-Z]")  # iPhone, eBay
_SENTENCE: Final = re.compile(r"[¿¡]|[A-ZÀ-ÞА-Я][^\W\d_]*(?:[ ,]|['’][a-z])")
_compiled: Final = cache(re.compile)
_ALONE: Final = re.compile(_SENTENCE.pattern + r"|[A-ZÀ-ÞА-Я][^\W\d_]+[.!?…\n]")
_ZONES: Final = (
    "Eastern Pacific Central Mountain"
    " EST EDT PST PDT CST CDT MST MDT ET PT CT MT GMT UTC BST CET CEST JST IST"
)


def kind_of(language: Language, before: str) -> Kind:
    """Return the kind of the last word of `before`, which a full stop follows."""
    *_, earlier, previous, token = ["", "", "", *before[-80:].rsplit(maxsplit=3)]
    word = token.lstrip("([{\"'“‘«„*_¿¡")
    if _ADDRESS.search(word):
        return Kind.WORD
    if _INITIAL.fullmatch(previous) or previous in {"EE.", "ad"}:
        spaced = previous.rstrip(".") + "." + word  # "p. m.", "z. B.", "и т. д."
        if kind := _listed(language, spaced, ""):
            return kind
    zone = len(word) > 2 and word in words_of(_ZONES) and word.isupper()  # noqa: PLR2004 - no "ET"
    kind = Kind.WORD if zone else _listed(language, word, previous)
    if kind is None and not word.isalpha() and len(last := _BREAKS.split(word)[-1]) > 1:
        word, kind = last, _listed(language, last, previous)
    if kind is None and earlier and word.lower() in words_of(language.streets):
        named = previous.isalnum() and previous[0].isupper() and earlier != "the"
        if named or re.fullmatch(r"\d+[snrt][tdh]", previous):
            return Kind.ENDER  # "on Main St.", not "14 St. James Road" or "the Hotel St."
    if len(word) == 1 and word.isupper():  # "plan B", "gate 12 C"
        numbered = any(map(str.isdigit, previous))
        if numbered and word in "NSEW":  # "12 N. Main Street"
            return Kind.ABBREVIATION
        if numbered or previous.lower() in words_of(language.lettered):
            return Kind.WORD
    return kind or _unlisted(language, word)


@cache
def _kinds(language: Language) -> dict[str, Kind]:
    in_full = table(language.in_full.lower().replace(" ", ""), "=")
    lists = (  # the last one that has a word decides
        (Kind.ABBREVIATION, " ".join(short.removesuffix(".") for short in in_full)),
        (Kind.ABBREVIATION, language.abbreviations),
        (Kind.INTRODUCES, language.introduces),
        (Kind.NUMBERED, language.numbered),
        (Kind.ENDER, language.enders),
    )
    return {word: kind for kind, words in lists for word in words.split()}


def _listed(language: Language, word: str, previous: str) -> Kind | None:
    if (key := word.lower()) in {"a.m", "p.m"}:
        return Kind.TIME
    units, kinds = words_of(language.units), _kinds(language)
    if key in units and (previous[-1:].isdigit() or previous.rstrip(".") in units):
        return Kind.UNIT
    return kinds.get(word) or kinds.get(key)  # a capital in the record asks for one in the text


@lru_cache(maxsize=2048)
def _unlisted(language: Language, word: str) -> Kind:
    letter = len(word) == 1 and word.isalpha() and word < "\u2e80"  # behind: 빵 and 人 are words
    ruler = language.ordinal_digits and re.fullmatch("[IVX]{1,5}", word)  # "Mehmed II. Fatih"
    if letter or ruler:
        return Kind.ABBREVIATION
    if _DOTTED.fullmatch(word):
        small = word[0].islower() and _known(language.code, word)  # "a.k.a.", not "U.S."
        return Kind.ABBREVIATION if small else Kind.ACRONYM
    if _compiled(language.clipped).fullmatch(word):  # "Hauptstr. Ecke Rathaus", "Storg. 12"
        return Kind.ABBREVIATION if language.capital_nouns else Kind.NUMBERED
    if not word or category(word[-1])[0] not in "LM" or {*"./"} & {*word} or word.isupper():
        # "N°. 5" is numbered; "5th)", "m/s", "nasa.gov" and "NASA" are words.
        return Kind.NUMBERED if word.endswith(("°", "º", "№", "nr")) else Kind.WORD
    if language.trusts_sentencex and _known(language.code, word):
        return Kind.ABBREVIATION
    number = word.endswith("nr")  # "Rechnungsnr. 4471", "ordernr. 12"
    return Kind.NUMBERED if number or _NO_VOWEL.fullmatch(word) else Kind.WORD


def _known(code: str, word: str) -> bool:
    """Return whether sentencex holds the word for an abbreviation."""
    probe = f"xx {word}. Xq".encode(errors="replace").decode()
    return len(segment(code, probe)) == 1


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
    """Return whether a small letter follows, perhaps after a dash or an apostrophe ("'s middags")."""
    if not (text := text.lstrip("–— ")):
        raise Undecided
    if not (text[0].islower() or text[0] in "'’"):
        return False
    _must_be_finished(text, r"['’]|[^\W\d_]")
    return text.lstrip("'’")[:1].islower() and not _SMALL_NAME.match(text)


def begins_sentence(text: str, *, alone: bool) -> bool:
    """Return whether a capital begins a word and more follows: "What a day", `alone` also "Yes."."""
    _must_be_finished(text, r"[^\W\d_]+['’]?")
    return (_ALONE if alone else _SENTENCE).match(text) is not None


def more_marks(text: str) -> bool:
    """Return whether more end marks follow after a space: ". . .", but not ".env"."""
    if text == ".":
        raise Undecided
    return text[0] in "?!…" or (text[0] == "." and not text[1].isalpha())


def is_numeral(text: str) -> bool:
    """Return whether the word numbers the one before: "5", "B", "XIX", but not an elided "C'est"."""
    _must_be_finished(text, "['’]|[A-Z]{0,4}[a-z]{0,4}[-−]?")
    return _NUMERAL.match(text) is not None


def adds_in_brackets(text: str, mark: str) -> bool:
    """Return whether brackets add to the sentence: "2 million mi. (3 million km) away"."""
    if mark != "." or text[0] not in "([":
        return False
    _must_be_finished(text, r"[(\[]\w{0,2}")
    return re.match(r"[(\[](?!\w{1,2}\))[\da-z]", text) is not None


def belongs_to_a_time(text: str, before: str, language: Language) -> bool:
    """Return whether a zone follows, or a day ("at 5 p.m. Monday") that is not the second one."""
    if begins(text, language.days):
        earlier = re.sub(r"[ap]\.?m\.?,? \w+", "", before)
        return words_of(language.days).isdisjoint(_WORD.findall(earlier))
    return begins(text, _ZONES)


def _must_be_finished(text: str, pattern: str) -> None:
    if len(text) < LOOKAHEAD and _compiled(pattern).fullmatch(text):
        raise Undecided


@cache
def _beginnings(words: str) -> frozenset[str]:
    return frozenset(word[:end] for word in words.split() for end in range(1, len(word) + 1))
