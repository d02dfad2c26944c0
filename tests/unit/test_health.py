"""The deep health check: what it reports, and how few calls it makes."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import get_args

import pytest

from common.bootstrap import build
from common.domain import errors
from common.health import CACHE_SECONDS, SECONDS, HealthCheck
from common.schemas.answers import Dependency, HealthAnswer
from common.schemas.requests import HealthRequest
from common.settings import Settings

DEEP = HealthRequest(deep=True)
EVERY: tuple[Dependency, ...] = get_args(Dependency)


class FakeServices:
    """Each service answers after `takes` seconds. Those in `fails` raise, or hang if the value is
    None."""

    def __init__(self) -> None:
        self.calls: Counter[Dependency] = Counter()
        self.takes = 0.1
        self.fails: dict[Dependency, Exception | None] = {}
        self.health_check = HealthCheck({name: self._check(name) for name in EVERY})

    def _check(self, name: Dependency) -> Callable[[], Awaitable[None]]:
        async def check() -> None:
            self.calls[name] += 1
            await asyncio.sleep(self.takes)
            if name in self.fails:
                error = self.fails[name]
                await asyncio.Event().wait() if error is None else None
                raise error or AssertionError

        return check


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_shallow_check_calls_no_service() -> None:
    services = FakeServices()
    assert await services.health_check.health(HealthRequest()) == HealthAnswer()
    assert not services.calls


async def test_deep_check_runs_concurrently_and_names_services_that_are_down() -> None:
    services = FakeServices()
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
    assert services.calls == dict.fromkeys(EVERY, 1)


async def test_silent_service_is_down_after_the_timeout() -> None:
    services = FakeServices()
    services.fails = {"tasks": None}
    began = now()
    assert (await services.health_check.health(DEEP)).down == ["tasks"]
    assert now() - began == pytest.approx(SECONDS)


async def test_result_is_cached_for_concurrent_and_later_requests() -> None:
    services = FakeServices()
    for _ in range(3):
        answers = await asyncio.gather(*(services.health_check.health(DEEP) for _ in range(1_000)))
        assert {answer.status for answer in answers} == {"ok"}
        assert {tuple(answer.down or "none") for answer in answers} == {("n", "o", "n", "e")}
        await asyncio.sleep(CACHE_SECONDS / 4)
    assert services.calls == dict.fromkeys(EVERY, 1)
    await asyncio.sleep(CACHE_SECONDS)
    services.fails = {"avatar": errors.Unavailable("avatar", "away")}
    assert (await services.health_check.health(DEEP)).down == ["avatar"]
    assert services.calls == dict.fromkeys(EVERY, 2)


async def test_cancelled_request_does_not_stop_the_shared_check() -> None:
    services = FakeServices()
    first, second = (asyncio.create_task(services.health_check.health(DEEP)) for _ in range(2))
    await asyncio.sleep(services.takes / 2)
    first.cancel()
    assert (await second).down == []


def test_every_service_has_a_check() -> None:
    engine = "projects/p/locations/l/reasoningEngines/1"
    assert set(build(Settings(agent_engine=engine)).health_check._checks) == set(EVERY)
