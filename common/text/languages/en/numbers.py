"""English numbers of every other kind: telephone numbers, codes, versions, fractions, ranges."""

import re

from common.text.languages.en.words import (
    DASH,
    MINUS,
    NUMBER,
    START,
    cardinal,
    grouped,
    minus,
    number,
    ordinal,
    spelled,
)
from common.text.spoken.rules import Rule

_FRACTIONS = frozenset({2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 32, 64})
_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5),
    "⅗": (3, 5), "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8),
    "⅞": (7, 8),
}  # fmt: skip
_PARTS_OF_AN_IP = 4
_RELEASES = "Python|[Vv]ersion|iOS|iPadOS|macOS|Android|Java|Node|Django|Ubuntu|Ruby|PHP|Swift|Go"
_NUMBERED = {
    "No": "number", "no": "number", "Nr": "number", "Nos": "numbers", "nos": "numbers",
    "Fig": "Figure", "fig": "figure", "Figs": "Figures", "p": "page", "pp": "pages",
    "Sec": "Section", "sec": "section", "Ch": "Chapter", "ch": "chapter", "Vol": "Volume",
    "vol": "volume", "Eq": "Equation", "Art": "Article", "Apt": "Apartment", "apt": "apartment",
    "Rm": "Room", "ext": "extension", "Ext": "Extension", "Pt": "Part", "Ste": "Suite",
}  # fmt: skip


def codes() -> tuple[Rule, ...]:
    """Return the rules of codes, which are read digit by digit."""
    return (
        Rule(r"(?<![\w.])\.(?=\d)", "0."),
        Rule(r"(?<=[-.]\d{4})[ ]?x[ ]?(?=\d{2,5}(?!\w))", ", extension "),
        Rule(r"(?<!\w)\+\d{7,15}(?!\w)", lambda m: f"plus {spelled(m[0][1:])}"),
        Rule(
            r"(?<!\w)\+(?=(?:[ .()-]{0,2}\d){7,15}(?!\d))"
            r"\d{1,3}(?:[ .-]?\(\d{1,4}\))?(?:[ .-]\d{1,8}){1,6}(?!\w)",
            lambda m: f"plus {grouped(m[0])}",
        ),
        Rule(
            r"(?<![\w.])(?:1[ .-])?(?:\(\d{3}\)[ .-]?|\d{3}[ .])\d{3}[ .-]\d{4}(?![\w-]|\.\d)",
            lambda m: grouped(m[0]),
        ),
        Rule(r"(?<![\w.])\(0\d{2,4}\)[ .-]?\d{3,4}[ .-]?\d{3,4}(?!\w)", lambda m: grouped(m[0])),
        Rule(
            r"(?<=, [A-Z]{2} )\d{5}(?:-\d{4})?(?!\w)|(?<![\w.,/$€£-])\d{5}-\d{4}(?![\w-])",
            lambda m: grouped(m[0]),
        ),
        Rule(r"(?<![\w&])#(?=[A-Z]{1,4}-?\d)", "number "),
        Rule(r"(?<=[A-Z]-)\d{3,}+(?:-\d++)*+(?!\w)", lambda m: grouped(m[0])),
        Rule(r"(?<![\w.,/-])\d++(?:-\d++){2,}+(?![\w-])", lambda m: grouped(m[0])),
        Rule(r"(?<![\w.,/$€£-])\d{3}-\d{4}(?![\w-]|[.,]\d)", _local_call),
        Rule(r"(?<![\w.,])0\d{2,4}(?: \d{3,4}){2,3}(?!\w| \d)", lambda m: grouped(m[0])),
        Rule(r"(?<![\w.,])\d{4}(?: \d{4}){2,4}(?!\w| \d)", lambda m: grouped(m[0])),
        Rule(
            r"(?<!\w)((?i:code|pin|passcode|zip|otp)(?: is|:)? )(\d{3,12})(?![\w%]|[.,:/-]\d)",
            lambda m: m[1] + spelled(m[2]),
        ),
        Rule(
            r"(?<!\w)((?i:order|invoice|ticket|account|case|reference|confirmation|tracking|member)"
            r"(?: (?:number|no\.?|code|id))?(?: is|:)? )(#?)"
            r"(?!\d{2,9}000(?!\d))(\d{5,15})(?![\w%]|[.,:/-]\d)",
            lambda m: m[1] + m[2].replace("#", "number ") + spelled(m[3]),
        ),
        Rule(
            r"(?<!\w)((?i:call|dial|text|ring) )(911|999|112|988|101|111|311|411|511)(?![\w,.-]\w)",
            lambda m: m[1] + spelled(m[2]),
        ),
    )


