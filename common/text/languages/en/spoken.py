"""The spoken form of English. A rule stands before those that would take its matches apart."""

from common.text.languages.en import abbreviations, dates, money, numbers, symbols, units
from common.text.spoken.rules import Group


def rules(region: str) -> tuple[Group, ...]:
    """Return the rules of the spoken form for a region (ISO 3166, or "")."""
    return (
        Group(r"[./]|(?<!\w)(?:St|Dr|Mrs?|Prof|Mt|vs|Ctrl)(?!\w)", abbreviations.pointed()),
        Group(r"[IVXL](?!\w)", abbreviations.roman()),
        Group(r"(?<!\w)(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", (dates.weekdays(),)),
        Group(r"[^\w\s.,!?'\"’]|[²³¹⁰⁴-⁹]|\d[xyzn]", symbols.before_numbers()),
        Group(
            r"[\d½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]",
            (
                *dates.rules(region),
                *numbers.codes(),
                *money.rules(),
                *numbers.before_measures(),
                *numbers.ranges(),
                *dates.clock(),
                *units.rules(),
                dates.standing_year(),
                *numbers.rest(),
            ),
        ),
        Group(r"[^\w\s.,!?'\"’:;-]|[²³]", symbols.after_numbers()),
        Group(r"\w\.", (dates.weekday(),)),
    )
