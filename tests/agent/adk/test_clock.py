from datetime import UTC, datetime, tzinfo

import pytest

from infra.agent.assistant.tools.clock import clock


def noon(zone: tzinfo) -> datetime:
    return datetime(2026, 3, 1, 12, 5, tzinfo=UTC).astimezone(zone)


@pytest.mark.parametrize(
    ("zone", "time", "weekday", "date"),
    [
        ("UTC", "12:05", "Sunday", "1 March 2026"),
        ("Asia/Tokyo", "21:05", "Sunday", "1 March 2026"),
        ("Pacific/Auckland", "01:05", "Monday", "2 March 2026"),
    ],
)
def test_clock_returns_local_date_and_time(zone: str, time: str, weekday: str, date: str) -> None:
    assert clock(noon)(zone) == {"time": time, "weekday": weekday, "date": date}


@pytest.mark.parametrize("zone", ["", "here", "Mars/Olympus", "America", "../zoneinfo/UTC", "/etc"])
def test_unknown_time_zone_is_an_error(zone: str) -> None:
    assert clock(noon)(zone).keys() == {"error"}
