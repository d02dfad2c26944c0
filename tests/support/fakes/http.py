"""A server without a socket, whose answers a test scripts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
from anyio.lowlevel import checkpoint

from common.adapters.http.client import HttpClient
from common.adapters.http.request import OutboundRequest

CANARY = "canary-7f3a"
Respond = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


class Pauses:
    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        await checkpoint()


class Server:
    """Answers with `answers`, in order; the last one repeats."""

    def __init__(self, *answers: httpx.Response | Exception | Respond) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses = Pauses()
        self.http_client = HttpClient(
            httpx.MockTransport(self._respond), chance=lambda: 0.5, sleep=self.pauses
        )

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        made = answer(request)
        return made if isinstance(made, httpx.Response) else await made


def asking(**more: object) -> OutboundRequest:
    return OutboundRequest("avatar", "POST", f"https://example.test/x?key={CANARY}", **more)  # type: ignore[arg-type]  # what a test names


async def never(_: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


class Body(httpx.AsyncByteStream):
    """A body of `chunks` that then ends, or hangs."""

    def __init__(self, *chunks: bytes | Exception, hangs: bool = False) -> None:
        self.chunks = chunks
        self.hangs = hangs
        self.given = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            self.given += 1
            yield chunk
        if self.hangs:
            await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.closed = True


REFUSED = httpx.ConnectError(CANARY)
CUT = httpx.ReadError(CANARY)
