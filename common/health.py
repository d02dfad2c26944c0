"""Whether the services behind us answer. Anybody may ask, as often as they like."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from common.domain.errors import Upstream
from common.observability.log import log
from common.observability.request_trace import annotate
from common.schemas.answers import Dependency, HealthAnswer
from common.schemas.requests import HealthRequest

SECONDS = 5.0
"""A service that has not answered after so long is down. Google's clients are loaded meanwhile, where
nobody has used them yet."""
KEPT_SECONDS = 20.0
"""What was found holds for so long: whoever asks costs at most so many calls."""

Checks = Mapping[Dependency, Callable[[], Awaitable[object]]]
"""By service, a call that changes nothing and costs nothing to speak of. `Upstream`: it is down."""


class HealthCheck:
    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self._look: asyncio.Task[list[Dependency]] | None = None
        self._good_until = 0.0

    async def health(self, request: HealthRequest) -> HealthAnswer:
        if not request.deep:
            return HealthAnswer()
        down = await self._down()
        annotate(down=down)
        return HealthAnswer(status="degraded" if down else "ok", down=down)

    async def _down(self) -> list[Dependency]:
        """One look for all who ask, which goes on for the others when one of them leaves."""
        now = asyncio.get_running_loop().time()
        if self._look is None or now >= self._good_until:
            self._look = asyncio.create_task(self._looked())
            self._good_until = now + KEPT_SECONDS
        return await asyncio.shield(self._look)

    async def _looked(self) -> list[Dependency]:
        names = sorted(self._checks)
        answers = await asyncio.gather(*map(self._answers, names))
        return [name for name, well in zip(names, answers, strict=True) if not well]

    async def _answers(self, name: Dependency) -> bool:
        try:
            async with asyncio.timeout(SECONDS):
                await self._checks[name]()
        except Upstream as error:
            log.warning("%s is down: %s", name, error.code)
        except TimeoutError:
            log.warning("%s is down: it does not answer", name)
        else:
            return True
        return False
