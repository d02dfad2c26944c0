from collections.abc import Callable
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo


def clock(now: Callable[[tzinfo], datetime] = datetime.now) -> Callable[[str], dict[str, str]]:
    """The tool `get_time`, by the clock that is given."""

    def get_time(time_zone: str) -> dict[str, str]:
        """Looks at the clock: the day and the time, now, at a place.

        Args:
            time_zone: The place's time zone by its IANA name, such as Europe/Lisbon.
        """
        try:
            moment = now(ZoneInfo(time_zone))
        except (KeyError, ValueError, OSError):  # a word, a path, a folder such as "America"
            return {"error": f"There is no time zone {time_zone!r}. Use a name such as Asia/Tokyo."}
        return {
            "time": f"{moment:%H:%M}",
            "weekday": f"{moment:%A}",
            "date": f"{moment.day} {moment:%B %Y}",
        }

    return get_time
