"""English dates, years and times of day."""

import calendar
import re
from typing import Any

from common.text.language import words_of
from common.text.languages.en.numbers import cardinal, ordinal, pair, year
from common.text.spoken.rules import AS_WRITTEN, any_of, table

_MONTHS = {name[:3]: name for name in calendar.month_name[1:]}
_NAMES = list(_MONTHS.values())
_MONTHS["Sept"] = "September"
_WEEKDAYS = {name[:3]: name for name in calendar.day_name}
_WEEKDAYS |= {"Tues": "Tuesday", "Weds": "Wednesday", "Thur": "Thursday", "Thurs": "Thursday"}
_DAY_FIRST = words_of("AU GB HK IE IN KE NG NZ SG ZA")
_LASTING = re.compile(r"ub-$|(?:otal|brew|cook|finish|lapsed)(?: time)?:?(?: is)?(?: +about)? +$")

NAMES: dict[str, Any] = {
    "DAY_FOLLOWS": (
        r"(?<!\w)((?i:on|(?<!ltiply )(?<!iplied )(?<!divide )(?<!ivided )by|due|dated|since|until|till"
        r"|for(?= \d\d?/\d\d?(?: (?:or|and|to) \d|[?!.,;)]|$))|between|from|before|after|through"
        r"|start(?:s|ing)?|close[sd]|ends|opens?|expires|arrives|latest|ETA|date|updated|effective|notes"
        r"|(?:as|week|e?mail) of|deadline|statement|meeting|call|appointment|delivery|today|tomorrow"
        r"|move-in|midterm|finals?|exam|(?-i:[A-Z])\w{2,5}day)(?:,|:| [—–])?(?: {1,2}about)? {1,2}\(?)"
    ),
    "ASIDE": r"(?<=[A-Za-z][ ,][( ])(?:1?\d/(?:1[3-9]|2\d|3[01])|1[0-2]/\d|(?:1[3-9]|2\d)/1?\d)(?=\))",
    "THEN": r" ?[ap]\.?m|[,;)]|\.?(?:$|[\"”])| (?:on|in|to|from|until|for|and|train|bus|today)\b",
    "NO_CLOCK": r"(?<!at )(?<!by )(?<!om )(?<!til )(?<!to )(?<!nd )(?<!ter )(?<!ore )(?<![-–@])",
    "TIMED": r"(?i:steep|plank|brew|boil|simmer|heat|wave|\brest|\bhold|cook|video|song|\blap|workout)",
    "TRAVEL": r"\b(?i:trains?|bus(?:es)?|coach|ferry|departs?|platform)\b|:\d\d ?(?:,|or|to|and|[-–])",
    "RATIO": r"(?i:dilut|\bratio|scale|odds \w{2,4} \d|\bmix (?:it )?1:|aspect)|:\d+,\d{3}",
    "NAME_ENDS": "(?:an|eb|ar|pr|ay|u[nlge]|ep|ct|ov|e[cd]|on|hu|ri|at)",  # of months and days
    "MONTH": rf"({'|'.join(_NAMES)}|(?:{any_of(_MONTHS)})\.?)",
    "SHORT_MONTH": rf"({any_of(_MONTHS)})\.?",
    "DAY": r"(0?[1-9]|[12]\d|3[01])",
    "NTH": "(?:st|nd|rd|th)?",
    "DATED_YEAR": r"(1\d\d\d|20\d\d)",
    "YEAR": r"(1[1-9]\d\d|20\d\d)",
    "NO_MORE": r"(?![\w/\"″]|[.,:-]\d| (?:inch|cup|tsp|tbsp|teas|tables|mile|shoot|FG|of an? ))",
    "VERBS": r"(?:was|has|does|this|thus|versus|across|besides|always|perhaps)\b",  # no plurals
    "day_of": table("M Mon|T Tue|Tu Tue|W Wed|Th Thu|F Fri|Sa Sat|Su Sun"),
    "WEEKDAY": f"(?:{any_of(_WEEKDAYS)})",
    "PERIOD": f"(?:{'|'.join(_NAMES)}|{any_of(_MONTHS | _WEEKDAYS)})",
    "LIST": r"\.?(?: ?[-–—/] ?| to |, (?:and |or )?| & | and | or )(?:(?:early|mid|late)[ -])?",
    "HALF": r"( ?(?:[AaPp]\.?[Mm])(?!\w)\.?)",
    "TO_STREET": r"(?:[A-Z\d]\w+ ){1,3}(?:Street|Avenue|Road|Boulevard|Drive|Lane|Court|Place)\b",
    "month": lambda written: _MONTHS.get(written.rstrip("."), written),
    "month_number": lambda digits: _NAMES[int(digits) - 1],
    "weekday": lambda written: _WEEKDAYS.get(written, ""),
    "yy": lambda digits: year(("19" if digits > "59" else "20") + digits),
    "in_year": lambda digits: f", {year(digits)}" if digits else "",
    "until": lambda digits: f" to {ordinal(digits)}" if digits else "",
    "at": lambda sign: " at " if sign else "",
    "hour": lambda digits: cardinal(str(int(digits))),
    "pairs": lambda digits: f"{cardinal(digits[:2])} {NAMES['hundreds'](digits[2:])}",
    "hundreds": lambda digits: pair(digits) if digits != "00" else "hundred",
    "tens": lambda digits: re.sub("(?<=x)$", "e", re.sub("y$", "ie", year(digits))) + "s",
}


