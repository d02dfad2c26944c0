"""A network between client and stack that loses answers, cuts streams and answers by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Literal

import httpx

EVENT_END = b"\n\n"
Way = Literal["between", "inside", "unnoticed"]
"""Cut after an event, inside of one, or so that the server does not notice it and goes on."""


@dataclass
class BrokenNetwork(httpx.AsyncBaseTransport):
    """Passes requests on. Each fault is used once, in the order in which it was added.

    `cut` cuts the next event stream after so many events. `lose_answers` loses the answers of the next
    requests, which the server has seen. `answers` are given instead of those of the server.
    """

    way: Way = "between"
    cuts: list[int] = field(default_factory=list)
    lose_answers: int = 0
    refuse_connections: int = 0
    answers: list[Callable[[httpx.Request], httpx.Response]] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    _inner: httpx.AsyncHTTPTransport = field(default_factory=httpx.AsyncHTTPTransport)
    _draining: list[asyncio.Task[None]] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.refuse_connections:
            self.refuse_connections -= 1
            raise httpx.ConnectError("refused")
        if self.answers:
            return self.answers.pop(0)(request)
        answer = await self._inner.handle_async_request(request)
        if self.lose_answers:
            self.lose_answers -= 1
            await answer.aclose()
            raise httpx.ReadError("lost")
        is_stream = answer.headers.get("content-type", "").startswith("text/event-stream")
        if is_stream and self.cuts:
            cut = _CutStream(self, answer.stream, self.cuts.pop(0))
            return httpx.Response(answer.status_code, headers=answer.headers, stream=cut)
        return answer

    async def aclose(self) -> None:
        await asyncio.gather(*self._draining)
        await self._inner.aclose()

    def drain(self, stream: AsyncIterator[bytes]) -> None:
        self._draining.append(asyncio.create_task(_drain(stream)))


class _CutStream(httpx.AsyncByteStream):
    def __init__(self, network: BrokenNetwork, inner: object, events: int) -> None:
        assert isinstance(inner, httpx.AsyncByteStream)
        self._network = network
        self._inner = inner
        self._events = events

    async def __aiter__(self) -> AsyncIterator[bytes]:
        rest, chunks = b"", self._inner.__aiter__()
        async for chunk in chunks:
            *whole, rest = (rest + chunk).split(EVENT_END)
            for event in whole:
                if self._events == 0:
                    if self._network.way == "inside":
                        yield event[: len(event) // 2]
                    if self._network.way == "unnoticed":
                        self._network.drain(chunks)
                    raise httpx.ReadError("cut")
                self._events -= 1
                yield event + EVENT_END

    async def aclose(self) -> None:
        if self._network.way != "unnoticed":
            await self._inner.aclose()


async def _drain(stream: AsyncIterator[bytes]) -> None:
    async for _ in stream:
        pass


def problem(status: int, code: str, **members: object) -> Callable[[httpx.Request], httpx.Response]:
    """Return an answer of the API that refuses a request."""
    document = {"type": f"urn:oprina:problem:{code}", "title": code, "status": status}
    found = {**document, "detail": "No.", "code": code, **members}
    headers = {"content-type": "application/problem+json"}
    if isinstance(after := members.get("retry_after"), int):
        headers["retry-after"] = str(after)
    return lambda request: httpx.Response(status, json=found, headers=headers, request=request)


def bare(status: int, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    """Return an answer of a front end that is not the API's."""
    return lambda request: httpx.Response(
        status, text="<html>no</html>", headers=headers, request=request
    )
