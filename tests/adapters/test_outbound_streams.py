import asyncio
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from common.adapters.http.request import NO_RETRY, RETRY_BILLED, LineSplitter
from common.domain import errors
from tests.support.fakes.http import CANARY, CUT, REFUSED, Body, Respond, Server, asking, never
from tests.support.virtual_time import VirtualTimeLoop


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


async def lines(
    server: Server, *, idle: float = 5, deadline: float = 5, cap: int = 1000
) -> list[bytes]:
    heard: list[bytes] = []
    await server.http_client.stream_lines(
        asking(), heard.append, idle=idle, deadline=deadline, cap=cap, retry=RETRY_BILLED
    )
    return heard


async def test_stream_is_split_at_newlines_only() -> None:
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
async def test_stopped_stream_has_the_right_kind(
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
        (httpx.Response(404), errors.UpstreamNotFound, "missing", 1),
        (httpx.Response(400), errors.Failed, "failed", 1),
        (httpx.Response(500), errors.Failed, "failed", 1),
        (httpx.Response(503), errors.Unavailable, "unavailable", 3),
        (REFUSED, errors.Unavailable, "unavailable", 3),
        (CUT, errors.Failed, "broken", 1),
        (never, errors.Failed, "silent", 1),
    ],
)
async def test_stream_that_does_not_begin_has_the_right_error(
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


async def test_cancelled_reader_closes_the_connection() -> None:
    body = Body(b"a\nb\n", hangs=True)
    server = Server(httpx.Response(200, stream=body))
    heard: list[bytes] = []
    stream = server.http_client.stream_lines(
        asking(), heard.append, idle=5, deadline=5, cap=1000, retry=NO_RETRY
    )
    reading = asyncio.create_task(stream)
    while len(heard) < 2:  # noqa: ASYNC110 - the stream has no other event
        await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait({reading})
    assert (heard, body.closed) == ([b"a", b"b"], True)


async def test_exception_of_the_reader_ends_the_stream() -> None:
    body = Body(b"a\nb\n", hangs=True)
    heard: list[bytes] = []

    def take(line: bytes) -> None:
        heard.append(line)
        raise ValueError(line)

    with pytest.raises(ValueError, match="a"):
        await Server(httpx.Response(200, stream=body)).http_client.stream_lines(
            asking(), take, idle=5, deadline=5, cap=1000, retry=NO_RETRY
        )
    assert (heard, body.closed) == ([b"a"], True)


async def test_idle_time_restarts_with_every_chunk() -> None:
    class Slow(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for _ in range(5):
                await asyncio.sleep(0.9)
                yield b"a\n"

    server = Server(httpx.Response(200, stream=Slow()))
    assert await lines(server, idle=1, deadline=5) == [b"a"] * 5
    with pytest.raises(errors.Failed):
        await lines(server, idle=0.8, deadline=5)
    with pytest.raises(errors.Failed):
        await lines(server, idle=1, deadline=4)


def test_chunk_boundaries_do_not_change_the_lines() -> None:
    whole = 'é{"a": 1}\n\nlast'.encode()
    for at in range(len(whole) + 1):
        cutter = LineSplitter(cap=100)
        found = [*cutter.feed(whole[:at]), *cutter.feed(whole[at:]), cutter.rest()]
        assert found == whole.split(b"\n")
