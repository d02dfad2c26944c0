"""English numbers in words, and the shapes in which they are written."""

import re

from common.text.spoken import number_words

EN = "en"
START = r"(?<!\w)(?<!\d[.,])"
"""A number begins here: not inside a word, nor behind another number's point."""
NUMBER = r"(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)(?:\.\d++)?+"
MINUS = r"(?:(?<![\w)])[-−](?=[\d.$€£¥₹]))?"
DASH = r"[-–—]"
PER = (
    r"(?:[ ]?/[ ]?(month|mo|year|yr|week|wk|day|hour|hr|h|minute|min|second|sec|s|night|person|user"
    r"|seat|kg|lb|oz|g|l|km|mile|mi|gallon|gal|sq ft|ft|unit|item|piece|call|token)(?!\w))?"
)
_PER_NAMES = {
    "mo": "month", "yr": "year", "wk": "week", "hr": "hour", "h": "hour", "min": "minute",
    "sec": "second", "s": "second", "kg": "kilogram", "lb": "pound", "g": "gram", "l": "liter",
    "km": "kilometer", "mi": "mile", "gal": "gallon", "oz": "ounce", "ft": "foot",
    "sq ft": "square foot",
}  # fmt: skip


def number(written: str) -> str:
    """As in "1,234.5" -> "one thousand two hundred thirty-four point five"."""
    whole, _, fraction = written.replace(",", "").partition(".")
    return number_words.decimal(whole, fraction, EN, "point") if fraction else cardinal(whole)


def cardinal(digits: str) -> str:
    return number_words.cardinal(digits, EN)


def ordinal(digits: str) -> str:
    return number_words.ordinal(digits.replace(",", ""), EN)


def year(digits: str) -> str:
    return number_words.year(digits, EN)


def spelled(digits: str) -> str:
    return number_words.spelled(digits, EN)


def grouped(written: str) -> str:
    """Digit by digit, with a rest between the groups: "555-0199"."""
    return ", ".join(spelled(group) for group in re.findall(r"\d+", written))


def minus(sign: str | None) -> str:
    return "minus " if sign else ""


def per(unit: str | None) -> str:
    return f" per {_PER_NAMES.get(unit, unit)}" if unit else ""


def one(written: str) -> bool:
    return written in {"1", "1.0", "1.00"}


def describes(match: re.Match[str]) -> bool:
    """As in "a 5 km run": the measure says what kind, and so stays in the singular."""
    before = match.string[max(0, match.start() - 4) : match.start()].lower()
    after = match.string[match.end() : match.end() + 2]
    if not (" " + before).endswith((" a ", " an ")):
        return False
    return after[:1] in {" ", "-"} and after[1:].islower()
