"""What stands before a full stop, and what that says of the full stop.

sentencex knows the abbreviations of its languages; here is only what it does not know: which ones
may end a sentence, which are words as well, and a few that it lacks.
"""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import Final
from unicodedata import category

from sentencex import segment


class Kind(Enum):
    """From what never keeps a sentence open to what nearly always does."""

    WORD = auto()
    NUMBERED = auto()
    """Goes before a number ("No. 5", "Jan. 5"); before a word it ends a sentence."""
    ENDER = auto()
    """Comes last in its phrase ("etc.", "Acme Inc.", "on Main St."): a capital begins the next."""
    UNIT = auto()
    """The same, after a number ("5 min."); but "5 ft. 6 in."."""
    TIME = auto()
    """a.m. and p.m.: the same, but for days and time zones ("5 p.m. Monday")."""
    ACRONYM = auto()
    """Ends a sentence as often as not ("U.S."): the next word says it."""
    ABBREVIATION = auto()
    """Before a capital goes on, except where that word begins sentences; and so do initials."""
    INTRODUCES = auto()
    """What follows, whatever it is ("e.g.", "Mr.")."""


def _by_language(**lists: str) -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in lists.items()}


_TIMES: Final = frozenset({"a.m", "p.m"})

_ENDERS: Final = _by_language(
    en="etc inc ltd co corp bros esq llc plc p.a",
    de="usw etc",
    fr="etc",
    es="etc ud uds",
    it="ecc",
    pt="etc ltda cia",
    nl="enz etc",
    pl="itd itp",
    tr="vb vs",
    ru="т.д т.п др пр",
    uk="т.д т.п ін",
)
_UNITS: Final = _by_language(
    en="min mins hr hrs sec secs ft in oz lb lbs tsp tbsp mi yd gal mph km kg mg cm mm ml yr yrs",
    ru="г гг руб коп тыс мин сек ч м км кг см долл",
    uk="р рр грн коп тис хв",
    es="min h kg km m cm ptas",
    fr="min h kg km m cm",
    it="min h kg km m cm",
    pt="min h kg km m cm",
    de="std min sek mio mrd",
    nl="min sec u km kg",
    pl="r w godz min tys mln mld km kg",
    tr="dk sa km kg",
    ar="م ص كم كغ",
)
_INTRODUCES: Final = _by_language(
    en="e.g i.e cf vs viz mr mrs ms dr prof p.s n.b",
    de="z.b d.h u.a v.a vgl bzw dr prof hr hrn fr nr",
    fr="p.ex m mm mme mlle dr cf",
    es="p.ej ej sr sra srta dr dra d dña",
    it="ad.es es sig sig.ra dott dott.ssa prof",
    pt="p.ex sr sra dr dra prof profa d",
    nl="bijv d.w.z o.a dhr mevr",
    pl="np m.in dr prof",
    sv="t.ex bl.a dvs",
    ru="т.е напр проф им ул",
    el="π.χ κ",
)
_LETTERED: Final = _by_language(
    en="a an answer appendix block building choice class column exhibit figure gate grade group hall"
    " item letter line option part plan platform row section side table team terminal track type unit"
    " version vitamin wing zone"
)
"""What is called by a letter, which is no initial then; nor is one behind a number, unless it is
said where in the street that is."""
_COMPASS: Final = frozenset("NSEW")
_STREETS: Final = _by_language(en="st ave blvd rd ln hwy pkwy sq ct pl")
_AFTER_NAMES: Final = _by_language(en="jr sr")

_NUMBERED: Final = _by_language(
    en="no nos jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri"
    " sat sun fig me in art ill id ex fed ark del ref ore pa con la mass wash miss man ala cal arc"
    " gal sec min may ma mo ind eq eqs tab thm prop lem app par",
    es="lun mié jue vie sáb dom ene feb abr jul nov ago sept oct dic no con contra entre para"
    " sobre super mini extra tras mar bien da macro ultra vice post bis pro un mega micro mono tri en"
    " de sub",
    de="art mag jan feb mär apr aug sep sept okt nov dez mo di mi do fr sa so",
    fr="lun mar mer jeu ven sam dim janv févr avr juil sept oct nov déc vol art sec sing hab inf",
    it="lun mer gio ven sab dom gen feb mar apr mag giu lug ago set ott nov dic bin sec",
    pt="seg ter qua qui sex sáb dom jan fev mar abr jun jul ago set out nov dez vi i v x art con",
    pl="pon wt śr czw pt sob niedz stycz lut kwiec czerw lip sierp wrzes paźdz list grud",
    nl="ma di wo do vr za zo jan feb mrt apr jun jul aug sep sept okt nov dec",
    ru="муж жен янв фев февр мар апр июн июл авг сен сент окт ноя нояб дек пн вт ср чт пт сб вс",
    uk="січ лют бер квіт трав черв лип серп вер жовт лист груд пн вт ср чт пт сб нд",
    el="ιαν φεβ μαρ απρ μαΐ ιουν ιουλ αυγ σεπτ οκτ νοε δεκ δευ τρ τετ πέμ παρ σάβ κυρ",
    sv="okt mån tis ons tors fre lör sön",
    da="tir ons tor fre lør søn",
    nb="okt des tir ons tor fre lør søn",
    tr="nis haz tem eki",
    hu="febr márc ápr júl jún szept okt",
)
"""Written like words, or words as well, or dates."""

