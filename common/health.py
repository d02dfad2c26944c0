"""Health of the services that the functions call.

The endpoint is public, so the cost of a check is capped.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from common.domain.errors import Upstream
from common.observability.log import log
from common.observability.request_trace import annotate
from common.schemas.answers import Dependency, HealthAnswer
from common.schemas.requests import HealthRequest

SECONDS = 5.0
"""A service that does not answer within this time is down. The time includes loading Google's
clients."""
CACHE_SECONDS = 20.0
"""How long a result is used again. It caps the calls that requests can cause."""

Checks = Mapping[Dependency, Callable[[], Awaitable[object]]]
"""For each service a call that changes nothing and is almost free. It raises `Upstream` if the
service is down."""


class HealthCheck:
    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self._checking: asyncio.Task[list[Dependency]] | None = None
        self._good_until = 0.0

    async def health(self, request: HealthRequest) -> HealthAnswer:
        if not request.deep:
            return HealthAnswer()
        down = await self._down()
        annotate(down=down)
        return HealthAnswer(status="degraded" if down else "ok", down=down)

    async def _down(self) -> list[Dependency]:
        """Return the services that are down.

        Concurrent requests share one check. It continues when one of them is cancelled.
        """
        now = asyncio.get_running_loop().time()
        if self._checking is None or now >= self._good_until:
            self._checking = asyncio.create_task(self._check_all())
            self._good_until = now + CACHE_SECONDS
        return await asyncio.shield(self._checking)

    async def _check_all(self) -> list[Dependency]:
        names = sorted(self._checks)
        answers = await asyncio.gather(*map(self._is_up, names))
        return [name for name, up in zip(names, answers, strict=True) if not up]

    async def _is_up(self, name: Dependency) -> bool:
        try:
            async with asyncio.timeout(SECONDS):
                await self._checks[name]()
        except Upstream as error:
            log.warning("%s is down: %s", name, error.code)
        except TimeoutError:
            log.warning("%s is down: no answer within %d s", name, SECONDS)
        else:
            return True
        return False
