"""Chat over a real socket: each event when it happens, and what a disconnect does."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from common.domain import errors
from infra.local.identity import LocalIdentity
from infra.local.plain_http import plain_client
from infra.local.server import serving
from tests.api.client import EVENTS, ORIGIN, FunctionClient, check_problem
from tests.api.sse import ServerSentEvent, events
from tests.api.streams import (
    EventReader,
    HeldAgent,
    stored_reply,
    wait_until,
    wait_until_settled,
    wait_until_speaking,
    was_interrupted,
)
from tests.support.harness import new_harness

LONG = "This is a sentence that goes on and on, for quite a while, and does not end soon. " * 3
ODD = "Line one.\nLine two.\r\n\n\u2028data: no\u2029event: done\x85\x0b\x1e Zoë 日本語 👩‍👩‍👧 \x00"


@pytest.fixture
def anyio_backend() -> str:
    """Sockets need real time."""
    return "asyncio"


@pytest.fixture
def agent() -> HeldAgent:
    return HeldAgent()


@pytest.fixture
async def api(local: LocalIdentity, agent: HeldAgent) -> AsyncIterator[FunctionClient]:
    harness = new_harness(agent=agent, allowed_origins=(ORIGIN,))
    yield FunctionClient(harness, local)
    await harness.store.close()


@pytest.fixture
async def client(api: FunctionClient) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(api.everything()) as address,
        plain_client(base_url=address, timeout=10, headers=api.headers()) as client,
    ):
        yield client


async def test_each_event_is_sent_when_it_happens(
    client: httpx.AsyncClient, agent: HeldAgent
) -> None:
    async with client.stream(
        "POST", "/chat", json={"message": "Hi."}, headers={"accept": EVENTS, "origin": ORIGIN}
    ) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "no-cache" in response.headers["cache-control"].split(", ")
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert "content-length" not in response.headers
        assert "content-encoding" not in response.headers
        stream = EventReader(response)
        assert (await stream.next()).name == "turn"
        assert (await stream.next()).name == "speech"
        for word in ("One ", "two ", "three."):
            agent.says.put_nowait(word)
            assert await stream.next() == ServerSentEvent("text", {"text": word})
        agent.says.put_nowait(None)
        names = [event.name for event in await stream.rest()]
    assert names == ["turn", "speech", "text", "text", "text", "usage", "done"]


@pytest.mark.parametrize(
    ("said", "ended", "code"),
    [
        (["Hello.", None], "complete", None),
        ([None], "complete", None),
        (["Half", errors.Failed("agent", "cut", kind="broken")], "incomplete", "agent_broken"),
        ([errors.Failed("agent", "nothing", kind="empty")], "failed", "agent_empty"),
        ([errors.Busy("agent", "full", retry_after=3)], "failed", "agent_busy"),
        (["Half", RuntimeError("canary-7f3a")], "incomplete", "internal"),
        ([RuntimeError("canary-7f3a")], "failed", "internal"),
    ],
)
async def test_every_stream_begins_with_turn_and_ends_with_done(
    client: httpx.AsyncClient,
    api: FunctionClient,
    agent: HeldAgent,
    said: list[str | BaseException | None],
    ended: str,
    code: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for each in said:
        agent.says.put_nowait(each)
    answer = await client.post("/chat", json={"message": "Hi."}, headers={"accept": EVENTS})
    stream = events(answer.content)
    assert [stream[0].name, stream[-1].name] == ["turn", "done"]
    assert [event.name for event in stream].count("done") == 1
    assert stream[-1].data["ended"] == ended
    assert [e.data["code"] for e in stream if e.name == "error"] == ([code] if code else [])
    assert b"canary" not in answer.content
    assert ("canary" in caplog.text) == (code == "internal")
    await wait_until_settled(api.harness, stream[0].data["conversation_id"])


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (errors.Failed("agent", "nothing", kind="empty"), 502, "agent_empty"),
        (errors.Busy("agent", "full", retry_after=3), 503, "agent_busy"),
        (RuntimeError("canary-7f3a"), 500, "internal"),
    ],
)
async def test_a_turn_without_a_reply_is_a_problem_as_json(
    client: httpx.AsyncClient,
    agent: HeldAgent,
    said: BaseException,
    status: int,
    code: str,
) -> None:
    agent.says.put_nowait(said)
    answer = await client.post("/chat", json={"message": "Hi."}, headers={"origin": ORIGIN})
    check_problem(answer, status, code)
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "canary" not in answer.text


@pytest.mark.parametrize("text", [ODD, "🙂" * 500, "a\n" * 300])
async def test_any_text_is_transmitted_unchanged(
    client: httpx.AsyncClient, agent: HeldAgent, text: str
) -> None:
    for each in (*(text[start : start + 7] for start in range(0, len(text), 7)), None):
        agent.says.put_nowait(each)
    answer = await client.post("/chat", json={"message": text[:99]}, headers={"accept": EVENTS})
    stream = events(answer.content)
    assert "".join(event.data["text"] for event in stream if event.name == "text") == text
    assert stream[-1].data["text"] == text
    by_lines = [line for line in answer.text.splitlines() if line]
    assert len(by_lines) == 2 * len(stream), (
        "a client that splits at every line end of Unicode sees more lines"
    )


async def test_a_disconnect_ends_the_turn(
    client: httpx.AsyncClient, api: FunctionClient, agent: HeldAgent
) -> None:
    started = await api.start()
    body = {"message": "Hi.", "conversation_id": started["conversation_id"]}
    async with client.stream("POST", "/chat", json=body, headers={"accept": EVENTS}) as response:
        stream = EventReader(response)
        agent.says.put_nowait(LONG)
        assert (await stream.next()).name == "turn"
        await wait_until_speaking(api.harness, started["avatar_session_id"])
    await wait_until_settled(api.harness, started["conversation_id"])
    assert (agent.left, agent.ended) == (1, 0)
    assert was_interrupted(api.harness, started["avatar_session_id"])
    reply = await stored_reply(api.harness, started["conversation_id"])
    assert (reply["ended"], reply["text"]) == ("cancelled", LONG)


async def test_a_disconnect_during_silence_ends_the_turn(
    client: httpx.AsyncClient, api: FunctionClient, agent: HeldAgent
) -> None:
    async with client.stream(
        "POST", "/chat", json={"message": "Hi."}, headers={"accept": EVENTS}
    ) as response:
        turn = await EventReader(response).next()
    await wait_until_settled(api.harness, turn.data["conversation_id"])
    assert (agent.left, agent.ended) == (1, 0)
    reserved = api.harness.settings.turn_tokens
    assert await api.harness.used("agent_tokens") == (reserved, 0), "nothing is known of the use"


async def test_a_disconnect_before_a_json_answer_ends_the_turn(
    client: httpx.AsyncClient, api: FunctionClient, agent: HeldAgent
) -> None:
    started = await api.start()
    body = {"message": "Hi.", "conversation_id": started["conversation_id"]}
    key = {"idempotency-key": "k"}
    asking = asyncio.create_task(client.post("/chat", json=body, headers=key))
    agent.says.put_nowait(LONG)
    await wait_until_speaking(api.harness, started["avatar_session_id"])
    asking.cancel()
    await wait_until_settled(api.harness, started["conversation_id"])
    assert (agent.left, agent.ended) == (1, 0)
    assert was_interrupted(api.harness, started["avatar_session_id"])
    again = await client.post("/chat", json=body, headers=key)
    assert (again.status_code, again.json()["ended"]) == (200, "cancelled")
    assert again.json()["text"] == LONG


async def test_a_disconnect_ends_a_speech(client: httpx.AsyncClient, api: FunctionClient) -> None:
    session = (await api.start())["avatar_session_id"]
    body = {"avatar_session_id": session, "text": LONG}
    key = {"idempotency-key": "k"}
    asking = asyncio.create_task(client.post("/speak", json=body, headers=key))
    await wait_until_speaking(api.harness, session)
    asking.cancel()

    async def is_cut() -> bool:
        return was_interrupted(api.harness, session) and api.harness.avatars.connections[-1].closed

    await wait_until(is_cut)

    async def is_answered() -> bool:
        return (await client.post("/speak", json=body, headers=key)).status_code == 200

    await wait_until(is_answered)
    assert (await client.post("/speak", json=body, headers=key)).json()["ended"] == "interrupted"
    spoken = sum(map(len, api.harness.voice.texts))
    assert await api.harness.used("voice_characters") == (spoken, 0)


async def test_other_requests_are_served_during_a_stream(
    client: httpx.AsyncClient, agent: HeldAgent, api: FunctionClient
) -> None:
    async with client.stream(
        "POST", "/chat", json={"message": "Hi."}, headers={"accept": EVENTS}
    ) as response:
        stream = EventReader(response)
        await stream.next()
        started = await client.post("/start_avatar", json={}, headers=api.headers("bob"))
        assert started.status_code == 201
        agent.says.put_nowait(None)
        assert (await stream.rest())[-1].name == "done"


@pytest.mark.parametrize("accept", [EVENTS, "application/json"])
async def test_a_stopping_server_ends_the_turn(
    api: FunctionClient, agent: HeldAgent, accept: str
) -> None:
    asking = asyncio.create_task(api.call("chat", {"message": "Hi."}, headers={"accept": accept}))

    async def is_asked() -> bool:
        return bool(agent.asked)

    await wait_until(is_asked)
    (conversation,) = [path for path in api.dump() if path.count("/") == 1 and "conv" in path]
    asking.cancel()
    await asyncio.wait({asking})
    assert asking.cancelled()
    await wait_until_settled(api.harness, conversation.partition("/")[2])
    assert (agent.left, agent.ended) == (1, 0)


async def test_a_large_body_is_refused_over_a_socket(client: httpx.AsyncClient) -> None:
    check_problem(await client.post("/chat", content=b"{" * 1_000_000), 413, "invalid")