_ABBREVIATIONS: Final = _by_language(
    en="approx apt est incl excl vol vols ch tel ext max avg mt ft ste",
    de="inkl exkl tel abs abb kap bd zzgl jh jhd max fa geb bspw vorm nachm allg i.d.r s.o s.u"
    " dipl gl hbf mind",
    fr="pers bd pr st ste mgr me no tél j.-c",
    es="aprox m ee uu art",
    it="sigg sig.na prof.ssa ing avv geom arch rag egr gent spett"
    " p.es pag pagg n nn tel art artt cap ca vol fig a.c d.c c.so v.le p.za on mons",
    pt="av pág págs tel aprox n núm ex eng r arq ap apto",
    nl="m.a.w incl excl tel",
    pl="nr godz tel ul al r w ok św wg mgr inż hab zob por red pkt ur zm tj",
    ru="е т.к т.н рис гл кв ст обл пос корп",
    hi="डॉ प्रो श्री श्रीमती रु पं नं कु सु मि",
    ne="डा प्रो श्री रु",
    mr="डॉ प्रा श्री रु",
    tr="dr prof doç av sn örn bkz kas oca şub ağu eyl no yy sok cad mah tel",
    sv="ca nr kl",
    he="ד פרופ",
    vi="tp q p tx tt ths ts gs pgs bs ks",
)

_LISTS: Final = (
    (Kind.ENDER, _ENDERS),
    (Kind.ACRONYM, _AFTER_NAMES),
    (Kind.NUMBERED, _NUMBERED),
    (Kind.INTRODUCES, _INTRODUCES),
    (Kind.ABBREVIATION, _ABBREVIATIONS),
)
_LETTER: Final = r"[^\W\d_](?:[^\W\d_]|[\u0900-\u0d7f])?"
"""With the vowel sign that the scripts of India put behind it; or two letters."""
_DOTTED: Final = re.compile(rf"{_LETTER}(?:\.-?{_LETTER})+")
_INITIAL: Final = re.compile(r"[^\W\d_]\.(?:-?[^\W\d_]\.)*")
_BREAKS: Final = re.compile(r"[-/(\[–—«“„\"*_]|(?<=[ldLD])['’]")
_NO_VOWEL: Final = re.compile("[B-DF-HJ-NP-TV-XZ][b-df-hj-np-tv-xz]{1,3}")  # "Rm. 12"
_SYLLABLES: Final = "\u2e80"
"""From here on, one letter is a word: 빵, 人."""
_ADDRESS: Final = re.compile("://|@|^www")
_DISTRUSTED: Final = frozenset({"it"})
"""Its list holds every acronym there is, and so "api", "età" and "via"."""


def kind_of(language: str, before: str) -> Kind:
    """Of the word at the end of `before`, which a full stop follows."""
    *earlier, token = before[-80:].split() or [""]
    previous = earlier[-1] if earlier else ""
    word = token.lstrip("([{\"'“‘«„*_¿¡")
    if _ADDRESS.search(word):
        return Kind.WORD
    key = word.lower()
    if _INITIAL.fullmatch(previous) or previous in {"EE.", "ad"}:
        spaced = previous.rstrip(".").lower() + "." + key  # "p. m.", "z. B.", "и т. д."
        if (kind := _listed(language, spaced, "")) is not None:
            return kind
    kind = _listed(language, key, previous)
    if kind is None and len(last := _BREAKS.split(word)[-1]) > 1 and last != word:
        word, kind = last, _listed(language, last.lower(), previous)
    if kind is None and _is_street(language, key, earlier):
        return Kind.ENDER
    if len(word) == 1 and word.isupper() and _has_letters(language, previous, word):
        return Kind.WORD
    return kind if kind is not None else _unlisted(language, word)


def _listed(language: str, key: str, previous: str) -> Kind | None:
    def among(lists: dict[str, frozenset[str]]) -> bool:
        return key in lists.get(language, ())

    if key in _TIMES:
        return Kind.TIME
    if among(_UNITS) and previous[-1:].isdigit():
        return Kind.UNIT
    return next((kind for kind, lists in _LISTS if among(lists)), None)


def _has_letters(language: str, previous: str, letter: str) -> bool:
    numbered = letter not in _COMPASS and any(map(str.isdigit, previous))
    return numbered or previous.lower() in _LETTERED.get(language, ())


def _is_street(language: str, key: str, earlier: list[str]) -> bool:
    """Behind a number or a name that does not merely begin the sentence or have an article: "on
    Main St.", "W. 44th St.", not "Visit St. James" nor "the Hotel St. George".
    """
    if len(earlier) <= 1 or key not in _STREETS.get(language, ()):
        return False
    before, name = earlier[-2:]
    return name[0].isdigit() or (name.isalnum() and name[0].isupper() and before != "the")


def _unlisted(language: str, word: str) -> Kind:
    if len(word) == 1 and word.isalpha() and word < _SYLLABLES:
        return Kind.ABBREVIATION
    if _DOTTED.fullmatch(word):
        small = word[0].islower() and _known(language, word)  # "a.k.a.", not "U.S."
        return Kind.ABBREVIATION if small else Kind.ACRONYM
    if language in {"de", "nl"} and word.endswith("str"):  # Hauptstr. 5
        return Kind.ABBREVIATION
    if not _may_be_short(word):
        return Kind.WORD
    if language not in _DISTRUSTED and _known(language, word):
        return Kind.ABBREVIATION
    return Kind.NUMBERED if _NO_VOWEL.fullmatch(word) else Kind.WORD


def _may_be_short(word: str) -> bool:
    """Not "5th)" or nasa.gov, nor NASA: a full stop goes after that only to end the sentence."""
    return bool(word) and category(word[-1])[0] in "LM" and not ("." in word or word.isupper())


@lru_cache(maxsize=1024)
def _known(language: str, word: str) -> bool:
    """Whether sentencex does not cut after it. The words around are in no list."""
    probe = f"xx {word}. Xq".encode(errors="replace").decode()
    return len(segment(language, probe)) == 1
