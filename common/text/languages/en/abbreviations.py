"""English abbreviations in full: titles before a name, streets behind one, Latin, Roman numerals."""

import re

from common.text.languages._roman_numerals import ROMAN, arabic
from common.text.languages.en.words import cardinal, ordinal
from common.text.spoken.rules import Rule, any_of, ends_sentence, full_words

_TITLES = {
    "Dr": "Doctor", "Mr": "Mister", "Mrs": "Missus", "Prof": "Professor", "Capt": "Captain",
    "Sen": "Senator", "Gov": "Governor", "Rep": "Representative", "Gen": "General",
    "Lt": "Lieutenant", "Sgt": "Sergeant", "Col": "Colonel", "Cpl": "Corporal", "Maj": "Major",
    "Cmdr": "Commander", "Rev": "Reverend", "Hon": "Honorable", "Pres": "President",
    "Supt": "Superintendent", "Mt": "Mount", "Ft": "Fort", "Messrs": "Messieurs",
}  # fmt: skip
_TITLES_WITHOUT_POINT = frozenset({"Dr", "Mr", "Mrs", "Prof", "Mt"})
_BEHIND_A_NAME = {
    "Dr.": "Drive", "Ave.": "Avenue", "Blvd.": "Boulevard", "Rd.": "Road", "Ln.": "Lane",
    "Hwy.": "Highway", "Pkwy.": "Parkway", "Sq.": "Square", "Ct.": "Court", "Pl.": "Place",
    "Inc.": "Incorporated", "Ltd.": "Limited", "Corp.": "Corporation", "Co.": "Company",
    "Bros.": "Brothers", "Jr.": "Junior", "Sr.": "Senior", "Univ.": "University",
    "Dept.": "Department", "Assn.": "Association",
}  # fmt: skip
_ANYWHERE = {
    "e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus",
    "approx.": "approximately", "a.k.a.": "also known as", "cf.": "compare", "incl.": "including",
    "excl.": "excluding", "dept.": "department", "govt.": "government", "misc.": "miscellaneous",
    "avg.": "average", "max.": "maximum", "temp.": "temperature",
    "tel.": "telephone", "Tel.": "Telephone", "E.g.": "For example", "I.e.": "That is",
    "Approx.": "Approximately", "Dept.": "Department", "esp.": "especially", "appt.": "appointment",
    "est.": "estimated", "et al.": "and others", "w/o": "without", "w/": "with",
    "vs": "versus", "Ctrl": "Control", "N/A": "not applicable", "n/a": "not applicable",
}  # fmt: skip
_MONTHS_AND_TIMES = {
    "Jan.": "January", "Feb.": "February", "Aug.": "August",
    "Sept.": "September", "Oct.": "October", "Nov.": "November", "Dec.": "December",
    "mo.": "month", "yr.": "year", "hr.": "hour", "min.": "minimum",
}  # fmt: skip
_SAINTS = (  # noqa: SIM905 - read as one
    "Louis James John Johns Paul Peter Petersburg Mary Francis Patrick George Andrew Andrews Thomas "
    "Lawrence Nicholas Pancras Joseph Martin Lucia Kitts Helena Moritz Tropez Albans Ives Bernard "
    "Michael Anthony Catherine Augustine Stephen Luke Mark Matthew Vincent Barts Gallen Denis "
    "Germain Petersburg David Bernadette Jude Elizabeth Valentine"
).split()
_KINGS = (  # noqa: SIM905 - read as one
    "Henry Louis Charles George Edward William James Richard Elizabeth Mary Philip Pius Paul "
    "Benedict Leo Napoleon Catherine Frederick Nicholas Peter Alexander Ivan Ferdinand Otto "
    "Clement Gregory Innocent Urban John Francis Wilhelm Ramesses Ptolemy"
).split()
_PARTS = (  # noqa: SIM905 - read as one
    "War Chapter Part Volume Act Scene Section Article Title Type Phase Stage Book Level Episode Class "
    "Category Appendix Bowl Rocky Grade"
).split()
_ROMAN = rf"{ROMAN}(?!\w)"


def pointed() -> tuple[Rule, ...]:
    """Those that need a look only where there is a point or a slash."""
    without = any_of(_TITLES_WITHOUT_POINT)
    return (
        Rule(r"(?<!\w)(Mrs?|Dr)\.(?= (?:and|or|&) (?:Mr|Mrs|Ms|Dr)\b)", _title),
        Rule(r"(?<!\w)(Mrs?)\.(?= [A-Z])", _title),
        Rule(
            rf"(?<!\w)(?:({any_of(_TITLES)})\.|({without}))(?= ?[A-Z][\w'’.-])(?! (?:Suite|Apt))",
            _title,
        ),
        Rule(r"(?<!\w)Ms\.(?= )", "Ms"),
        Rule(r"(?<!\w)St\.?(?= ([A-Z][a-z]+))", _saint),
        Rule(r"(?<=\w )St\.", lambda m: "Street" + ("." if ends_sentence(m) else "")),
        # Behind a name or an ordinal: "Main Rd.", "5th Ave.", "Acme Inc."; elsewhere, who knows.
        full_words(_BEHIND_A_NAME, before=r"(?<=[\w,.)] )", ending=_BEHIND_A_NAME),
        full_words(
            _MONTHS_AND_TIMES,
            before=r"(?<![\w.])(?<!\d )",
            after=r"(?! ?\d)",
            ending=_MONTHS_AND_TIMES,
        ),
        Rule(r"(?<!\w)([Ee])st\.(?= (?:in )?(?:1[1-9]|20)\d\d(?!\d))", r"\1stablished"),
        Rule(r"(?<!\w)ca?\.(?= ?\d{3})", "circa"),
        full_words(_ANYWHERE, before=r"(?<![\w.])", ending={"etc.", "et al."}),
    )


def roman() -> tuple[Rule, ...]:
    """Only behind a king, and behind what is counted: alone they are words and initials."""
    alone = r"(?!I(?!\w)(?! of\b|[,.;:!?)]|$))"
    return (
        Rule(
            rf"(?<!\w)({any_of(_KINGS)}) (?!I(?!\w)(?! of\b)){_ROMAN}",
            lambda m: f"{m[1]} the {ordinal(arabic(m[2]))}",
        ),
        Rule(rf"(?<!\w)(World War) {_ROMAN}", lambda m: f"{m[1]} {cardinal(arabic(m[2]))}"),
        Rule(
            rf"(?<!\w)({any_of(_PARTS)}) {alone}{_ROMAN}",
            lambda m: f"{m[1]} {cardinal(arabic(m[2]))}",
        ),
    )


def _title(match: re.Match[str]) -> str:
    return _TITLES[match[match.lastindex or 0]]


def _saint(match: re.Match[str]) -> str:
    """Saint before a known one, or where no name stands before; else a street that ends here."""
    before = match.string[: match.start()].rstrip()
    last = before.rpartition(" ")[2]
    named = bool(last) and (last[0].isupper() or last[0].isdigit()) and last[-1].isalnum()
    if match[1].removesuffix("s") in _SAINTS or match[1] in _SAINTS or not named:
        return "Saint"
    return "Street."
