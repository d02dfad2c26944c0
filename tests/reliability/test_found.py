"""Sequences that the state machine has found, each as short as possible."""

from collections.abc import Iterator
from typing import Any

import pytest

from common.domain import errors
from tests.reliability.fault_injection import Moment, refuse
from tests.reliability.machine import invariants
from tests.reliability.machine.actions import (
    ChatAction,
    EndAction,
    SpeakAction,
    StartAction,
    SweepAction,
)
from tests.reliability.machine.deployment import SimulatedDeployment
from tests.reliability.machine.life import COMMITS


@pytest.fixture
def deployment() -> Iterator[SimulatedDeployment]:
    made = SimulatedDeployment()
    yield made
    invariants.check(made)
    made.close()


def ledger(deployment: SimulatedDeployment) -> dict[str, Any]:
    return deployment.documents()["users/ada/usage/2026-11"]


@pytest.mark.parametrize("how", ["held", "lost"])
def test_an_unconfirmed_refund_happens_once(deployment: SimulatedDeployment, how: str) -> None:
    faults = deployment.simulation.faults
    deployment.do((0, StartAction()))
    faults.add("avatars.connect", refuse())
    faults.add("store.commit", COMMITS[how], nth=2)
    (refused,) = deployment.do((0, SpeakAction()))
    assert isinstance(refused, errors.Unavailable)
    assert ledger(deployment).get("voice_characters_used", 0) == 0


def test_an_overdue_avatar_ends_before_the_next_one(deployment: SimulatedDeployment) -> None:
    deployment.do((0, StartAction()))
    deployment.wait(61)
    deployment.do((0, StartAction(conversation=0)))
    deployment.do((0, SweepAction()))
    invariants.check(deployment)


def test_the_events_of_a_session_tell_of_a_charge_that_was_lowered(
    deployment: SimulatedDeployment,
) -> None:
    deployment.do((0, StartAction()), (0, StartAction()))
    deployment.simulation.faults.add("avatars.record", refuse(), nth=1)
    deployment.do((0, EndAction()))
    deployment.wait(61)
    deployment.sweep()
    events = [e for path, e in deployment.documents().items() if "/events/" in path]
    assert [event["cost"] for event in events if event["kind"] == "confirmed"] == [
        {"avatar_seconds": -1}
    ]


def test_a_sweep_stops_a_start_that_happens_late(deployment: SimulatedDeployment) -> None:
    deployment.avatars.start_delays.append(4.0)
    (refused,) = deployment.do((0, StartAction()))
    assert isinstance(refused, errors.Unavailable)
    deployment.wait(31)
    assert len(deployment.running()) == 2
    assert deployment.sweep().stuck == 1
    deployment.wait(61)
    deployment.sweep()
    invariants.check_settled(deployment)


ACTIONS = [StartAction(conversation=0), EndAction(), ChatAction(), SpeakAction(), SweepAction()]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("calls", range(1, 10))
@pytest.mark.parametrize("action", ACTIONS, ids=repr)
@pytest.mark.parametrize("fate", ["dies", "freezes"])
def test_one_sweep_cleans_up_after_a_fault_anywhere(
    deployment: SimulatedDeployment, action: Any, calls: int, moment: Moment, fate: str
) -> None:
    deployment.do((0, StartAction()))
    if isinstance(action, StartAction | SweepAction):
        deployment.wait(61)
    if fate == "dies":
        deployment.kill(0, calls, moment)
    else:
        deployment.freeze(0, calls, moment, 20)
    deployment.do((0, action))
    deployment.spare()
    invariants.check(deployment)
    deployment.wait(300)
    deployment.sweep()
    invariants.check_settled(deployment)
