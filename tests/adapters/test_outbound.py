import asyncio
import logging
import re
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from anyio.lowlevel import checkpoint

from common.adapters.http.client import HttpClient
from common.adapters.http.request import (
    NO_RETRY,
    RETRY_BILLED,
    RETRY_IDEMPOTENT,
    RETRY_UNSENT,
    OutboundRequest,
    Retry,
)
from common.domain import errors
from tests.support.fakes.http import CANARY, CUT, REFUSED, Body, Respond, Server, asking, never

ROOT = Path(__file__).parents[2]


async def call(
    server: Server, request: OutboundRequest | None = None, retry: Retry = NO_RETRY
) -> int:
    answer = await server.http_client.call(request or asking(), deadline=5, cap=1000, retry=retry)
    return answer.status


@pytest.mark.parametrize(
    ("retry", "answer", "tries"),
    [
        (NO_RETRY, REFUSED, 1),
        (RETRY_UNSENT, REFUSED, 3),
        (RETRY_BILLED, REFUSED, 3),
        (RETRY_IDEMPOTENT, REFUSED, 3),
        (RETRY_UNSENT, CUT, 1),
        (RETRY_BILLED, CUT, 1),
        (RETRY_IDEMPOTENT, CUT, 3),
        (NO_RETRY, httpx.Response(503), 1),
        (RETRY_UNSENT, httpx.Response(503), 1),
        (RETRY_BILLED, httpx.Response(502), 1),
        (RETRY_BILLED, httpx.Response(429), 3),
        (RETRY_IDEMPOTENT, httpx.Response(504), 3),
        (RETRY_IDEMPOTENT, httpx.Response(500), 1),
        (RETRY_IDEMPOTENT, httpx.Response(404), 1),
    ],
)
async def test_each_retry_class_has_its_number_of_attempts(
    retry: Retry, answer: httpx.Response | Exception, tries: int
) -> None:
    def respond(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code)

    server = Server(respond)
    try:
        await call(server, retry=retry)
    except errors.Upstream:
        assert isinstance(answer, Exception)
    assert len(server.requests) == tries
    assert server.pauses.taken == [0.1, 0.2][: tries - 1]


async def test_second_attempt_may_succeed() -> None:
    server = Server(httpx.Response(503), httpx.Response(200))
    assert await call(server, retry=RETRY_IDEMPOTENT) == 200


async def test_attempt_without_an_answer_leaves_time_for_the_next() -> None:
    server = Server(never, httpx.Response(200))
    answer = await server.http_client.call(asking(), deadline=0.5, cap=1000, retry=RETRY_IDEMPOTENT)
    assert (answer.status, len(server.requests)) == (200, 2)


async def test_retry_after_is_respected() -> None:
    server = Server(httpx.Response(429, headers={"retry-after": "2"}), httpx.Response(200))
    assert await call(server, retry=RETRY_IDEMPOTENT) == 200
    assert server.pauses.taken == [2.0]


@pytest.mark.parametrize("value", ["60", "9" * 5000])
async def test_long_retry_after_is_left_to_the_caller(value: str) -> None:
    server = Server(httpx.Response(429, headers={"retry-after": value}))
    answer = await server.http_client.call(asking(), deadline=5, cap=1000, retry=RETRY_IDEMPOTENT)
    assert server.pauses.taken == []
    assert answer.retry_after
    assert answer.retry_after >= 60


@pytest.mark.parametrize("value", ["soon", "-1", "1.5", "²", ""])
async def test_retry_after_that_is_no_number_is_ignored(value: str) -> None:
    headers = [(b"retry-after", value.encode())]
    server = Server(lambda _: httpx.Response(429, headers=headers))
    answer = await server.http_client.call(asking(), deadline=5, cap=1000, retry=NO_RETRY)
    assert answer.retry_after is None


SENT = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("date", "then", "seconds"),
    [
        (SENT, "Sun, 06 Nov 1994 08:49:39 GMT", 2),
        (SENT, "Sun, 06 Nov 1994 10:49:37 GMT", 3600),
        (SENT, SENT, 0),
        (SENT, "Sun, 06 Nov 1994 08:00:00 GMT", 0),
        (SENT, "Sunday, 06-Nov-94 08:49:39 GMT", 2),
        (SENT, "Sun, 06 Nov 1994 08:49:39", None),
        (SENT, "Sun, 99 Nov 1994 08:49:39 GMT", None),
        ("", "Sun, 06 Nov 1994 08:49:39 GMT", None),
        ("now", "Sun, 06 Nov 1994 08:49:39 GMT", None),
    ],
)
async def test_retry_after_with_a_date_counts_from_the_answers_own_date(
    date: str, then: str, seconds: int | None
) -> None:
    headers = {"retry-after": then} | ({"date": date} if date else {})
    server = Server(httpx.Response(429, headers=headers))
    answer = await server.http_client.call(asking(), deadline=5, cap=1000, retry=NO_RETRY)
    assert answer.retry_after == seconds


