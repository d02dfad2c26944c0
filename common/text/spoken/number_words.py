"""Numbers in words, by num2words: its English as Americans speak, without commas and "and"."""

import importlib
from decimal import Decimal
from functools import lru_cache
from typing import Literal, Protocol, cast

Kind = Literal["cardinal", "ordinal", "year"]

MOST_DIGITS = 15
"""Longer numbers are read digit by digit."""


class _Num2Words(Protocol):
    def __call__(self, number: int | Decimal, *, lang: str, to: str) -> str: ...


def cardinal(digits: str, language: str) -> str:
    """Say a number: "1234" becomes "one thousand two hundred thirty-four".

    `digits` has no separators. With a leading zero, or too many digits, it is said digit by digit.
    """
    if len(digits) > MOST_DIGITS or (len(digits) > 1 and int(digits[0]) == 0):
        return spelled(digits, language)
    return _words(int(digits), language, "cardinal")


def ordinal(digits: str, language: str) -> str:
    if len(digits) > MOST_DIGITS:
        return spelled(digits, language)
    return _words(int(digits), language, "ordinal")


def year(digits: str, language: str) -> str:
    """Four digits: "1905" -> "nineteen oh five"."""
    return _words(int(digits), language, "year")


def spelled(digits: str, language: str) -> str:
    """Digit by digit."""
    return " ".join(_words(int(digit), language, "cardinal") for digit in digits)


def decimal(whole: str, fraction: str, language: str, point: str) -> str:
    """Say a decimal number: "three point one four". Its fraction is said digit by digit."""
    start = f"{cardinal(whole, language)} " if whole else ""
    return f"{start}{point} {spelled(fraction, language)}"


def warm(language: str) -> None:
    """Load the words. num2words loads all of its languages at once, which takes about 30 ms."""
    _words(1, language, "cardinal")


@lru_cache(maxsize=4096)
def _words(number: int, language: str, kind: Kind) -> str:
    said = _num2words()(number, lang=language, to=kind)
    if language == "en":
        return said.replace(",", "").replace(" and ", " ").replace("oh-", "oh ")
    return said


@lru_cache(maxsize=1)
def _num2words() -> _Num2Words:
    return cast("_Num2Words", importlib.import_module("num2words").num2words)
