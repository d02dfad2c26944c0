"""Known faults that need a real adapter: over scripted HTTP answers, without a socket."""

import json
from typing import Any

import httpx
import pytest

from common.adapters.agent_engine.client import AgentEngine
from common.adapters.liveavatar.client import LiveAvatar
from common.domain.ids import AvatarSessionId
from tests.reliability.fault_injection import Simulation
from tests.reliability.known_faults.known import fixed
from tests.support.fakes.http import Body, Server, never
from tests.support.harness import chat_answer

ENGINE = "projects/p/locations/us-central1/reasoningEngines/1"
SESSION = AvatarSessionId("s")


async def key(_: bool) -> str:
    return "key"


async def bearer(_: bool) -> dict[str, str]:
    return {"authorization": "Bearer token"}


def liveavatar(*answers: Any) -> tuple[LiveAvatar, Server]:
    server = Server(*answers)
    return LiveAvatar("https://liveavatar.test", key, server.http_client), server


@fixed("A10", "a duration that the provider does not give counts as zero seconds")
@pytest.mark.parametrize("given", [{}, {"duration": None}, {"duration": "PT5M"}], ids=str)
async def test_a_duration_that_is_not_given_is_unknown(given: dict[str, Any]) -> None:
    data = {"id": SESSION, "end_at": "2026-11-10T12:10:00Z", **given}
    avatars, _ = liveavatar(httpx.Response(200, json={"code": 1000, "data": data}))
    record: Any = await avatars.record(SESSION)
    assert record.seconds is None


@fixed("B12", "a call that met silence is not tried again, though it is safe to repeat")
async def test_a_stop_is_tried_again_after_a_silence() -> None:
    avatars, server = liveavatar(never, httpx.Response(200, json={"code": 1000, "data": {}}))
    await avatars.stop(SESSION, "user")
    assert len(server.requests) == 2


@fixed("B11, attack 6", "an avatar that the provider does not know is a failure of ours")
async def test_an_unknown_avatar_is_a_mistake_of_the_caller(simulation: Simulation) -> None:
    refused = httpx.Response(422, json={"code": 4000, "message": "avatar_id: unknown"})
    avatars, _ = liveavatar(refused)
    simulation.harness.avatars = avatars  # type: ignore[assignment]  # the real one
    here = simulation.process()
    answered = await simulation.post(here, "start_avatar", {"avatar_id": "0"}, "start")
    assert answered.status == 422


LOST = {
    "class": {"author": "a", "error_code": "SessionNotFoundError", "error_message": "Session: c"},
    "500": {"code": 500, "message": "Session not found: c"},
    "400": {"code": 400, "message": "SessionNotFoundError: Session not found: c"},
}
"""Answers to a message in a lost agent session: an exception's class, or an error's code."""


@fixed("B6", "a lost agent session ends the conversation, but in one form")
@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
async def test_a_lost_agent_session_is_created_again(
    simulation: Simulation, lost: dict[str, Any]
) -> None:
    reply = {"author": "a", "content": {"role": "model", "parts": [{"text": "Hello."}]}}
    known_sessions = False

    def respond(request: httpx.Request) -> httpx.Response:
        nonlocal known_sessions
        if "/sessions" in request.url.path:
            known_sessions = True
            return httpx.Response(200, json={"done": True})
        line = json.dumps(reply if known_sessions else lost).encode()
        return httpx.Response(200, stream=Body(line + b"\n"))

    server = Server(respond)
    agent = AgentEngine(ENGINE, bearer, server.http_client)
    simulation.harness.agent = agent  # type: ignore[assignment]  # the real one
    here = simulation.process()
    first = await here.run(chat_answer(here.app, "Hello."))
    known_sessions = False
    again = await here.run(chat_answer(here.app, conversation_id=first.conversation_id))
    assert (first.text, again.text) == ("Hello.", "Hello.")


@fixed("attack 11", "a body that does not arrive is a failure of ours")
async def test_a_body_that_does_not_arrive_is_a_408(simulation: Simulation) -> None:
    here = simulation.process()
    answered = await simulation.post(here, "chat", {"message": "Hello."}, "chat", stall=True)
    assert answered.status == 408
