from collections.abc import Callable
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo


def clock(now: Callable[[tzinfo], datetime] = datetime.now) -> Callable[[str], dict[str, str]]:
    """Return the tool `get_time`, which reads the time from `now`."""

    def get_time(time_zone: str) -> dict[str, str]:
        """Return the current date and time at a place.

        Args:
            time_zone: The place's time zone by its IANA name, such as Europe/Lisbon.
        """
        try:
            moment = now(ZoneInfo(time_zone))
        except (KeyError, ValueError, OSError):  # a word, a path, or a folder such as "America"
            return {"error": f"There is no time zone {time_zone!r}. Use a name such as Asia/Tokyo."}
        return {
            "time": f"{moment:%H:%M}",
            "weekday": f"{moment:%A}",
            "date": f"{moment.day} {moment:%B %Y}",
        }

    return get_time
