"""English dates, years and times of day."""

import calendar
import re
from typing import Any

from common.text.language import words_of
from common.text.languages.en.numbers import cardinal, ordinal, pair, year
from common.text.spoken.rules import AS_WRITTEN, any_of

_MONTHS = {name[:3]: name for name in calendar.month_name[1:]}
_NAMES = list(_MONTHS.values())
_MONTHS["Sept"] = "September"
_WEEKDAYS = {name[:3]: name for name in calendar.day_name}
_WEEKDAYS |= {"Tues": "Tuesday", "Weds": "Wednesday", "Thur": "Thursday", "Thurs": "Thursday"}
_DAY_FIRST = words_of("AU GB HK IE IN KE NG NZ SG ZA")
_VERBS = words_of("was is has does this thus versus as across besides always perhaps")  # no plurals
_DATED = r"\b(?:In|Since|By|During|Until|(?:[A-Z]\w*|summer|spring|winter|fall|autumn) of) $"
_LASTING = re.compile(r"ub-$|(?:otal|brew|cook|finish|lapsed)(?: time)?:?(?: is)?(?: +about)? +$")
_LAST_CENTURY = 60  # the first year of two digits that is not in this century

PATTERNS = {
    "DAY_FOLLOWS": (
        r"(?<!\w)((?i:on|(?<!ltiply )(?<!iplied )(?<!divide )(?<!ivided )by|due|dated|since|until|till"
        r"|for(?= \d\d?/\d\d?(?:[?!.,;)]|$))|from|before|after|through|starts?|starting|close[sd]|ends"
        r"|opens?|expires|arrives|latest|e?mail|ETA|date|updated|effective|as of|week of|sync|deadline"
        r"|notes|meeting|call|appointment|delivery|today|tomorrow|e?mail of|move-in"
        rf"|{'|'.join({*_WEEKDAYS.values()})})(?:,|:| [—–])? \(?)"
    ),
    "CLOCK": r"\d\d?(?::\d\d)?",
    "AT": "(?:at|@|from|between|after|before)",
    "THEN": r" ?[ap]\.?m|[,;)]|\.?(?:$|[\"”])| (?:on|in|to|from|until|for|and|train|bus|today)\b",
    "NAME_ENDS": "(?:an|eb|ar|pr|ay|u[nlge]|ep|ct|ov|e[cd]|on|hu|ri|at)",  # of months and days
    "MONTH": rf"({'|'.join(_NAMES)}|(?:{any_of(_MONTHS)})\.?)",
    "SHORT_MONTH": rf"({any_of(_MONTHS)})\.?",
    "DAY": r"(0?[1-9]|[12]\d|3[01])",
    "NTH": "(?:st|nd|rd|th)?",
    "DATED_YEAR": r"(1\d\d\d|20\d\d)",
    "YEAR": r"(1[1-9]\d\d|20\d\d)",
    "NO_MORE": r"(?![\w/]|[.,:-]\d)",
    "WEEKDAY": f"(?:{any_of(_WEEKDAYS)})",
    "LIST": r"\.?(?: ?[-–—/] ?|, (?:and |or )?| & | and | or )",
    "HALF": r"( ?(?:[AaPp]\.?[Mm])(?!\w)\.?)",
    "TO_STREET": r"(?:[A-Z\d]\w+ ){1,3}(?:Street|Avenue|Road|Boulevard|Drive|Lane|Court|Place)\b",
}
PARTS: dict[str, Any] = {
    "month": lambda written: _MONTHS.get(written.rstrip("."), written),
    "month_number": lambda digits: _NAMES[int(digits) - 1],
    "weekday": lambda written: _WEEKDAYS.get(written, ""),
    "yy": lambda digits: year(("19" if int(digits) >= _LAST_CENTURY else "20") + digits),
    "in_year": lambda digits: f", {year(digits)}" if digits else "",
    "until": lambda digits: f" to {ordinal(digits)}" if digits else "",
    "article": lambda written: written or "the",
    "at": lambda sign: " at " if sign else "",
    "hour": lambda digits: cardinal(str(int(digits))),
    "hundreds": lambda digits: pair(digits) if digits != "00" else "hundred",
    "tens": lambda digits: re.sub("y$", "ie", cardinal(digits)) + "s",
}


def year_or_count(match: re.Match[str]) -> str:
    """Return a year ("the Act of 1867 says"), or a count ("2000 photos")."""
    after = match[2] or ""
    dated = re.search(_DATED, match.string[max(0, match.start() - 20) : match.start()])
    counted = not dated and after.endswith("s") and not after.endswith("ss") and after not in _VERBS
    said = cardinal(match[1]) if counted or after in {"people", "million"} else year(match[1])
    return f"{said} {after}" if after else said


