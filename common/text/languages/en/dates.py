"""English dates, years and times of day."""

import re

from common.text.languages.en.words import DASH, START, cardinal, ordinal, year
from common.text.spoken.rules import Rule, any_of, ends_sentence

MONTHS = (  # noqa: SIM905 - read as one
    "January February March April May June July August September October November December"
).split()
_MONTH_NUMBERS, _DAYS = range(1, 13), range(1, 32)
_SHORT = {name[:3]: name for name in MONTHS} | {"Sept": "September"}
_MONTH = rf"({'|'.join(MONTHS)}|Sept\.?|(?:{'|'.join(name[:3] for name in MONTHS)})\.?)"
_DAY = r"(0?[1-9]|[12]\d|3[01])"
_YEAR = r"(1[1-9]\d\d|20\d\d)"
_NO_MORE = r"(?![\w/]|[.,:-]\d)"
_DAY_FIRST = frozenset({"AU", "GB", "HK", "IE", "IN", "KE", "NG", "NZ", "SG", "ZA"})
_WEEKDAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday",
    "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
_O_CLOCK = range(1, 13)
_YEARS = range(1100, 2100)
"""Said in pairs; the others are numbers."""
_VERBS = frozenset("was is has does this thus versus as across besides always perhaps".split())  # noqa: SIM905 - read as one
"""They end like a plural, but what stands before them may well be a year."""


def rules(region: str) -> tuple[Rule, ...]:
    return (
        Rule(rf"{START}(\d{{4}})-(0[1-9]|1[0-2])-{_DAY}(?:T(?=\d\d:)|{_NO_MORE})", _iso),
        Rule(rf"{START}(\d{{4}})-(0[1-9]|1[0-2]){_NO_MORE}", _iso_month),
        Rule(
            rf"{START}(\d{{1,2}})([/.])(\d{{1,2}})\2(\d{{4}}){_NO_MORE}",
            lambda match: _numeric(match, day_first=region in _DAY_FIRST, sure=bool(region)),
        ),
        Rule(
            rf"(?<!\w)({'|'.join(_WEEKDAYS)})\.?(?=,? (?:{'|'.join(_SHORT)}|\d{{1,2}}\b))",
            lambda match: _WEEKDAYS[match[1]],
        ),
        Rule(
            rf"(?<!\w){_MONTH}[ ]?{DASH}[ ]?{_MONTH}(?!\w)",
            lambda m: f"{_month(m[1])} to {_month(m[2])}",
        ),
        Rule(rf"(?<=\d)[ ]?{DASH}[ ]?(?={_MONTH} {_DAY}(?!\d))", " to "),
        Rule(
            rf"{START}(?:[Tt]he )?{_DAY}[ ]?{DASH}[ ]?(?={_DAY} {_MONTH}(?!\w))",
            lambda m: f"the {ordinal(m[1])} to ",
        ),
        Rule(
            rf"(?<!\w){_MONTH} {_DAY}(?:st|nd|rd|th)?(?:[ ]?{DASH}[ ]?{_DAY}(?:st|nd|rd|th)?)?"
            rf"(?:,? {_YEAR})?(?![\w%°]|[.,:/]\d)",
            _month_first,
        ),
        Rule(
            rf"{START}(?:([Tt]he) )?{_DAY}(?:st|nd|rd|th)? (of )?{_MONTH}(?:,? {_YEAR})?(?!\w|[.,]\d)",
            _day_first,
        ),
        Rule(rf"(?<!\w){_MONTH} {_YEAR}{_NO_MORE}", lambda m: f"{_month(m[1])} {year(m[2])}"),
        Rule(rf"{START}(1[1-9]|20)(\d0)['’]?s(?!\w)", _decade),
        Rule(r"(?<!\w)['’]([2-9]0)['’]?s(?!\w)", lambda m: _plural(cardinal(m[1]))),
        Rule(r"(?<!\w)['’](\d\d)(?![\w'’])", r"\1"),
        Rule(r"(?<=[Ii]n )(10\d\d)(?![\w%°]|[.,:/-]\d| [a-z])", lambda m: year(m[1])),
        Rule(rf"{START}{_YEAR}/(\d\d)(?![\w/]|[.,]\d)", lambda m: f"{year(m[1])} {cardinal(m[2])}"),
        Rule(
            r"(?<!\w)((?i:an?|the|early|mid|late)[ -])([2-9]0)['’]?s(?!\w)",
            lambda m: m[1] + _plural(cardinal(m[2])),
        ),
    )


def weekdays() -> Rule:
    """More than one: "Mon–Fri", "Mon, Wed & Fri"."""
    day = rf"(?:{any_of(_WEEKDAYS)})"
    return Rule(
        rf"(?<!\w){day}(?:\.?(?:[ ]?{DASH}[ ]?|, (?:and |or )?| & | and | or ){day}(?!\w))"
        r"{1,6}+(?:\.(?= [^A-Z]))?",
        lambda m: re.sub(rf"[ ]?{DASH}[ ]?", " to ", re.sub(rf"({day})\.?", _day_name, m[0])),
    )


def _day_name(match: re.Match[str]) -> str:
    return _WEEKDAYS[match[1]]


def weekday() -> Rule:
    """Return the rule of weekdays without a figure: "See you Wed.", but not "the sun"."""
    return Rule(
        r"(?<!\w)(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|(?<![Tt]he )S(?:at|un)(?=\.(?:,| [a-z])))\.",
        lambda m: _WEEKDAYS[m[1]] + ("." if ends_sentence(m) else ""),
    )


