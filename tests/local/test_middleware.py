"""The local stack's middleware: JSON for terminals, and one line for each request."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from common.observability.log import log
from infra.local.middleware.pretty_json import PrettyJson
from infra.local.middleware.request_lines import show_requests
from tests.local.stacks import Json, events, standing, started

CURL = {"user-agent": "curl/8.5.0"}


def app_of(response: Response) -> PrettyJson:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, send)

    return PrettyJson(app)


async def ask(response: Response, headers: dict[str, str]) -> httpx.Response:
    transport = httpx.ASGITransport(app_of(response))
    async with httpx.AsyncClient(transport=transport, base_url="http://local.test") as client:
        return await client.get("/", headers=headers)


@pytest.mark.parametrize("kind", ["application/json", "application/problem+json"])
async def test_json_for_a_terminal_is_indented_and_ends_with_a_newline(kind: str) -> None:
    answer = await ask(JSONResponse({"name": "Zoë", "ok": [1]}, media_type=kind), CURL)
    assert answer.text == '{\n  "name": "Zoë",\n  "ok": [\n    1\n  ]\n}\n'
    assert answer.headers["content-length"] == str(len(answer.content))


async def test_json_for_other_clients_is_unchanged() -> None:
    answer = await ask(JSONResponse({"ok": True}), {"user-agent": "Mozilla/5.0"})
    assert answer.content == b'{"ok":true}'


@pytest.mark.parametrize("body", [b"not JSON", b'{"cut": ', b""])
async def test_text_that_is_not_json_is_unchanged(body: bytes) -> None:
    answer = await ask(Response(body, media_type="application/json"), CURL)
    assert answer.content == body


async def test_other_types_are_unchanged() -> None:
    assert (await ask(PlainTextResponse('{"a":1}'), CURL)).text == '{"a":1}'


async def test_event_stream_for_a_terminal_is_unchanged(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, ada):
        ada.headers.update(CURL)
        names = [name async for name, _ in events(ada, {"message": "hello"})]
        assert (names[0], names[-1]) == ("turn", "done")


# ── request lines ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    handlers, level, propagate = list(log.handlers), log.level, log.propagate
    out = io.StringIO()
    show_requests(out)
    yield out
    log.handlers[:], log.level, log.propagate = handlers, level, propagate


def lines(out: io.StringIO) -> list[str]:
    """Return the lines with `N s` in place of the seconds."""
    return [" ".join(_without_seconds(line.split())) for line in out.getvalue().splitlines()]


def _without_seconds(words: list[str]) -> list[str]:
    return [
        "N" if following == "s" and float(word) >= 0 else word
        for word, following in zip(words, [*words[1:], ""], strict=True)
    ]


async def test_each_request_prints_one_line(tmp_path: Path, out: io.StringIO) -> None:
    async with standing(tmp_path) as (_, ada):
        session = (await started(ada))["avatar_session_id"]
        await ada.post("/api/end-session", json={"avatar_session_id": session})
        await ada.post("/start_avatar", headers={"authorization": ""})
        await ada.post("/speak", json={"avatar_session_id": "missing", "text": "Hi."})
        await ada.post("/local/sign-in", json={"name": "ada"})
        await ada.get("/missing")
        await ada.get("/docs/assets/swagger-ui.css")
    assert lines(out) == [
        "201 start_avatar N s ada",
        "200 end_session N s ada",
        "401 start_avatar N s unauthenticated",
        "404 speak N s ada not_found",
        "200 /local/sign-in N s",
        "404 /missing N s",
    ]


async def test_sweep_prints_a_line_only_if_it_did_something(
    tmp_path: Path, out: io.StringIO
) -> None:
    async with standing(tmp_path, idle_seconds=1) as (_, ada):
        await ada.post("/local/sweep")
    assert lines(out) == ["200 /local/sweep N s"]


def record(**fields: Any) -> Json:
    return {"event": "request", "function": "chat", "status": 200, "seconds": 0.5, **fields}


def test_operation_of_a_function_is_named(out: io.StringIO) -> None:
    log.info("", extra=record(operation="list_conversations"))
    assert lines(out) == ["200 list_conversations N s"]


@pytest.mark.parametrize(("did", "count"), [({"expired": 0}, 0), ({"expired": 1}, 1), ({}, 0)])
def test_sweep_that_did_nothing_is_left_out(
    out: io.StringIO, did: dict[str, int], count: int
) -> None:
    log.info("", extra=record(function="sweep_expired", did=did))
    log.info("", extra=record(function="sweep_expired", did=did, status=500))
    assert len(lines(out)) == count + 1


def test_warnings_are_printed_with_their_stack(out: io.StringIO) -> None:
    try:
        json.loads("{")
    except ValueError:
        log.exception("chat failed")
    assert out.getvalue().startswith("ERROR: chat failed\nTraceback")
    assert logging.getLogger("oprina.local").isEnabledFor(logging.WARNING)


class TtyBuffer(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("out")
def test_status_is_coloured_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = TtyBuffer()
    show_requests(terminal)
    for status in (200, 404, 503):
        log.info("", extra=record(status=status))
    assert terminal.getvalue().splitlines() == [
        f"\x1b[{colour}m{status}\x1b[0m chat 0.50 s"
        for colour, status in ((32, 200), (33, 404), (31, 503))
    ]
