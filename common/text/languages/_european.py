"""Rules that German, Spanish, French, Italian and Portuguese share.

They have a decimal comma, the day before the month, and the sign behind the amount.

A plain number stays in digits: whether 1 is "una" or "un" hangs on a noun that we do not know, and
these voices read digits well. Only what they stumble over is said in words.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from common.text.spoken import number_words
from common.text.spoken.rules import Group, Rule, any_of, ends_sentence, full_words

_START = r"(?<!\w)(?<!\d[.,:])"
_GROUPED = r"\d{1,3}(?:[. ]\d{3})++(?![\d])|\d++"
_MINUS = r"(?:(?<![\w)])[-−](?=\d))?"
_LAST_WORDS = frozenset({"etc.", "ecc."})
_MONTH_NUMBERS, _DAYS = range(1, 13), range(1, 32)
_CENT_DIGITS = 2
_LIMIT = 1_000_000
"""From here on several of these languages say "a million OF euros": left as written."""


@dataclass(frozen=True)
class EuropeanRules:
    """A language's own words. `units` and `money`: written -> (one, many)."""

    code: str
    point: str
    minus: str
    percent: str
    until: str
    join: str
    months: str
    of: str
    after_day: str
    units: Mapping[str, tuple[str, str]]
    money: Mapping[str, tuple[str, str, str, str]]
    signs: Mapping[str, str]
    abbreviations: Mapping[str, str]
    masculine: Callable[[str], str]
    clock: Callable[[int, int], str]
    own: tuple[Rule, ...] = ()
    titles: tuple[Rule, ...] = ()
    by_digits: bool = False
    """Decimals digit by digit: "drei Komma eins vier"; else "trois virgule quatorze"."""

    def groups(self) -> tuple[Group, ...]:
        return (
            Group(r"[.\d/]|[IVXL](?![a-df-z])", (*self.titles, self._in_full())),
            Group(r"\d", (*self._dates(), *self.own, *self._times(), *self._amounts())),
            Group(r"[^\w\s.,!?'\"’:;-]", self._between_words()),
        )

    def _in_full(self) -> Rule:
        return full_words(self.abbreviations, before=r"(?<![\w.])", ending=_LAST_WORDS)

    def _dates(self) -> tuple[Rule, ...]:
        return (
            Rule(
                rf"{_START}(\d{{4}})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?![\w-])",
                lambda m: self._date(m[0], m[3], m[2], m[1]),
            ),
            Rule(
                rf"{_START}(\d{{1,2}})([./])(\d{{1,2}})\2(\d{{4}})(?![\w/-])",
                lambda m: self._date(m[0], m[1], m[3], m[4]),
            ),
        )

    def _date(self, written: str, day: str, month: str, year: str) -> str:
        if int(month) not in _MONTH_NUMBERS or int(day) not in _DAYS:
            return written
        name = self.months.split()[int(month) - 1]
        return f"{int(day)}{self.after_day}{self.of}{name}{self.of}{year}"

    def _times(self) -> tuple[Rule, ...]:
        return (
            Rule(r"(?<=:[0-5]\d)(?: ?– ?|-)(?=\d{1,2}:[0-5]\d)", f" {self.until} "),
            Rule(
                rf"{_START}([01]?\d|2[0-3]):([0-5]\d)(?: ?(?:Uhr|h|hs|hrs?)(?!\w)\.?)?(?![\w:])",
                lambda m: self.clock(int(m[1]), int(m[2])),
            ),
        )

    def _amounts(self) -> tuple[Rule, ...]:
        money, units = any_of(self.money), any_of(self.units)
        amount = rf"({_GROUPED})(?:,(\d++))?"
        return (
            Rule(
                r"(?<![\w.,/:-])([1-9]\d{0,3})( ?– ?|-)([1-9]\d{0,3})(?![\d/:-])",
                lambda m: f"{m[1]} {self.until} {m[3]}" if int(m[1]) < int(m[3]) else m[0],
            ),
            Rule(r"([$€£] ?\d{1,3}(?:,\d{3}){0,4}+)\.(\d\d)(?!\d)", _with_comma),
            Rule(rf"{_START}({_MINUS}){amount} ?({money})(?!\w)", self._money),
            Rule(
                rf"(?<!\w)({_MINUS})({money}) ?{amount}(?!\w|[.,]\d| mi)",
                lambda m: self._paid(m[0], m[1], m[3], m[4], m[2]),
            ),
            Rule(
                rf"{_START}({_MINUS}){amount} ?%(?!\w)",
                lambda m: f"{self._number(m[1], m[2], m[3])} {self.percent}",
            ),
            Rule(
                rf"{_START}({_MINUS}){amount} ?({units})(?![\w°²³'’])",
                self._measure,
            ),
            Rule(
                rf"{_START}({_MINUS})({_GROUPED}),(\d++)(?![\w]|[.,]\d)",
                lambda m: self._number(m[1], m[2], m[3]),
            ),
        )

    def _number(self, sign: str, whole: str, fraction: str | None) -> str:
        """In words where there is a comma, else in digits."""
        minus = f"{self.minus} " if sign else ""
        if not fraction:
            return minus + whole
        digits = re.sub(r"[. ]", "", whole)
        if self.by_digits or len(fraction) > _CENT_DIGITS or fraction.startswith("0"):
            return minus + number_words.decimal(digits, fraction, self.code, self.point)
        start = number_words.cardinal(digits, self.code)
        return f"{minus}{start} {self.point} {number_words.cardinal(fraction, self.code)}"

    def _money(self, match: re.Match[str]) -> str:
        return self._paid(match[0], match[1], match[2], match[3], match[4])

    def _paid(self, written: str, sign: str, whole: str, fraction: str | None, unit: str) -> str:
        one, many, cent, cents = self.money[unit]
        digits = re.sub(r"[. ]", "", whole)
        minus = f"{self.minus} " if sign else ""
        if len(digits) > number_words.MOST_DIGITS or int(digits) >= _LIMIT:
            return written
        if fraction and len(fraction) != _CENT_DIGITS:
            return f"{self._number(sign, whole, fraction)} {many}"
        main = f"{self._counted(digits)} {one if int(digits) == 1 else many}"
        if not fraction or fraction == "00":
            return minus + main
        small = f"{self._counted(str(int(fraction)))} {cent if fraction == '01' else cents}"
        return minus + (f"{main} {self.join} {small}" if int(digits) else small)

    def _counted(self, digits: str) -> str:
        return self.masculine(number_words.cardinal(digits, self.code))

    def _measure(self, match: re.Match[str]) -> str:
        one, many = self.units[match[4]]
        number = self._number(match[1], match[2], match[3])
        point = "." if match[4].endswith(".") and ends_sentence(match) else ""
        return f"{number} {one if match[2] == '1' and not match[3] else many}{point}"

    def _between_words(self) -> tuple[Rule, ...]:
        signs = any_of(self.signs)
        return (
            Rule(r"-{1,2}>|=>|[→⇒]|[<>]", " "),
            Rule(rf" ?({signs}) ?", lambda m: f" {self.signs[m[1]]} "),
        )


def _with_comma(match: re.Match[str]) -> str:
    """As America writes it, "$1,250.00", in Europe's way."""
    return f"{match[1].replace(',', '.')},{match[2]}"


def units(table: str) -> dict[str, tuple[str, str]]:
    """From "km Kilometer|h Stunde Stunden": written, one, many (if it differs; "_" is a space)."""
    read = {}
    for line in table.split("|"):
        written, one, *many = line.split()
        read[written] = (one.replace("_", " "), (many[0] if many else one).replace("_", " "))
    return read


def ordinals(code: str, pattern: str, *, feminine: str) -> Rule:
    """Return the rule of ordinals such as "1º", "2.ª" and "3.er".

    `pattern` has the digits and the ending. `feminine` matches the endings of those in -a.
    """

    def put(match: re.Match[str]) -> str:
        said = number_words.ordinal(match[1], code)
        if match[2] == "er":
            return said.removesuffix("o")
        if re.fullmatch(feminine, match[2]) is None:
            return said
        return " ".join(f"{word[:-1]}a" if word.endswith("o") else word for word in said.split())

    return Rule(pattern, put)