def clock() -> tuple[Rule, ...]:
    half = r"(?:[ ]?([AaPp])(\.?)([Mm])(?!\w)(\.?))"
    return (
        Rule(r"(?<=:\d\d)(?:\.\d{1,6})?Z(?!\w)", " UTC"),
        Rule(
            rf"{START}(\d{{1,2}}):([0-5]\d):([0-5]\d)(?:\.\d{{1,6}})?{half}?(?![\w:])",
            _with_seconds,
        ),
        Rule(rf"{START}([01]?\d|2[0-4]):([0-5]\d){half}?(?![\w:])", _time),
        Rule(rf"{START}(0?[1-9]|1[0-2]){half}", lambda m: cardinal(m[1].lstrip("0")) + _half(m, 2)),
        Rule(rf"{START}(\d{{1,3}}):(\d{{1,3}})(?![\w:])", r"\1 to \2"),
    )


def standing_year() -> Rule:
    """Four digits by themselves: "in 1999", "2026", but not "2000 photos"."""
    return Rule(rf"{START}{_YEAR}(?![\w%°]|[.,]\d)(?: ([a-z]{{3,20}}))?", _year_or_count)


def _year_or_count(match: re.Match[str]) -> str:
    after = match[2] or ""
    counted = after.endswith("s") and not after.endswith("ss") and after not in _VERBS
    said = cardinal(match[1]) if counted or after in {"people", "million"} else year(match[1])
    return f"{said} {after}" if after else said


def _iso(match: re.Match[str]) -> str:
    at = " at " if match[0].endswith("T") else ""
    month = MONTHS[int(match[2]) - 1]
    return f"{month} {ordinal(match[3])}, {_any_year(match[1])}{at}"


def _iso_month(match: re.Match[str]) -> str:
    return f"{MONTHS[int(match[2]) - 1]} {_any_year(match[1])}"


def _any_year(digits: str) -> str:
    return year(digits) if int(digits) in _YEARS else cardinal(digits.lstrip("0") or "0")


def _numeric(match: re.Match[str], *, day_first: bool, sure: bool) -> str:
    """Say a date in figures.

    A number above twelve can only be the day. Otherwise the country decides. If the country is
    unknown, the figures are said as they are written, because a wrong date is worse.
    """
    first, second = int(match[1]), int(match[3])
    only = (first not in _MONTH_NUMBERS) or (second not in _MONTH_NUMBERS)
    day_first = first not in _MONTH_NUMBERS or match[2] == "." or (day_first and not only)
    day, month = (first, second) if day_first else (second, first)
    sure = sure or only or match[2] == "." or first == second
    if not sure or month not in _MONTH_NUMBERS or day not in _DAYS:
        return f"{cardinal(str(first))} {cardinal(str(second))} {_any_year(match[4])}"
    name, nth = MONTHS[month - 1], ordinal(str(day))
    said = f"the {nth} of {name}" if day_first else f"{name} {nth}"
    return f"{said}, {_any_year(match[4])}"


def _month(written: str) -> str:
    return _SHORT.get(written.rstrip("."), written)


def _month_first(match: re.Match[str]) -> str:
    until = f" to {ordinal(match[3])}" if match[3] else ""
    return f"{_month(match[1])} {ordinal(match[2])}{until}{_of_year(match[4])}"


def _day_first(match: re.Match[str]) -> str:
    return f"{match[1] or 'the'} {ordinal(match[2])} of {_month(match[4])}{_of_year(match[5])}"


def _of_year(digits: str | None) -> str:
    return f", {year(digits)}" if digits else ""


def _decade(match: re.Match[str]) -> str:
    century, tens = match[1], match[2]
    if tens == "00":
        return "two thousands" if century == "20" else f"{cardinal(century)} hundreds"
    return f"{cardinal(century)} {_plural(cardinal(tens))}"


def _plural(tens: str) -> str:
    return f"{tens[:-1]}ies" if tens.endswith("y") else f"{tens}s"


def _half(match: re.Match[str], at: int) -> str:
    """a.m. or p.m., as written; its last point may end the sentence as well, and then stays."""
    if not match[at]:
        return ""
    if match[at].isupper():
        return f" {''.join(match.group(*range(at, at + 4)))}"
    return f" {match[at]}.m."


def _minutes(digits: str) -> str:
    return f"oh {cardinal(digits[1])}" if digits[0] == "0" else cardinal(digits)


def _time(match: re.Match[str], half: int = 3) -> str:
    hour, minutes, half_day = match[1], match[2], _half(match, half)
    spoken = cardinal(str(int(hour)))
    if minutes != "00":
        return f"{spoken} {_minutes(minutes)}{half_day}"
    if half_day:
        return spoken + half_day
    if int(hour) in {0, 24}:
        return "midnight"
    return f"{spoken} o'clock" if int(hour) in _O_CLOCK else f"{spoken} hundred"


def _with_seconds(match: re.Match[str]) -> str:
    if match[3] == "00":
        return _time(match, half=4)
    seconds = cardinal(str(int(match[3])))
    start = f"{cardinal(str(int(match[1])))} {_minutes(match[2])}"
    return f"{start} and {seconds} second{'' if int(match[3]) == 1 else 's'}{_half(match, 4)}"
