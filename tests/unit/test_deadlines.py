"""The table of time constants is checked at start: what is wrong stops it, and is named."""

import pytest

from common.domain import deadlines
from tests.support.harness import new_harness

WRONG = {
    "VOICE_REQUEST": 130.0,
    "TURN": 590.0,
    "SETTLE": 25.0,
    "FUNCTION": 590.0,
    "CONNECT": 31.0,
    "RECOGNITION": 30.0,
    "BODY": 30.0,
    "ANSWER": 15.0,
    "ADMIT": 2.0,
    "STORE_AWAY": 16.0,
    "LOOK": 1.6,
    "LOOK_IS_FRESH": 0.5,
    "CHECKPOINT": 20.5,
    "DUE": 14.0,
    "STOP_BEFORE_DUE": 4.0,
    "SWEEP_AFTER_DUE": 31.0,
    "EARLIER_STREAM": 16.0,
    "SWEEP": 90.0,
    "SILENT_STREAM": 16.0,
    "SHUTDOWN": 10.0,
}
"""A value of each constant that breaks the order of the table."""
SETTING = {"AGENT_REPLY"}
"""The default of a setting, which is checked in its place."""
OUTSIDE = {"SILENCE_LIMIT", "GRACE", "LOST_ANSWER"}
"""Promises, and limits of others: constants are compared with them."""


def test_the_table_is_in_order() -> None:
    deadlines.check()


@pytest.mark.parametrize(("name", "seconds"), WRONG.items(), ids=WRONG)
def test_a_constant_out_of_order_stops_the_start(
    name: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, name, seconds)
    with pytest.raises(ValueError, match=name):
        new_harness()


def test_every_constant_is_checked() -> None:
    constants = {name for name, value in vars(deadlines).items() if isinstance(value, float)}
    assert constants == {*WRONG} | SETTING | OUTSIDE


@pytest.mark.parametrize("seconds", [0, 7.9, 8, 580, 600])
def test_a_reply_without_its_place_in_the_table_stops_the_start(seconds: float) -> None:
    with pytest.raises(ValueError, match="OPRINA_TURN_SECONDS"):
        deadlines.check(seconds)
