"""English: what is written first, what is inside what, decides the order."""

from common.speech.languages import (
    en_abbreviations,
    en_dates,
    en_money,
    en_numbers,
    en_symbols,
    en_units,
)
from common.speech.rules import Group


def rules(region: str) -> tuple[Group, ...]:
    return (
        Group(r"[./]|(?<!\w)(?:St|Dr|Mrs?|Prof|Mt|vs|Ctrl)(?!\w)", en_abbreviations.pointed()),
        Group(r"[IVXL](?!\w)", en_abbreviations.roman()),
        Group(r"(?<!\w)(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", (en_dates.weekdays(),)),
        Group(r"[^\w\s.,!?'\"’]|[²³¹⁰⁴-⁹]|\d[xyzn]", en_symbols.before_numbers()),
        Group(
            r"[\d½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]",
            (
                *en_dates.rules(region),
                *en_numbers.codes(),
                *en_money.rules(),
                *en_numbers.before_measures(),
                *en_numbers.ranges(),
                *en_dates.clock(),
                *en_units.rules(),
                en_dates.standing_year(),
                *en_numbers.rest(),
            ),
        ),
        Group(r"[^\w\s.,!?'\"’:;-]|[²³]", en_symbols.after_numbers()),
        Group(r"\w\.", (en_dates.weekday(),)),
    )
