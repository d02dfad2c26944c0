"""The smoke test, on the local stack: what it says, and that it never leaves a session running."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.deploy.package import ROOT
from infra.local.simulators.faults import Fault
from infra.local.stack import Stack
from infra.smoke.run import addresses, smoke
from infra.smoke.sign_in import local as anybody
from infra.smoke.sign_in import sign_in_of
from infra.smoke.steps import STEPS
from tests.api.wire import EVERY
from tests.local.stacks import a_while, hurried, standing

BEFORE = STEPS[: STEPS.index("chat")]


async def visited(
    local: Stack,
    *,
    seconds: float = 20,
    hear: Callable[[str], None] = lambda _: None,
    **client: Any,
) -> tuple[int, list[str]]:
    """The exit code, and what was said; each line is heard as it comes."""
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        hear(line)

    async with httpx.AsyncClient(base_url=local.url, timeout=20, trust_env=False, **client) as http:
        code = await smoke(http, anybody, steps=STEPS, say=say, seconds=seconds)
    return code, said


def ran(said: list[str]) -> list[tuple[str, str]]:
    """Each step's verdict and name, in order."""
    return [(verdict, name) for verdict, name, *_ in map(str.split, said) if verdict in VERDICTS]


VERDICTS = {"ok", "FAILED"}


def provider(local: Stack) -> list[tuple[str, bool]]:
    """Each session's state at the provider, and whether it has ever run; but for tickets that nobody
    used: they run nothing and cost nothing."""
    sessions = local.worlds.liveavatar.sessions.values()
    return [(s.state, s.started is not None) for s in sessions if s.state != "created"]


async def test_a_stack_that_is_well_passes_each_step_in_order(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, _):
        code, said = await visited(local)
        assert (code, ran(said)) == (0, [("ok", step) for step in STEPS])
        assert said[-1].strip() == "nothing is left running"
        assert provider(local) == [("ended", True)]
        [session] = local.worlds.liveavatar.sessions.values()
        assert session.playback.utterances
        assert not any(each.interrupted for each in session.playback.utterances)


async def test_a_deployment_is_visited_at_the_addresses_that_terraform_tells(
    tmp_path: Path,
) -> None:
    async with standing(tmp_path) as (local, ada):
        told = json.dumps({name: f"{local.url}/{name}" for name in (*EVERY, "health")})
        base, at = addresses(told)
        token = ada.headers["authorization"].removeprefix("Bearer ")
        sign_in = sign_in_of({"OPRINA_SMOKE_TOKEN": token})
        said: list[str] = []
        async with httpx.AsyncClient(base_url=base, timeout=20, trust_env=False) as http:
            assert await smoke(http, sign_in, at=at, steps=STEPS, say=said.append) == 0
        assert ran(said) == [("ok", step) for step in STEPS]
        assert provider(local) == [("ended", True)]


async def test_it_can_be_run_again_at_once(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, _):
        codes = [(await visited(local))[0] for _ in range(2)]
        assert codes == [0, 0]
        assert provider(local) == [("ended", True)] * 2


FAULTS = {
    "the agent": (Fault(service="agent-engine", path="streamQuery", mode="500", times=0), "error"),
    "the voice": (Fault(service="google-speech", mode="500", times=0), "speech"),
}


@pytest.mark.parametrize("which", FAULTS)
async def test_a_failure_in_the_middle_is_named_and_leaves_no_session_running(
    tmp_path: Path, which: str
) -> None:
    fault, named = FAULTS[which]
    async with standing(tmp_path) as (local, _):
        local.worlds.faults.add(fault)
        code, said = await visited(local)
        assert (code, ran(said)) == (1, [*(("ok", step) for step in BEFORE), ("FAILED", "chat")])
        assert f"the turn has {named}" in said[-2]
        assert said[-1].endswith("is ended")
        assert provider(local) == [("ended", True)]


