import json
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from infra.local.simulators.agent_engine import (
    AgentEngineState,
    Break,
    Error,
    Message,
    Pause,
    Step,
    Text,
    ToolRun,
)
from tests.local.agent_engine.turns import (
    ENGINE,
    LOCAL,
    SimulatorClock,
    client_for,
    mounted,
    parts_of,
    playing,
    stream,
    texts,
    turn_body,
)
from tests.local.serving import client_of


@pytest.fixture
def state() -> AgentEngineState:
    return playing()


@pytest.fixture
async def client(state: AgentEngineState) -> AsyncIterator[httpx.AsyncClient]:
    async with client_for(state) as client:
        yield client


async def test_stream_is_json_lines_with_and_without_alt() -> None:
    async with client_for(playing(Text("Hi there."))) as client:
        for params in ({}, {"alt": "sse"}):
            answer = await client.post(f"{ENGINE}:streamQuery", params=params, json=turn_body())
            assert answer.headers["content-type"] == "application/json"
            assert answer.text.endswith("}\n")
            assert all(isinstance(json.loads(line), dict) for line in answer.text.splitlines())


async def test_without_run_config_one_event_has_all_text() -> None:
    async with client_for(playing(Text("One. "), Text("Two."))) as client:
        (event,) = await stream(client, turn_body(streaming=False))
    assert texts([event]) == ["One. Two."]
    assert "partial" not in event
    assert event["finish_reason"] == "STOP"


async def test_deltas_are_followed_by_the_whole_text_and_usage() -> None:
    async with client_for(playing(Text("Good morning, Ada."))) as client:
        *deltas, last = await stream(client, turn_body())
    assert texts(deltas) == ["Good", " morning", ",", " Ada", "."]
    assert all(event["partial"] is True for event in deltas)
    assert last["partial"] is False
    assert texts([last]) == ["Good morning, Ada."]
    counted = last["usage_metadata"]
    assert counted["candidates_token_count"] == 5
    assert counted["total_token_count"] == counted["prompt_token_count"] + 5
    assert deltas[-1]["usage_metadata"] == counted  # adding up would count it twice


async def test_events_have_snake_case_keys_and_no_nulls() -> None:
    async with client_for(playing(Text("Hi."))) as client:
        events = await stream(client, turn_body())
    for event in events:
        assert None not in event.values()
        assert {"content", "invocation_id", "author", "id", "timestamp", "actions"} <= set(event)
        assert event["content"]["role"] == "model"
    assert len({event["invocation_id"] for event in events}) == 1
    assert len({event["id"] for event in events}) == len(events)


async def test_tool_call_is_sent_runs_silently_and_gets_a_response() -> None:
    call = ToolRun("get_time", {"timezone": "UTC"}, {"time": "noon"}, seconds=2)
    state = playing(Text("Let me see."), call, Text("It is noon."))
    async with client_for(state) as client:
        events = await stream(client, turn_body())
    announced = next(event for event in events if "function_call" in parts_of(event)[-1])
    whole, answered = events[events.index(announced) + 1 :][:2]
    call_id = parts_of(announced)[0]["function_call"]["id"]
    named = {"id": call_id, "name": "get_time"}
    called = {"function_call": {**named, "args": {"timezone": "UTC"}}}
    assert (announced["partial"], parts_of(announced)) == (True, [called])
    assert (whole["partial"], parts_of(whole)) == (False, [{"text": "Let me see."}, called])
    assert answered["content"]["role"] == "user"
    assert parts_of(answered) == [{"function_response": {**named, "response": {"time": "noon"}}}]
    assert answered["timestamp"] - whole["timestamp"] == pytest.approx(2)
    assert texts([events[-1]]) == ["It is noon."]


async def test_tokens_and_tools_take_the_configured_time() -> None:
    clock = SimulatorClock()
    steps = (Text("One two."), ToolRun("look"), Pause(0.4))
    state = AgentEngineState(script=lambda _message: steps, now=clock.now, sleep=clock.sleep)
    async with client_for(state) as client:
        await stream(client, turn_body())
    assert clock.slept == [0.025, 0.025, 0.025, 1.5, 0.4]


async def test_prompt_tokens_grow_with_the_session(
    state: AgentEngineState, client: httpx.AsyncClient
) -> None:
    state.sessions.create(ENGINE.removeprefix("/v1/"), "s1", {"userId": "ada"})
    prompts = [
        (await stream(client, turn_body(session_id="s1")))[-1]["usage_metadata"][
            "prompt_token_count"
        ]
        for _ in range(3)
    ]
    assert prompts == sorted(set(prompts))


