"""Rules that Chinese, Japanese and Hindi share.

Figures stay figures, which the voices of these languages read well. The signs around a figure become
words behind it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from common.text.spoken.rules import Group, Rule, any_of, full_words

_START = r"(?<![A-Za-z\d])(?<!\d[.,:])"
_NUMBER = r"(?:\d{1,3}(?:,\d{2,3}){1,5}+|\d++)(?:\.\d++)?+"
_MINUS = r"(?:(?<![\w)])[-−](?=\d))?"
_NO_MORE = r"(?![A-Za-z\d])"
_MONTHS, _DAYS = range(1, 13), range(1, 32)


@dataclass(frozen=True)
class Signs:
    """The spoken words of each sign, with `{}` in the place of the figure.

    `{0}`, `{1}` and `{2}` are hour and minute, or year, month and day.
    """

    minus: str
    percent: str
    until: str
    hour: str
    time: str
    date: str
    money: Mapping[str, str]
    units: Mapping[str, str]
    abbreviations: Mapping[str, str]
    months: tuple[str, ...] = ()
    """Their names, where they have any."""
    after_time: str = ""
    """A word that the time of day drops, because its own words contain it."""

    def groups(self) -> tuple[Group, ...]:
        shorts = (full_words(self.abbreviations),) if self.abbreviations else ()
        figures = (self._date(), *self._times(), *self._money(), *self._measures())
        return (*(Group(r"\.", (rule,)) for rule in shorts), Group(r"\d", figures))

    def _date(self) -> Rule:
        return Rule(rf"{_START}(\d{{4}})([-/])(\d\d?)\2(\d\d?){_NO_MORE}(?![-/])", self._day)

    def _day(self, match: re.Match[str]) -> str:
        year, month, day = match[1], int(match[3]), int(match[4])
        if month not in _MONTHS or day not in _DAYS:
            return match[0]
        return self.date.format(year, self.months[month - 1] if self.months else month, day)

    def _times(self) -> tuple[Rule, ...]:
        time = r"([01]?\d|2[0-3]):([0-5]\d)"
        return (
            Rule(rf"(?<=:[0-5]\d) ?[-–~〜～] ?(?={time})", self.until),
            Rule(rf"{_START}{time}{_NO_MORE}(?!:){self.after_time}", self._clock),
        )

    def _clock(self, match: re.Match[str]) -> str:
        hour, minute = int(match[1]), int(match[2])
        return self.time.format(hour, minute) if minute else self.hour.format(hour)

    def _money(self) -> tuple[Rule, ...]:
        signs = any_of(self.money)
        return (
            Rule(
                rf"(?<![A-Za-z\d])({signs}) ?({_NUMBER})", lambda m: self.money[m[1]].format(m[2])
            ),
            Rule(rf"{_START}({_NUMBER}) ?({signs})(?!\w)", lambda m: self.money[m[2]].format(m[1])),
        )

    def _measures(self) -> tuple[Rule, ...]:
        units = any_of(self.units)
        return (
            Rule(rf"(?<=[\d%]) ?[-–~〜～] ?(?={_NUMBER} ?(?:{units}|%){_NO_MORE})", self.until),
            Rule(
                rf"{_START}({_MINUS})({_NUMBER}) ?({units}){_NO_MORE}",
                lambda m: self.units[m[3]].format(self._signed(m)),
            ),
            Rule(
                rf"{_START}({_MINUS})({_NUMBER}) ?[%％]",
                lambda m: self.percent.format(self._signed(m)),
            ),
        )

    def _signed(self, match: re.Match[str]) -> str:
        return f"{self.minus if match[1] else ''}{match[2]}"


def table(written: str) -> dict[str, str]:
    """From "km {}公里|kg {}公斤": written, said."""
    return {short: said for short, _, said in (line.partition(" ") for line in written.split("|"))}