def before_measures() -> tuple[Rule, ...]:
    """Return the rules that come before money and units, which would split these numbers."""
    names = "|".join(_NUMBERED)
    return (
        Rule(rf"(?<![\w.])({names})\. ?(?=\d)", lambda m: f"{_NUMBERED[m[1]]} "),
        Rule(r"(?<![\w&])(?:#|(?:№|[Nn][°º]) ?)(?=\d)", "number "),
        Rule(r"(?<=[Vv]ersion )[vV](?=\d)", ""),
        Rule(r"(?<=\d)-(alpha|beta|rc|dev)\.?(?=\d)", r" \1 "),
        Rule(r"(?<![\w.])[vV]?(\d++(?:\.\d++){2,}+)(?!\w)", _version),
        Rule(
            rf"(?<!\w)({_RELEASES}) [vV]?(\d{{1,4}})\.(\d{{1,4}})"
            rf"(?:[ ]?{DASH}[ ]?(\d{{1,4}})\.(\d{{1,4}}))?(?!\w|[.,]\d)",
            _release,
        ),
        Rule(
            rf"(?<!\w)[vV](?:er\.)? ?({NUMBER})(?!\w)",
            lambda m: f"version {number(m[1])}",
        ),
        Rule(rf"{START}(\d{{1,2}}\.\d{{1,2}})/(10|100|5)(?![\w/]|[.,]\d)", r"\1 out of \2"),
        Rule(r"(?<![\w/.,])(?:(\d{1,3}) )?(\d{1,3})/(\d{1,3})(?![\w/]|[.,]\d)", _fraction),
        Rule(rf"(?<![\w/.,])(\d{{1,3}})? ?([{''.join(_VULGAR)}])", _vulgar),
    )


def ranges() -> tuple[Rule, ...]:
    """3-5, 9–11 a.m., 5 %-10 %; with spaces around a hyphen it is a sum."""
    return (
        Rule(r"(?<=\d) - (?=\d)", " minus "),
        Rule(r"(?<=[A-Za-z])-(\d{1,4}(?:\.\d{1,4})?)-(?=\d)", r"-\1 "),  # a name: Llama-3-70B
        Rule(r"(?<![\w-])(\d{1,4})-\1(?![\w-])", r"\1 \1"),
        Rule(r"(?<=[\d%])(?:[ ]?[–—][ ]?|-)(?=[$€£]?[.]?\d)", " to "),
        Rule(r"(?<=°[CF])[ ]?[-–—][ ]?(?=\d)", " to "),
        Rule(r"(?<=[AaPp]\.m\.)[ ]?[-–—][ ]?(?=\d|noon|midnight)", " to "),
        Rule(r"(?<=\d[AaPp][Mm])[ ]?[-–—][ ]?(?=\d|noon|midnight)", " to "),
        Rule(r"(?<=\d [AaPp][Mm])[ ]?[-–—][ ]?(?=\d|noon|midnight)", " to "),
        Rule(r"(?<=\d)–(?=[A-Za-z])|(?<=[a-z])–(?=\d)", " to "),
        Rule(r"(?<=\d)(?: x |x)(?=\d)", " by "),
        Rule(r"(?<=\d)×(?=\d)", " by "),
        Rule(rf"{START}({NUMBER})x(?!\w)", lambda m: f"{number(m[1])} times"),
    )


def rest() -> tuple[Rule, ...]:
    return (
        Rule(
            r"(?<![\w.,])(\d{1,3}(?:,\d{3})++|\d++)(?:st|nd|rd|th|ST|ND|RD|TH)(?!\w)",
            lambda m: ordinal(m[1]),
        ),
        Rule(
            rf"(?<!\w)(?<!\d[.,])({MINUS})({NUMBER})(?!\w|,\d)",
            lambda m: minus(m[1]) + number(m[2]),
        ),
    )


def _local_call(match: re.Match[str]) -> str:
    """Seven digits: a telephone number, unless both sides are round, as ranges are."""
    first, second = match[0].split("-")
    if first.endswith("0") and second.endswith("0"):
        return f"{first} to {second}"
    return grouped(match[0])


def _version(match: re.Match[str]) -> str:
    parts = match[1].split(".")
    between = " dot " if len(parts) == _PARTS_OF_AN_IP else " point "
    said = between.join(cardinal(part) for part in parts)
    return f"version {said}" if match[0][0] in "vV" else said


def _release(match: re.Match[str]) -> str:
    name, *figures = match.groups()
    first, until = (
        f"{cardinal(figures[at])} point {cardinal(figures[at + 1])}" if figures[at] else ""
        for at in (0, 2)
    )
    return f"{name} {first}" + (f" to {until}" if until else "")


def _fraction(match: re.Match[str]) -> str:
    whole, above, below = match[1], int(match[2]), int(match[3])
    rated = match.string.startswith(" star", match.end())
    if 0 < above < below and below in _FRACTIONS and not rated:
        return _with_whole(whole, above, below)
    between = " out of " if 0 < above <= below and (rated or below in {10, 100}) else " "
    start = f"{cardinal(whole)} " if whole else ""
    return f"{start}{cardinal(match[2])}{between}{cardinal(match[3])}"


def _vulgar(match: re.Match[str]) -> str:
    return _with_whole(match[1], *_VULGAR[match[2]])


def _with_whole(whole: str | None, above: int, below: int) -> str:
    if not whole:
        return f"{cardinal(str(above))} {_part(above, below)}"
    article = "a" if above == 1 else cardinal(str(above))
    return f"{cardinal(whole)} and {article} {_part(above, below)}"


def _part(above: int, below: int) -> str:
    name = {2: "half", 4: "quarter"}.get(below) or ordinal(str(below))
    return name if above == 1 else f"{name}s"