async def test_it_gives_up_in_time_and_leaves_no_session_running(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, _):
        local.worlds.faults.add(Fault(service="agent-engine", path="streamQuery", mode="timeout"))
        code, said = await visited(local, seconds=2)
        assert (code, ran(said)[-1]) == (1, ("FAILED", "chat"))
        assert "not within 2 s" in said[-2]
        assert provider(local) == [("ended", True)]


async def test_it_is_interrupted_and_leaves_no_session_running(tmp_path: Path) -> None:
    async with standing(tmp_path, hurried(synthesize=a_while)) as (local, _):
        began = asyncio.Event()
        visit = asyncio.create_task(
            visited(local, hear=lambda line: began.set() if "start_avatar" in line else None)
        )
        await began.wait()
        assert provider(local) == [("running", True)]
        visit.cancel()
        await asyncio.wait([visit])
        assert visit.cancelled()
        assert provider(local) == [("ended", True)]


class Deaf(httpx.AsyncBaseTransport):
    """Loses the first answer to a start: it happened, and the caller does not know."""

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


async def test_a_session_whose_start_was_never_answered_is_ended_as_well(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, _):
        code, said = await visited(local, transport=Deaf())
        assert (code, ran(said)[-1]) == (1, ("FAILED", "start_avatar"))
        # Asking once more may have fetched a ticket that nobody uses, which costs nothing.
        assert [each for each in provider(local) if each != ("created", False)] == [("ended", True)]


async def test_a_start_that_is_refused_is_not_tried_again(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, _):
        fault = Fault(service="liveavatar", path="/v1/sessions/start", mode="429")
        local.worlds.faults.add(fault)
        code, said = await visited(local)
        assert (code, ran(said)[-1]) == (1, ("FAILED", "start_avatar"))
        assert "answered 503" in said[-2]
        assert ("running", True) not in provider(local)


async def test_a_session_that_cannot_be_ended_is_said_aloud(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, _):
        local.worlds.faults.add(
            Fault(service="liveavatar", path="/v1/sessions/stop", mode="500", times=0)
        )
        code, said = await visited(local)
        assert (code, ran(said)[-1]) == (1, ("FAILED", "end_session"))
        assert "the session is ending, not ended" in said[-2]
        assert said[-1].endswith("is ending")


async def test_an_open_door_is_a_failure_and_nothing_is_started() -> None:
    seen: list[str] = []

    def open_to_all(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(200 if request.url.path == "/speak" else 401, json={})

    said: list[str] = []
    transport = httpx.MockTransport(open_to_all)
    async with httpx.AsyncClient(base_url="http://oprina.test", transport=transport) as http:
        assert await smoke(http, anybody, steps=STEPS[1:], say=said.append) == 1
    assert "/speak answers a stranger 200" in said[0]
    assert seen == ["/start_avatar", "/chat", "/speak"]


@pytest.mark.parametrize(("status", "word"), [(200, "degraded"), (503, "ok"), (404, "ok")])
async def test_nothing_is_tried_where_health_is_not_ok(status: int, word: str) -> None:
    said: list[str] = []
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json={"status": word}))
    async with httpx.AsyncClient(base_url="http://oprina.test", transport=transport) as http:
        assert await smoke(http, anybody, say=said.append) == 1
    assert ran(said) == [("FAILED", "health")]


async def command(where: str) -> tuple[int | None, str, str]:
    """Its exit code, what it said, and its complaints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "infra.smoke", where),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaint = await process.communicate()
    return process.returncode, said.decode(), complaint.decode()


async def test_as_a_command_it_says_a_line_and_exits_with_one() -> None:
    code, said, complaint = await command("http://127.0.0.1:9")
    assert (code, ran(said.splitlines()), complaint) == (1, [("FAILED", "health")], "")


@pytest.mark.parametrize("where", ["localhost:8080", '{"chat": ', "", "[]", "null"])
async def test_where_it_is_is_an_address_or_json(where: str) -> None:
    code, said, complaint = await command(where)
    assert (code, said) == (1, "")
    assert complaint.startswith("neither an address (http...) nor the addresses as JSON")