async def test_error_event_has_no_content() -> None:
    steps = (Text("Well, "), Error("RESOURCE_EXHAUSTED", "The model is busy."))
    async with client_for(playing(*steps)) as client:
        *_, last = await stream(client, turn_body())
    assert last["error_code"] == "RESOURCE_EXHAUSTED"
    assert last["error_message"] == "The model is busy."
    assert "content" not in last


async def test_empty_script_answers_an_empty_200() -> None:
    async with client_for(playing(Pause(0))) as client:
        answer = await client.post(f"{ENGINE}:streamQuery", json=turn_body())
    assert (answer.status_code, answer.content) == (200, b"")


async def test_break_cuts_the_connection() -> None:
    steps = (Text("Half a"), Error("INTERNAL", "It broke."), Break(), Text("never"))
    state = playing(*steps)
    lines = []
    async with client_of(mounted(state), "/simulators/agent-engine") as client:
        url = f"{ENGINE}:streamQuery"
        with pytest.raises(httpx.RemoteProtocolError):  # noqa: PT012 - raised while reading
            async with client.stream("POST", url, json=turn_body(), headers=LOCAL) as answer:
                async for line in answer.aiter_lines():
                    lines += [json.loads(line)]
    assert texts(lines) == ["Half", " a"]
    assert lines[-1]["error_code"] == "INTERNAL"
    assert state.cut_short == 0


async def test_disconnect_of_the_caller_ends_the_turn() -> None:
    left = anyio.Event()

    async def sleep(seconds: float) -> None:
        try:
            await anyio.sleep(seconds)
        except BaseException:
            left.set()
            raise

    steps: list[Step] = [Text("Hello."), Pause(3600), Text("Bye.")]
    state = AgentEngineState(script=lambda _message: steps, token_seconds=0, sleep=sleep)
    async with (
        client_of(mounted(state), "/simulators/agent-engine") as client,
        client.stream("POST", f"{ENGINE}:streamQuery", json=turn_body(), headers=LOCAL) as answer,
    ):
        assert json.loads(await anext(answer.aiter_lines()))["partial"]
        assert state.open_streams == 1
        await answer.aclose()
        with anyio.fail_after(60):
            await left.wait()
    assert (state.turns, state.open_streams, state.cut_short) == (1, 0, 1)


async def test_temporary_state_reaches_the_script_and_is_not_stored() -> None:
    seen: list[Message] = []
    state = playing()
    state.script = lambda message: seen.append(message) or [Text("Yes.")]  # type: ignore[func-returns-value]
    delta = {"temp:google_access_token": "canary", "mood": "good"}
    session = state.sessions.create(ENGINE.removeprefix("/v1/"), "s1", {"userId": "ada"})
    async with client_for(state) as client:
        await stream(client, turn_body(session_id="s1", state_delta=delta))
    assert seen[0].state == delta
    assert session.state == {"mood": "good"}
    assert "canary" not in json.dumps(session.events)


async def test_effects_of_tools_are_journalled_in_order(
    state: AgentEngineState, client: httpx.AsyncClient
) -> None:
    await stream(client, turn_body("Send a mail to tom@example.test: lunch at noon?"))
    await stream(client, turn_body("What time is it?"))
    await stream(client, turn_body("Please write an e-mail to Priya, thank you."))
    effects = (await client.get("/effects")).json()["effects"]
    assert [(effect["tool"], effect["args"]) for effect in effects] == [
        ("send_mail", {"to": "tom@example.test", "text": "lunch at noon?"}),
        ("send_mail", {"to": "Priya", "text": "thank you."}),
    ]
    assert [effect.user_id for effect in state.effects] == ["ada", "ada"]
    assert (await client.delete("/effects")).status_code == 204
    assert len(state.effects) == 0


async def test_effect_of_a_tool_stands_when_the_caller_leaves() -> None:
    begun = anyio.Event()

    async def sleep(seconds: float) -> None:
        if seconds:
            begun.set()
        await anyio.sleep(seconds)

    steps: list[Step] = [ToolRun("send_mail", {"to": "tom"}, seconds=3600, effect=True)]
    state = AgentEngineState(script=lambda _message: steps, token_seconds=0, sleep=sleep)
    async with (
        client_of(mounted(state), "/simulators/agent-engine") as client,
        client.stream("POST", f"{ENGINE}:streamQuery", json=turn_body(), headers=LOCAL) as answer,
    ):
        with anyio.fail_after(60):
            await begun.wait()
        await answer.aclose()
        journal = (await client.get("/effects")).json()["effects"]
    assert [effect["args"] for effect in journal] == [{"to": "tom"}]
