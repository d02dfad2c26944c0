import asyncio
from collections.abc import Mapping
from contextlib import aclosing

import httpx
import pytest

from common.adapters.calls import COSTS, NEVER, Lines
from common.domain import errors
from tests.fakes.http import CANARY, CUT, REFUSED, Body, Respond, Server, asking, never


async def lines(
    server: Server, *, idle: float = 5, deadline: float = 5, cap: int = 1000
) -> list[bytes]:
    stream = server.outbound.stream_lines(
        asking(), idle=idle, deadline=deadline, cap=cap, retry=COSTS
    )
    async with aclosing(stream):
        return [line async for line in stream]


async def test_lines_come_as_they_are_cut_by_newlines_alone() -> None:
    text = "a\u2028b\x85\u2029é".encode()
    body = Body(text[:3], text[3:-1], text[-1:] + b"\nc\r\n\n", b"d")
    assert await lines(Server(httpx.Response(200, stream=body))) == [text, b"c\r", b"", b"d"]
    assert body.closed


@pytest.mark.parametrize(
    ("body", "limits", "kind"),
    [
        (Body(b"a\n", hangs=True), {"idle": 0.02}, "silent"),
        (Body(b"a\n", hangs=True), {"deadline": 0.02}, "silent"),
        (Body(b"a\n", CUT), {}, "broken"),
        (Body(b"a\n", b"x" * 2000), {}, "broken"),
    ],
)
async def test_a_stream_that_stops_says_how(
    body: Body, limits: Mapping[str, float], kind: str
) -> None:
    with pytest.raises(errors.Failed) as failed:
        await lines(Server(httpx.Response(200, stream=body)), **limits)  # type: ignore[arg-type]  # two floats
    assert failed.value.kind == kind
    assert body.closed
    assert CANARY not in repr(failed.value)


@pytest.mark.parametrize(
    ("answer", "error", "kind", "tries"),
    [
        (httpx.Response(429), errors.Busy, "busy", 3),
        (httpx.Response(404), errors.Missing, "missing", 1),
        (httpx.Response(400), errors.Failed, "failed", 1),
        (httpx.Response(500), errors.Failed, "failed", 1),
        (httpx.Response(503), errors.Unavailable, "unavailable", 3),
        (REFUSED, errors.Unavailable, "unavailable", 3),
        (CUT, errors.Failed, "broken", 1),
        (never, errors.Failed, "silent", 1),
    ],
)
async def test_a_stream_that_does_not_begin_says_why(
    answer: httpx.Response | Exception | Respond,
    error: type[errors.Upstream],
    kind: str,
    tries: int,
) -> None:
    server = Server(answer)
    with pytest.raises(error) as raised:
        await lines(server, idle=0.05 if answer is never else 5)
    assert raised.value.kind == kind
    assert len(server.requests) == tries


async def test_a_reader_that_goes_closes_the_connection() -> None:
    body = Body(b"a\nb\n", hangs=True)
    server = Server(httpx.Response(200, stream=body))
    stream = server.outbound.stream_lines(asking(), idle=5, deadline=5, cap=1000, retry=NEVER)
    assert await anext(stream) == b"a"
    await stream.aclose()
    assert body.closed


async def test_the_time_a_reader_takes_is_no_silence() -> None:
    server = Server(httpx.Response(200, stream=Body(b"a\n", b"b\n")))
    stream = server.outbound.stream_lines(asking(), idle=0.02, deadline=5, cap=1000, retry=NEVER)
    async with aclosing(stream):
        assert await anext(stream) == b"a"
        await asyncio.sleep(0.04)
        assert await anext(stream) == b"b"


def test_lines_of_any_chunks_are_the_lines_of_the_whole() -> None:
    whole = 'é{"a": 1}\n\nlast'.encode()
    for at in range(len(whole) + 1):
        cutter = Lines(cap=100)
        found = [*cutter.feed(whole[:at]), *cutter.feed(whole[at:]), cutter.rest()]
        assert found == whole.split(b"\n")
