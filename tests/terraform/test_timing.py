import pytest

from tests.terraform.checks.timing import cron_problems


@pytest.mark.parametrize(
    "schedule", ["* * * * *", "*/5 * * * *", "0 3 * * 1-5", "0,30 0-6/2 1 12 7", "59 23 31 1 0"]
)
def test_a_schedule(schedule: str) -> None:
    assert list(cron_problems(schedule)) == []


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        ("* * * *", "has 4 fields"),
        ("60 * * * *", "no such minute"),
        ("* 24 * * *", "no such hour"),
        ("* * 0 * *", "no such day"),
        ("* * * 13 *", "no such month"),
        ("* * * * 8", "no such weekday"),
        ("*/0 * * * *", "no such minute"),
        ("5- * * * *", "no such minute"),
        ("* * * * mo", "no such weekday"),
        ("*  * * * *", "has 6 fields"),
    ],
)
def test_no_schedule(schedule: str, says: str) -> None:
    assert says in " ".join(cron_problems(schedule))
