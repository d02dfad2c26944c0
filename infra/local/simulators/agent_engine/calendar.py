"""A calendar that is the same every week, and the ways of saying a day and an hour aloud."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta


@dataclass(frozen=True)
class Entry:
    at: time
    title: str


MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
WEEK: dict[int, Sequence[Entry]] = {
    MONDAY: (Entry(time(9, 30), "the team meeting"), Entry(time(14), "a review with Priya")),
    TUESDAY: (Entry(time(11), "a call with the customer in Lisbon"),),
    WEDNESDAY: (
        Entry(time(9), "the dentist"),
        Entry(time(13), "lunch with Tom"),
        Entry(time(16, 30), "a design workshop"),
    ),
    THURSDAY: (Entry(time(10), "an interview"), Entry(time(15), "the budget meeting")),
    FRIDAY: (Entry(time(12, 30), "lunch with the whole team"),),
    SATURDAY: (Entry(time(18), "dinner at your sister's"),),
    SUNDAY: (),
}
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def day_meant(text: str, today: date) -> date:
    """Tomorrow, a weekday's name (the next one, today included), or else today."""
    words = text.lower()
    if "tomorrow" in words:
        return today + timedelta(days=1)
    for weekday, name in enumerate(NAMES):
        if name in words:
            return today + timedelta(days=(weekday - today.weekday()) % 7)
    return today


def entries(day: date) -> Sequence[Entry]:
    return WEEK[day.weekday()]


def spoken_day(day: date, today: date) -> str:
    if day == today:
        return "today"
    if day == today + timedelta(days=1):
        return "tomorrow"
    return f"on {day:%A}"


def spoken_time(moment: time | datetime) -> str:
    hour = moment.hour % 12 or 12
    clock = f"{hour}:{moment.minute:02}" if moment.minute else f"{hour} o'clock"
    return f"{clock} {_part_of_day(moment.hour)}"


def _part_of_day(hour: int) -> str:
    if hour < 12:  # noqa: PLR2004 - noon
        return "in the morning"
    return "in the afternoon" if hour < 18 else "in the evening"  # noqa: PLR2004 - six o'clock


def ordinal(number: int) -> str:
    teens = number % 100 in {11, 12, 13}
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