async def test_no_attempt_after_the_deadline() -> None:
    server = Server(httpx.Response(503))
    await server.http_client.call(asking(), deadline=0.05, cap=1000, retry=RETRY_IDEMPOTENT)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "changes", "error"),
    [
        (REFUSED, True, errors.Unavailable),
        (httpx.ConnectTimeout(CANARY), True, errors.Unavailable),
        (httpx.PoolTimeout(CANARY), True, errors.Unavailable),
        (CUT, True, errors.Ambiguous),
        (CUT, False, errors.Unavailable),
        (httpx.RemoteProtocolError(CANARY), True, errors.Ambiguous),
        (httpx.LocalProtocolError(CANARY), True, errors.Failed),
        (never, True, errors.Ambiguous),
        (never, False, errors.Unavailable),
    ],
)
async def test_lost_answer_has_the_right_error_without_secrets(
    answer: Exception | Respond,
    changes: bool,
    error: type[errors.Upstream],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server = Server(answer)
    request = asking(headers={"x-api-key": CANARY}, body={"a": CANARY}, changes=changes)
    with pytest.raises(error) as raised:
        await server.http_client.call(request, deadline=0.05, cap=1000, retry=NO_RETRY)
    assert type(raised.value) is error
    assert raised.value.__context__ is None
    assert CANARY not in f"{raised.value!r} {request!r} {vars(raised.value)} {caplog.text}"


async def test_successful_call_logs_no_url(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    await call(Server(httpx.Response(200)))
    assert CANARY not in caplog.text


async def test_malformed_header_is_not_quoted() -> None:
    server = Server(httpx.Response(200))
    with pytest.raises(errors.Failed) as failed:
        await call(server, asking(headers={"x-api-key": f"{CANARY}€"}))
    assert CANARY not in repr(failed.value)
    assert failed.value.__context__ is None
    assert server.requests == []


async def test_body_over_the_cap_is_not_read_to_its_end() -> None:
    body = Body(*[b"x" * 600] * 10)
    server = Server(httpx.Response(200, stream=body))
    with pytest.raises(errors.Ambiguous):
        await call(server)
    assert body.given == 2
    assert body.closed


async def test_refusal_over_the_cap_keeps_its_status() -> None:
    assert await call(Server(httpx.Response(403, stream=Body(b"x" * 6000)))) == 403


async def test_compressed_answer_is_not_decompressed() -> None:
    body = Body(b"x")
    server = Server(httpx.Response(200, stream=body, headers={"content-encoding": "gzip"}))
    with pytest.raises(errors.Ambiguous):
        await call(server)
    assert server.requests[0].headers["accept-encoding"] == "identity"
    assert body.given == 0
    assert body.closed


async def test_slow_body_ends_at_the_deadline() -> None:
    body = Body(b"x", hangs=True)
    server = Server(httpx.Response(200, stream=body))
    with pytest.raises(errors.Ambiguous):
        await server.http_client.call(asking(), deadline=0.02, cap=1000, retry=NO_RETRY)
    assert body.closed


async def test_redirect_is_not_followed() -> None:
    server = Server(httpx.Response(307, headers={"location": "https://elsewhere.test/"}))
    assert await call(server, retry=RETRY_IDEMPOTENT) == 307
    assert len(server.requests) == 1


async def test_cookies_are_not_kept() -> None:
    server = Server(lambda _: httpx.Response(200, headers={"set-cookie": "a=b"}))
    await call(server)
    await call(server)
    assert "cookie" not in server.requests[1].headers


async def test_refused_credentials_are_renewed_once() -> None:
    read: list[bool] = []

    async def auth(fresh: bool) -> Mapping[str, str]:
        read.append(fresh)
        return {"x-api-key": "new" if fresh else "old"}

    server = Server(httpx.Response(401))
    assert await call(server, asking(auth=auth)) == 401
    assert [request.headers["x-api-key"] for request in server.requests] == ["old", "new"]
    assert read == [False, True]


async def test_missing_credentials_mean_that_nothing_was_sent() -> None:
    async def auth(_fresh: bool) -> Mapping[str, str]:
        await asyncio.Event().wait()
        return {}

    server = Server(httpx.Response(200))
    with pytest.raises(errors.Unavailable):
        await server.http_client.call(
            asking(auth=auth), deadline=0.02, cap=1000, retry=RETRY_IDEMPOTENT
        )
    assert server.requests == []


async def test_cancelled_call_is_not_retried() -> None:
    server = Server(never)
    task = asyncio.create_task(call(server, retry=RETRY_IDEMPOTENT))
    while not server.requests:
        await checkpoint()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(server.requests) == 1


async def test_no_connection_before_the_first_call() -> None:
    http_client = HttpClient()
    assert http_client._client is None
    await http_client.close()


def test_only_the_http_adapter_imports_httpx() -> None:
    importing = {
        path.parent.relative_to(ROOT).as_posix()
        for folder in ("common", "functions")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"^\s*(import|from) httpx\b", path.read_text(), re.MULTILINE)
    }
    assert importing == {"common/adapters/http"}
