"""Whoever asks how it is, however often: the services behind us hardly notice."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import get_args

import pytest

from common.bootstrap import build
from common.domain import errors
from common.health import KEPT_SECONDS, SECONDS, HealthCheck
from common.schemas.answers import Dependency, HealthAnswer
from common.schemas.requests import HealthRequest
from common.settings import Settings

DEEP = HealthRequest(deep=True)
EVERY: tuple[Dependency, ...] = get_args(Dependency)


class Services:
    """Each answers after `takes` seconds, but for those in `fails`."""

    def __init__(self) -> None:
        self.asked: Counter[Dependency] = Counter()
        self.takes = 0.1
        self.fails: dict[Dependency, Exception | None] = {}
        self.health_check = HealthCheck({name: self._check(name) for name in EVERY})

    def _check(self, name: Dependency) -> Callable[[], Awaitable[None]]:
        async def check() -> None:
            self.asked[name] += 1
            await asyncio.sleep(self.takes)
            if name in self.fails:
                error = self.fails[name]
                await asyncio.Event().wait() if error is None else None
                raise error or AssertionError

        return check


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_nobody_is_asked_where_nobody_wants_to_know() -> None:
    services = Services()
    assert await services.health_check.health(HealthRequest()) == HealthAnswer()
    assert not services.asked


async def test_all_are_asked_at_once_and_each_that_does_not_answer_is_named() -> None:
    services = Services()
    services.fails = {
        "voice": errors.Busy("voice", "answered 429"),
        "agent": errors.Failed("agent", "answered 403"),
        "store": errors.Unavailable("store", "away"),
    }
    began = now()
    found = await services.health_check.health(DEEP)
    assert found == HealthAnswer(status="degraded", down=["agent", "store", "voice"])
    assert found.status_code == 503
    assert now() - began == pytest.approx(services.takes)
    assert services.asked == dict.fromkeys(EVERY, 1)


async def test_one_that_says_nothing_is_down_in_time() -> None:
    services = Services()
    services.fails = {"tasks": None}
    began = now()
    assert (await services.health_check.health(DEEP)).down == ["tasks"]
    assert now() - began == pytest.approx(SECONDS)


async def test_a_thousand_who_ask_cost_one_look_until_it_is_old() -> None:
    services = Services()
    for _ in range(3):
        answers = await asyncio.gather(*(services.health_check.health(DEEP) for _ in range(1_000)))
        assert {answer.status for answer in answers} == {"ok"}
        assert {tuple(answer.down or "none") for answer in answers} == {("n", "o", "n", "e")}
        await asyncio.sleep(KEPT_SECONDS / 4)
    assert services.asked == dict.fromkeys(EVERY, 1)
    await asyncio.sleep(KEPT_SECONDS)
    services.fails = {"avatar": errors.Unavailable("avatar", "away")}
    assert (await services.health_check.health(DEEP)).down == ["avatar"]
    assert services.asked == dict.fromkeys(EVERY, 2)


async def test_who_leaves_takes_nothing_away_from_the_others() -> None:
    services = Services()
    first, second = (asyncio.create_task(services.health_check.health(DEEP)) for _ in range(2))
    await asyncio.sleep(services.takes / 2)
    first.cancel()
    assert (await second).down == []


def test_there_is_a_check_of_each_service() -> None:
    engine = "projects/p/locations/l/reasoningEngines/1"
    assert set(build(Settings(agent_engine=engine)).health_check._checks) == set(EVERY)
