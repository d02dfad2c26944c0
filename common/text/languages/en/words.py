"""English numbers in words, as Americans say them, and the forms in which they are written."""

import re
from functools import lru_cache
from typing import Literal

from num2words import num2words

from common.text.spoken.rules import ends_sentence

START = r"(?<!\w)(?<!\d[.,])"  # not inside a word, nor after the point of another number
NUMBER = r"(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)(?:\.\d++)?+"
MINUS = r"((?:(?<![\w)])[-−](?=[\d.$€£¥₹]))?)"
DASH = r"[-–—]"
PER = (  # any word follows at once, and these units after a space, too
    r"(?:(?: ?/ ?(?=(?:sq ft|mo|yr|wk|hr|h|min|sec|s|kg|lb|g|cm³|m³|m²|[md]?L|l|km|mi|day|week|month|year"
    r"|hour|night|person|user)(?!\w))|/(?=[a-z]{2}))((?:sq ft|[a-z]{1,12}[³²]?|[md]?L)(?:/[a-z]{1,9})?)(?!\w))?"
)
_DESCRIBED = (
    r" (?:hike|walk|run|drive|ride|race|trip|trail|swim|loop|climb|radius|credit|fee|discount|deposit"
    r"|bill|limit|budget|payment|bonus|loan|grant|ticket|fine|charge|minimum|refund|gift)\b"
)
_MOST_DIGITS = 15  # longer numbers are read digit by digit
_YEARS = range(1000, 2100)  # the others are said like numbers


def number(written: str) -> str:
    """Return "1,234.5" as "one thousand two hundred thirty-four point five"."""
    whole, _, fraction = written.replace(",", "").partition(".")
    start = cardinal(whole) if whole else ""
    return f"{start} point {spelled(fraction)}".strip() if fraction else start


def cardinal(digits: str) -> str:
    """Return a number without separators in words; with a leading zero, digit by digit."""
    if len(digits) > _MOST_DIGITS or (len(digits) > 1 and int(digits[0]) == 0):
        return spelled(digits)
    return _words(int(digits), "cardinal") if digits else ""


def ordinal(digits: str) -> str:
    digits = digits.replace(",", "")
    return spelled(digits) if len(digits) > _MOST_DIGITS else _words(int(digits), "ordinal")


def year(digits: str) -> str:
    """Return "1905" as "nineteen oh five"."""
    return _words(int(digits), "year" if int(digits) in _YEARS else "cardinal")


def pair(digits: str) -> str:
    """Return two digits as in a time or a year: "05" is "oh five"."""
    return f"oh {cardinal(digits[1])}" if int(digits[0]) == 0 else cardinal(digits)


def spelled(digits: str) -> str:
    return " ".join(_words(int(digit), "cardinal") for digit in digits)


def grouped(written: str) -> str:
    """Return the digits one by one, with a comma between groups: "555-0199"."""
    return ", ".join(spelled(group) for group in re.findall(r"\d+", written))


def minus(sign: str) -> str:
    return "minus " if sign else ""


def one(written: str) -> bool:
    """Return whether the amount takes a singular."""
    return written in {"1", "1.0", "1.00"}


def describes(match: re.Match[str]) -> bool:
    """Return whether a measure describes a noun, and so takes a singular: "a 5 km run"."""
    before = f" {match.string[max(0, match.start() - 4) : match.start()].lower()}"
    after = match.string[match.end() : match.end() + 2]
    if re.match(_DESCRIBED, match.string[match.end() : match.end() + 12]):
        return True
    return before.endswith((" a ", " an ")) and after[:1] in {" ", "-"} and after[1:].isalpha()


def point(match: re.Match[str]) -> str:
    """Return the point of an abbreviation where it also ends the sentence."""
    return "." if match[0].endswith(".") and ends_sentence(match) else ""


@lru_cache(maxsize=4096)
def _words(number: int, kind: Literal["cardinal", "ordinal", "year"]) -> str:
    said: str = num2words(number, lang="en", to=kind)
    return said.replace(",", "").replace(" and ", " ").replace("oh-", "oh ")
