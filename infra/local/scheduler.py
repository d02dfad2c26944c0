"""The job of Cloud Scheduler: call `sweep_expired` at a fixed interval."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import httpx
from starlette.requests import Request
from starlette.responses import Response

log = logging.getLogger("oprina.local")

DEADLINE = 180.0
"""Seconds that a sweep may take. Cloud Scheduler's default."""


class Scheduler:
    """Calls the sweep at `url`.

    `token` returns a new OIDC token for each call. `seconds` is the time from the end of one call
    to the begin of the next.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        token: Callable[[], str],
        *,
        seconds: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = http
        self._url = url
        self._token = token
        self._seconds = seconds
        self._sleep = sleep

    async def run(self) -> None:
        """Sweep until cancelled. The first sweep is immediate and ends what an earlier run left."""
        while True:
            try:
                answer = await self.sweep()
                if not answer.is_success:
                    log.warning("the sweep answered %s", answer.status_code)
            except httpx.HTTPError as error:
                log.warning("the sweep failed: %s", type(error).__name__)
            await self._sleep(self._seconds)

    async def sweep(self) -> httpx.Response:
        headers = {
            "authorization": f"Bearer {self._token()}",
            "user-agent": "Google-Cloud-Scheduler",
            "x-cloudscheduler": "true",
        }
        return await self._http.post(self._url, headers=headers, timeout=DEADLINE)

    async def endpoint(self, _: Request) -> Response:
        """Sweep once, and pass the answer on."""
        answer = await self.sweep()
        kind = answer.headers.get("content-type")
        return Response(answer.content, answer.status_code, media_type=kind)
