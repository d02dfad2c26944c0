"""What the machine has found, kept as the shortest way to it."""

from collections.abc import Iterator
from typing import Any

import pytest

from common.domain import errors
from tests.reliability import invariants
from tests.reliability.actions import End, Say, Start, Sweep, Talk
from tests.reliability.faulty_services import STRANGER
from tests.reliability.world import World


@pytest.fixture
def world() -> Iterator[World]:
    here = World()
    yield here
    invariants.check(here)
    here.close()


def ledger(world: World) -> dict[str, Any]:
    return world.store.everything()["users/ada/usage/2026-11"]


@pytest.mark.parametrize("how", ["held", "lost"])
def test_characters_are_given_back_once_though_nobody_confirmed_it(world: World, how: str) -> None:
    world.do((0, Start()))
    for _ in range(100):
        world.avatars.fail_next("connect", errors.Unavailable("avatar", "down"))
    world.store.commits.extend(["fine", how])  # type: ignore[list-item]  # both are weathers
    (refused,) = world.do((0, Say()))
    assert isinstance(refused, errors.Unavailable)
    assert ledger(world).get("voice_characters_used", 0) == 0


def test_an_overdue_avatar_is_ended_before_its_conversation_has_another(world: World) -> None:
    world.do((0, Start()))
    world.wait(61)
    world.do((0, Start(conversation=0)))
    world.do((0, Sweep()))
    invariants.check(world)


def test_a_start_that_happens_late_is_stopped_by_a_sweep(world: World) -> None:
    world.avatars.delays.append(4.0)
    (refused,) = world.do((0, Start()))
    assert isinstance(refused, errors.Unavailable)
    world.wait(31)
    assert len(world.running()) == 2
    assert world.sweep().stuck == 1
    assert world.running() == [STRANGER]
    world.wait(61)
    world.sweep()
    invariants.settled(world)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("calls", range(1, 10))
@pytest.mark.parametrize("doing", [Start(conversation=0), End(), Talk(), Say(), Sweep()], ids=repr)
def test_a_crash_at_every_step_is_cleaned_up_by_one_sweep(
    world: World, doing: Any, calls: int, after: bool
) -> None:
    world.do((0, Start()))
    if isinstance(doing, Start | Sweep):
        world.wait(61)
    world.doomed(0, calls, after=after)
    world.do((0, doing))
    world.spare()
    invariants.check(world)
    world.wait(300)
    world.sweep()
    invariants.settled(world)
