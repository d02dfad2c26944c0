import pytest

from tests.terraform.checks.scheduling import cron_problems


@pytest.mark.parametrize(
    "schedule", ["* * * * *", "*/5 * * * *", "0 3 * * 1-5", "0,30 0-6/2 1 12 7", "59 23 31 1 0"]
)
def test_valid_cron_expression_has_no_problems(schedule: str) -> None:
    assert list(cron_problems(schedule)) == []


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        ("* * * *", "has 4 fields"),
        ("60 * * * *", "invalid minute"),
        ("* 24 * * *", "invalid hour"),
        ("* * 0 * *", "invalid day"),
        ("* * * 13 *", "invalid month"),
        ("* * * * 8", "invalid weekday"),
        ("*/0 * * * *", "invalid minute"),
        ("5- * * * *", "invalid minute"),
        ("* * * * mo", "invalid weekday"),
        ("*  * * * *", "has 6 fields"),
    ],
)
def test_invalid_cron_expression_is_reported(schedule: str, problem: str) -> None:
    assert problem in " ".join(cron_problems(schedule))