def numeric(match: re.Match[str], region: str) -> str:
    """Return a date in figures, as they stand where neither a day above twelve nor a region decides."""
    first, last = int(match[1]), int(match[3] or match[5])
    said = _day(first, last, region, pointed=match[2] == ".")
    if not said or (match[6] and first > len(_NAMES) and region == "US"):  # 31/9/11
        return match[0]
    return f"{said}, {year(match[4]) if match[4] else NAMES['yy'](match[6])}"


def _day(first: int, last: int, region: str, *, pointed: bool = False) -> str:
    """Return "May twelfth" or "the twelfth of May", two numbers if both can be, "" if there is none."""
    either = max(first, last) <= len(_NAMES)
    day_first = first > len(_NAMES) or (either and (pointed or region in _DAY_FIRST))
    day, month = (first, last) if day_first else (last, first)
    if not (1 <= month <= len(_NAMES) and 1 <= day <= 31):  # noqa: PLR2004 - days
        return ""
    if either and first != last and not (region or pointed):
        return f"{cardinal(str(first))} {cardinal(str(last))}"
    name, nth = _NAMES[month - 1], ordinal(str(day))
    return f"the {nth} of {name}" if day_first else f"{name} {nth}"


def days(match: re.Match[str], region: str) -> str:
    """Return days without a year: "on 12/24", "from 12/22 to 1/2". A fraction stays: "by 1/2"."""
    before, written = match.groups()
    word = before.lower().partition(" ")[0].strip(",:")
    sure = word not in words_of("by for from between before after since through")
    said: list[str] = []
    for first, last in (map(int, day.split("/")) for day in re.findall(r"\d+/\d+", written)):
        said.append(_day(first, last, region))
        part = first < last < 9 and not (sure or said[1:])  # noqa: PLR2004 - 7/8
        if not said[-1] or written == "24/7" or part:
            return match[0]
    return before + re.sub(r"\d+/\d+", lambda _: said.pop(0), re.sub(" ?[-–—] ?", " to ", written))


def years(match: re.Match[str]) -> str:
    """Return "2003–04" or "2003/04" as two years where the second is the later one."""
    first, sign, last = match.groups()
    said = f"{year(first)}{' to' if sign != '/' else ''} {pair(last)}"
    return said if int(last) > int(first[2:]) else match[0]


def lasted(written: str) -> str:
    """Return "2:05:30" with its units, without those of which there are none."""
    units = ("h", "min", "s")[-1 - written.count(":") :]
    parts = zip(written.removesuffix(".00").split(":"), units, strict=True)
    return " ".join(f"{part.lstrip('0')} {unit}" for part, unit in parts if part.strip("0"))


def periods(match: re.Match[str]) -> str:
    names = _MONTHS | _WEEKDAYS
    full = re.sub(r"([A-Z][a-z]+)\.?", lambda day: names.get(day[1], day[1]), match[0])
    return re.sub("(?<!mid)(?<!early)(?<!late) ?[-–—] ?", " to ", full).replace("/", ", ")


def time(match: re.Match[str]) -> str:
    """Return a time of day: "9:05", "18:00"."""
    hours, minutes, half = match.groups("")
    said = cardinal(str(int(hours)))
    if minutes != "00" or half:
        return said + (f" {pair(minutes)}" if minutes != "00" else "") + f" {half.strip()}".rstrip()
    if lasting := _LASTING.search(match.string[: match.start()]):
        return said if lasting[0] == "ub-" else match[0].translate(AS_WRITTEN)
    if said in {"zero", "twenty-four"}:
        return "zero" if hours == "0" else "midnight"
    return f"{said} o'clock" if int(hours) <= 12 else f"{said} hundred"  # noqa: PLR2004
