"""A calendar that repeats every week, and the spoken form of days and times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta


@dataclass(frozen=True)
class Appointment:
    at: time
    title: str


MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
WEEK: dict[int, Sequence[Appointment]] = {
    MONDAY: (
        Appointment(time(9, 30), "the team meeting"),
        Appointment(time(14), "a review with Priya"),
    ),
    TUESDAY: (Appointment(time(11), "a call with the customer in Lisbon"),),
    WEDNESDAY: (
        Appointment(time(9), "the dentist"),
        Appointment(time(13), "lunch with Tom"),
        Appointment(time(16, 30), "a design workshop"),
    ),
    THURSDAY: (
        Appointment(time(10), "an interview"),
        Appointment(time(15), "the budget meeting"),
    ),
    FRIDAY: (Appointment(time(12, 30), "lunch with the whole team"),),
    SATURDAY: (Appointment(time(18), "dinner at your sister's"),),
    SUNDAY: (),
}
"""Appointments by weekday. Monday is 0, as in `date.weekday`."""
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NOON, EVENING = 12, 18


def find_day(text: str, today: date) -> date:
    """Return the day that `text` names: tomorrow, the next such weekday, or else today.

    A weekday that is today's means today.
    """
    words = text.lower()
    if "tomorrow" in words:
        return today + timedelta(days=1)
    for weekday, name in enumerate(NAMES):
        if name in words:
            return today + timedelta(days=(weekday - today.weekday()) % 7)
    return today


def appointments(day: date) -> Sequence[Appointment]:
    """Return the appointments of a day, in order."""
    return WEEK[day.weekday()]


def spoken_day(day: date, today: date) -> str:
    """Return "today", "tomorrow", or "on" and the weekday."""
    if day == today:
        return "today"
    if day == today + timedelta(days=1):
        return "tomorrow"
    return f"on {day:%A}"


def spoken_time(moment: time | datetime) -> str:
    """Return a time of day as it is spoken: "half past" is not used."""
    hour = moment.hour % 12 or 12
    clock = f"{hour}:{moment.minute:02}" if moment.minute else f"{hour} o'clock"
    return f"{clock} {_part_of_day(moment.hour)}"


def _part_of_day(hour: int) -> str:
    if hour < NOON:
        return "in the morning"
    return "in the afternoon" if hour < EVENING else "in the evening"


def ordinal(number: int) -> str:
    """Return an English ordinal: 1st, 2nd, 13th."""
    teens = number % 100 in {11, 12, 13}
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
