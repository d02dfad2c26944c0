"""The smoke test on the local stack: its output, and that it leaves no session running."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.deploy.package import ROOT
from infra.local.plain_http import plain_client
from infra.local.simulators.faults import ServiceFault
from infra.local.stack import Stack
from infra.registry import declarations
from infra.smoke.run import addresses, smoke
from infra.smoke.sign_in import local as local_user
from infra.smoke.sign_in import sign_in_of
from infra.smoke.steps import STEPS
from tests.local.stacks import a_while, hurried, standing

BEFORE = STEPS[: STEPS.index("chat")]


async def run_smoke(
    local: Stack,
    *,
    seconds: float = 20,
    watch: Callable[[str], None] = lambda _: None,
    **client: Any,
) -> tuple[int, list[str]]:
    """Return the exit code and the output. `watch` gets each line when it is printed."""
    output: list[str] = []

    def say(line: str) -> None:
        output.append(line)
        watch(line)

    async with plain_client(base_url=local.url, timeout=20, **client) as http:
        code = await smoke(http, local_user, steps=STEPS, say=say, seconds=seconds)
    return code, output


def ran(output: list[str]) -> list[tuple[str, str]]:
    """Return the verdict and the name of each step."""
    return [(verdict, name) for verdict, name, *_ in map(str.split, output) if verdict in VERDICTS]


VERDICTS = {"ok", "FAILED"}


def provider(local: Stack) -> list[tuple[str, bool]]:
    """Return each session's state at the provider, and whether it was started.

    Unused session tokens are left out: they cost nothing.
    """
    sessions = local.simulators.liveavatar.sessions.values()
    return [(s.state, s.started is not None) for s in sessions if s.state != "created"]


async def test_every_step_passes_on_a_healthy_stack(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, _):
        code, output = await run_smoke(local)
        assert (code, ran(output)) == (0, [("ok", step) for step in STEPS])
        assert output[-1].strip() == "no avatar session is left running"
        assert provider(local) == [("ended", True)]
        [session] = local.simulators.liveavatar.sessions.values()
        assert session.playback.utterances
        assert not any(each.interrupted for each in session.playback.utterances)


async def test_a_deployment_is_tested_at_the_addresses_of_terraform(
    tmp_path: Path,
) -> None:
    async with standing(tmp_path) as (local, ada):
        urls = json.dumps({name: f"{local.url}/{name}" for name in declarations()})
        token = ada.headers["authorization"].removeprefix("Bearer ")
        sign_in = sign_in_of({"OPRINA_SMOKE_TOKEN": token})
        output: list[str] = []
        async with plain_client(timeout=20) as http:
            where = addresses(urls)
            assert await smoke(http, sign_in, where=where, steps=STEPS, say=output.append) == 0
        assert ran(output) == [("ok", step) for step in STEPS]
        assert provider(local) == [("ended", True)]


async def test_it_can_be_run_twice(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, _):
        codes = [(await run_smoke(local))[0] for _ in range(2)]
        assert codes == [0, 0]
        assert provider(local) == [("ended", True)] * 2


FAULTS = {
    "the agent": (
        ServiceFault(service="agent-engine", path="streamQuery", mode="500", times=0),
        "error",
    ),
    "the voice": (ServiceFault(service="google-speech", mode="500", times=0), "speech"),
}


@pytest.mark.parametrize("which", FAULTS)
async def test_a_failed_step_leaves_no_session_running(tmp_path: Path, which: str) -> None:
    fault, named = FAULTS[which]
    async with standing(tmp_path) as (local, _):
        local.simulators.faults.add(fault)
        code, output = await run_smoke(local)
        assert (code, ran(output)) == (1, [*(("ok", step) for step in BEFORE), ("FAILED", "chat")])
        assert f"the turn has {named}" in output[-2]
        assert output[-1].endswith("is ended")
        assert provider(local) == [("ended", True)]


async def test_a_time_out_leaves_no_session_running(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, _):
        local.simulators.faults.add(
            ServiceFault(service="agent-engine", path="streamQuery", mode="timeout")
        )
        code, output = await run_smoke(local, seconds=2)
        assert (code, ran(output)[-1]) == (1, ("FAILED", "chat"))
        assert "not done within 2 s" in output[-2]
        assert provider(local) == [("ended", True)]


async def test_an_interrupted_run_leaves_no_session_running(tmp_path: Path) -> None:
    async with standing(tmp_path, hurried(synthesize=a_while)) as (local, _):
        began = asyncio.Event()
        run = asyncio.create_task(
            run_smoke(local, watch=lambda line: began.set() if "start_avatar" in line else None)
        )
        await began.wait()
        assert provider(local) == [("running", True)]
        run.cancel()
        await asyncio.wait([run])
        assert run.cancelled()
        assert provider(local) == [("ended", True)]


class LosesFirstStart(httpx.AsyncBaseTransport):
    """Lose the first answer to `start_avatar`: the session runs, and the caller does not know
    it."""

    def __init__(self) -> None:
        self._inner = httpx.AsyncHTTPTransport()
        self._lost = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        if request.url.path == "/start_avatar" and answer.status_code == 201 and not self._lost:
            await answer.aread()
            self._lost += 1
            raise httpx.ReadTimeout("lost", request=request)
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


async def test_a_session_whose_start_was_not_answered_is_ended(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, _):
        code, output = await run_smoke(local, transport=LosesFirstStart())
        assert (code, ran(output)[-1]) == (1, ("FAILED", "start_avatar"))
        # The second start may have created a session token that is not used. It costs nothing.
        assert [each for each in provider(local) if each != ("created", False)] == [("ended", True)]


async def test_a_refused_start_is_not_tried_again(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, _):
        fault = ServiceFault(service="liveavatar", path="/v1/sessions/start", mode="429")
        local.simulators.faults.add(fault)
        code, output = await run_smoke(local)
        assert (code, ran(output)[-1]) == (1, ("FAILED", "start_avatar"))
        assert "answered 503" in output[-2]
        assert ("running", True) not in provider(local)


async def test_a_session_that_cannot_be_ended_is_reported(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, _):
        local.simulators.faults.add(
            ServiceFault(service="liveavatar", path="/v1/sessions/stop", mode="500", times=0)
        )
        code, output = await run_smoke(local)
        assert (code, ran(output)[-1]) == (1, ("FAILED", "end_session"))
        assert "the session is ending, not ended" in output[-2]
        assert output[-1].endswith("is ending")


async def test_a_function_that_needs_no_token_fails_the_test() -> None:
    seen: list[str] = []

    def speak_is_open(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(200 if request.url.path == "/speak" else 401, json={})

    output: list[str] = []
    transport = httpx.MockTransport(speak_is_open)
    async with httpx.AsyncClient(base_url="http://oprina.test", transport=transport) as http:
        assert await smoke(http, local_user, steps=STEPS[1:], say=output.append) == 1
    assert "POST /speak answers 200 to a request without a token" in output[0]
    assert "/chat" in seen
    assert seen[-1] == "/speak"


async def test_every_route_that_needs_a_token_is_tried_without_one() -> None:
    seen: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        assert "authorization" not in request.headers
        return httpx.Response(401)

    transport = httpx.MockTransport(refuse)
    async with httpx.AsyncClient(base_url="http://oprina.test", transport=transport) as http:
        assert await smoke(http, local_user, steps=["no_token"], say=lambda _: None) == 0
    routes = [each.route for function in declarations().values() for each in function.operations]
    assert len(seen) == sum(route.callers != "public" for route in routes)
    assert {"/chat", "/sweep_expired"} <= set(seen)


@pytest.mark.parametrize(("status", "word"), [(200, "degraded"), (503, "ok"), (404, "ok")])
async def test_nothing_runs_after_a_failed_health_check(status: int, word: str) -> None:
    output: list[str] = []
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json={"status": word}))
    async with httpx.AsyncClient(base_url="http://oprina.test", transport=transport) as http:
        assert await smoke(http, local_user, say=output.append) == 1
    assert ran(output) == [("FAILED", "health")]


async def command(where: str) -> tuple[int | None, str, str]:
    """Return the exit code, the output and the errors."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "infra.smoke", where),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


async def test_the_command_prints_the_failed_step_and_exits_with_one() -> None:
    code, output, errors = await command("http://127.0.0.1:9")
    assert (code, ran(output.splitlines()), errors) == (1, [("FAILED", "health")], "")


@pytest.mark.parametrize("where", ["localhost:8080", '{"chat": ', "", "[]", "null"])
async def test_where_must_be_an_address_or_json(where: str) -> None:
    code, output, errors = await command(where)
    assert (code, output) == (1, "")
    assert errors.startswith(
        "WHERE must be an address (http...) or the functions' addresses as JSON"
    )