def numeric(match: re.Match[str], region: str) -> str:
    """Return a date in figures, as they stand where neither a day above twelve nor a region decides."""
    first, last = int(match[1]), int(match[3] or match[5])
    full = year(match[4]) if match[4] else PARTS["yy"](match[6])
    only = first > len(_NAMES) or last > len(_NAMES)
    pointed = match[2] == "."
    day_first = first > len(_NAMES) or pointed or (region in _DAY_FIRST and not only)
    day, month = (first, last) if day_first else (last, first)
    box_score = match[6] and first > len(_NAMES) and region == "US"  # 31/9/11
    if box_score or not (1 <= month <= len(_NAMES) and 1 <= day <= 31):  # noqa: PLR2004 - days
        return match[0]
    if not (region or only or pointed or first == last):
        return f"{cardinal(str(first))} {cardinal(str(last))} {full}"
    name, nth = _NAMES[month - 1], ordinal(str(day))
    return f"the {nth} of {name}, {full}" if day_first else f"{name} {nth}, {full}"


def days(match: re.Match[str], region: str) -> str:
    """Return days without a year: "on 12/24", "from 12/22 to 1/2". A fraction stays: "by 1/2"."""
    before, written = match.groups()
    sure = before.strip(" ,(").lower() not in words_of("by for from before after since through")
    said: list[str] = []
    for first, last in re.findall(r"(\d+)/(\d+)", written):
        day_first = int(first) > len(_NAMES) or (region in _DAY_FIRST and int(last) <= len(_NAMES))
        day, month = (first, last) if day_first else (last, first)
        halves = int(first) < int(last) < 9 and not (sure or said)  # noqa: PLR2004 - 7/8 is a part
        if not (0 < int(month) <= len(_NAMES) and 0 < int(day) <= 31) or halves:  # noqa: PLR2004
            return match[0]
        unknown = not region and first != last and max(int(first), int(last)) <= len(_NAMES)
        name = cardinal(str(int(month))) if unknown else _NAMES[int(month) - 1]
        said.append(f"{name} {cardinal(day) if unknown else ordinal(str(int(day)))}")
    return before + re.sub(r"\d+/\d+", lambda _: said.pop(0), re.sub(" ?[-–—] ?", " to ", written))


def years(match: re.Match[str]) -> str:
    """Return "2003–04" as two years where the second is the later one."""
    first, last = match.groups()
    return f"{year(first)} to {pair(last)}" if int(last) > int(first[2:]) else match[0]


def decades(match: re.Match[str]) -> str:
    """Return one decade or two: "1960s-80s"."""
    said = []
    for century, digits in ((match[1], match[2]), (match[3], match[4])):
        few = "hundreds" if digits == "00" else PARTS["tens"](digits or "0")
        many = f"{cardinal(century)} {few}" if century else few
        said += ["two thousands" if century == "20" and digits == "00" else many] if digits else []
    return " to ".join(said)


def clock(match: re.Match[str]) -> str:
    """Return a time that a race took: "22:45", "2:11:08"."""
    first, *others = match[1].split(":")
    rest = map(pair, others) if any(map(int, others)) else ["hours" if others[1:] else "minutes"]
    return " ".join([cardinal(str(int(first))), *rest])


def several_days(match: re.Match[str]) -> str:
    full = re.sub(r"([A-Z][a-z]+)\.?", lambda day: _WEEKDAYS[day[1]], match[0])
    return re.sub(" ?[-–—] ?", " to ", full)


def half_day(written: str) -> str:
    """Return a.m. or p.m.; its last point may end the sentence, too."""
    half = written.strip()
    return f" {half}" if half[:1].isupper() else f" {half[0]}.m." if half else ""


def time(match: re.Match[str]) -> str:
    """Return a time of day: "9:05", "18:00", "3:05:01"."""
    hours, minutes, seconds, half = match.groups("")
    if int(hours) > 24:  # noqa: PLR2004 - no hour
        return match[0]
    said, half = cardinal(str(int(hours))), half_day(half)
    if seconds.strip("0"):
        count = cardinal(str(int(seconds)))
        return f"{said} {pair(minutes)} and {count} second{'s' * (count != 'one')}{half}"
    if minutes != "00" or half:
        return said + (f" {pair(minutes)}" if minutes != "00" else "") + half
    if lasting := _LASTING.search(match.string[: match.start()]):
        return said if lasting[0] == "ub-" else match[0].translate(AS_WRITTEN)
    if said in {"zero", "twenty-four"}:
        return "zero" if hours == "0" else "midnight"
    return f"{said} o'clock" if int(hours) <= 12 else f"{said} hundred"  # noqa: PLR2004
