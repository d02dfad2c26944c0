"""A chat as a browser has it: over a real socket, event by event, until somebody goes away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from common.domain import errors
from common.domain.ids import ConversationId, UserId
from common.ports.agent import Delta, Finished, OnEvent
from infra.local.identity import LocalIdentity
from infra.local.server import serving
from tests.api.sse import Event, events
from tests.api.wire import EVENTS, ORIGIN, Wire, check_problem
from tests.support.fakes.agent import FakeAgent
from tests.support.harness import Harness, new_harness

LONG = "This is a sentence that goes on and on, for quite a while, and does not end soon. " * 3
ODD = "Line one.\nLine two.\r\n\n\u2028data: no\u2029event: done\x85\x0b\x1e Zoë 日本語 👩‍👩‍👧 \x00"


@pytest.fixture
def anyio_backend() -> str:
    """Real time: this is about sockets."""
    return "asyncio"


class HeldAgent(FakeAgent):
    """Says what it is told when it is told; None ends the reply."""

    def __init__(self) -> None:
        super().__init__()
        self.says: asyncio.Queue[str | BaseException | None] = asyncio.Queue()

    async def reply(
        self, user: UserId, session: ConversationId, message: str, take: OnEvent
    ) -> None:
        self.asked.append((user, session, message))  # type: ignore[arg-type]  # only counted here
        whole = False
        try:
            while (said := await self.says.get()) is not None:
                if isinstance(said, BaseException):
                    whole = True
                    raise said
                take(Delta(said))
            whole = True
            take(Finished(10))
        finally:
            self.ended += whole
            self.left += not whole


@pytest.fixture
def agent() -> HeldAgent:
    return HeldAgent()


@pytest.fixture
async def wire(local: LocalIdentity, agent: HeldAgent) -> AsyncIterator[Wire]:
    harness = new_harness(agent=agent, allowed_origins=(ORIGIN,))
    yield Wire(harness, local)
    await harness.store.close()


@pytest.fixture
async def client(wire: Wire) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serving(wire.everything()) as address,
        httpx.AsyncClient(
            base_url=address, timeout=10, trust_env=False, headers=wire.headers()
        ) as client,
    ):
        yield client


class Stream:
    """Events as they come off the wire: each chunk of the response holds whole ones."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._chunks = response.aiter_raw()
        self._came: list[Event] = []
        self.body = b""

    async def next(self) -> Event:
        while not self._came:
            chunk = await anext(self._chunks)
            self.body += chunk
            self._came = events(chunk)
        return self._came.pop(0)

    async def rest(self) -> list[Event]:
        self.body += b"".join([chunk async for chunk in self._chunks])
        return events(self.body)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(1_000):
        if await holds():
            return
        await asyncio.sleep(0.003)
    raise AssertionError("it never came to that")


async def settled(harness: Harness, conversation: str) -> None:
    """The lease is free, and nothing is set aside any more for a turn."""

    async def is_settled() -> bool:
        lease = (await harness.document(f"conversations/{conversation}")).get("lease")
        held = [(await harness.used(meter))[1] for meter in ("agent_tokens", "voice_characters")]
        return lease is None and held == [0, 0]

    await until(is_settled)
    assert not await harness.documents("turns")


async def talking(harness: Harness, session: str) -> None:
    async def is_talking() -> bool:
        return any(said.started for said in harness.avatars.sessions[session].mouth.said.values())  # type: ignore[index]

    await until(is_talking)


def was_cut(harness: Harness, session: str) -> bool:
    mouth = harness.avatars.sessions[session].mouth  # type: ignore[index]
    return any(said.interrupted for said in mouth.said.values())


async def test_each_event_comes_when_it_happens(
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
        stream = Stream(response)
        assert (await stream.next()).name == "turn"
        assert (await stream.next()).name == "speech"
        for word in ("One ", "two ", "three."):
            agent.says.put_nowait(word)
            assert await stream.next() == Event("text", {"text": word})
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
async def test_a_stream_begins_with_turn_and_ends_with_done_however_it_ends(
    client: httpx.AsyncClient,
    wire: Wire,
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
    await settled(wire.harness, stream[0].data["conversation_id"])


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (errors.Failed("agent", "nothing", kind="empty"), 502, "agent_empty"),
        (errors.Busy("agent", "full", retry_after=3), 503, "agent_busy"),
        (RuntimeError("canary-7f3a"), 500, "internal"),
    ],
)
async def test_as_json_a_turn_without_a_word_is_a_problem(
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
async def test_any_text_survives(client: httpx.AsyncClient, agent: HeldAgent, text: str) -> None:
    for each in (*(text[start : start + 7] for start in range(0, len(text), 7)), None):
        agent.says.put_nowait(each)
    answer = await client.post("/chat", json={"message": text[:99]}, headers={"accept": EVENTS})
    stream = events(answer.content)
    assert "".join(event.data["text"] for event in stream if event.name == "text") == text
    assert stream[-1].data["text"] == text
    by_lines = [line for line in answer.text.splitlines() if line]
    assert len(by_lines) == 2 * len(stream), "a reader that splits at every kind of line sees more"


async def test_a_reader_who_goes_away_ends_the_turn(
    client: httpx.AsyncClient, wire: Wire, agent: HeldAgent
) -> None:
    started = await wire.start()
    body = {"message": "Hi.", "conversation_id": started["conversation_id"]}
    async with client.stream("POST", "/chat", json=body, headers={"accept": EVENTS}) as response:
        stream = Stream(response)
        agent.says.put_nowait(LONG)
        assert (await stream.next()).name == "turn"
        await talking(wire.harness, started["avatar_session_id"])
    await settled(wire.harness, started["conversation_id"])
    assert (agent.left, agent.ended) == (1, 0)
    assert was_cut(wire.harness, started["avatar_session_id"])
    reply = await the_reply(wire.harness, started["conversation_id"])
    assert (reply["ended"], reply["text"]) == ("cancelled", LONG)


async def test_a_reader_who_goes_away_while_the_agent_is_silent_ends_the_turn(
    client: httpx.AsyncClient, wire: Wire, agent: HeldAgent
) -> None:
    async with client.stream(
        "POST", "/chat", json={"message": "Hi."}, headers={"accept": EVENTS}
    ) as response:
        turn = await Stream(response).next()
    await settled(wire.harness, turn.data["conversation_id"])
    assert (agent.left, agent.ended) == (1, 0)
    assert await wire.harness.used("agent_tokens") == (0, 0)


async def test_a_caller_who_stops_waiting_for_a_whole_turn_ends_it(
    client: httpx.AsyncClient, wire: Wire, agent: HeldAgent
) -> None:
    started = await wire.start()
    body = {"message": "Hi.", "conversation_id": started["conversation_id"]}
    key = {"idempotency-key": "k"}
    asking = asyncio.create_task(client.post("/chat", json=body, headers=key))
    agent.says.put_nowait(LONG)
    await talking(wire.harness, started["avatar_session_id"])
    asking.cancel()
    await settled(wire.harness, started["conversation_id"])
    assert (agent.left, agent.ended) == (1, 0)
    assert was_cut(wire.harness, started["avatar_session_id"])
    again = await client.post("/chat", json=body, headers=key)
    assert (again.status_code, again.json()["ended"]) == (200, "cancelled")
    assert again.json()["text"] == LONG


async def test_a_caller_who_stops_waiting_for_a_speech_ends_it(
    client: httpx.AsyncClient, wire: Wire
) -> None:
    session = (await wire.start())["avatar_session_id"]
    body = {"avatar_session_id": session, "text": LONG}
    key = {"idempotency-key": "k"}
    asking = asyncio.create_task(client.post("/speak", json=body, headers=key))
    await talking(wire.harness, session)
    asking.cancel()

    async def is_cut() -> bool:
        return was_cut(wire.harness, session) and wire.harness.avatars.lines[-1].closed

    await until(is_cut)

    async def is_answered() -> bool:
        return (await client.post("/speak", json=body, headers=key)).status_code == 200

    await until(is_answered)
    assert (await client.post("/speak", json=body, headers=key)).json()["ended"] == "interrupted"
    spoken = sum(map(len, wire.harness.voice.texts))
    assert await wire.harness.used("voice_characters") == (spoken, 0)


async def test_others_are_served_while_a_stream_is_held(
    client: httpx.AsyncClient, agent: HeldAgent, wire: Wire
) -> None:
    async with client.stream(
        "POST", "/chat", json={"message": "Hi."}, headers={"accept": EVENTS}
    ) as response:
        stream = Stream(response)
        await stream.next()
        started = await client.post("/start_avatar", json={}, headers=wire.headers("bob"))
        assert started.status_code == 201
        agent.says.put_nowait(None)
        assert (await stream.rest())[-1].name == "done"


@pytest.mark.parametrize("accept", [EVENTS, "application/json"])
async def test_a_server_that_stops_ends_the_turn(wire: Wire, agent: HeldAgent, accept: str) -> None:
    asking = asyncio.create_task(wire.call("chat", {"message": "Hi."}, headers={"accept": accept}))

    async def is_admitted() -> bool:
        return bool(await wire.harness.documents("turns"))

    await until(is_admitted)
    (conversation,) = [path for path in wire.dump() if path.count("/") == 1 and "conv" in path]
    await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.wait({asking})
    assert asking.cancelled()
    await settled(wire.harness, conversation.partition("/")[2])
    assert (agent.left, agent.ended) == (1, 0)


async def test_a_body_that_is_too_large_is_refused_on_the_wire(client: httpx.AsyncClient) -> None:
    check_problem(await client.post("/chat", content=b"{" * 1_000_000), 413, "invalid")


async def the_reply(harness: Harness, conversation: str) -> dict[str, object]:
    messages = await harness.documents(f"conversations/{conversation}/messages")
    (reply,) = [message for message in messages if message["role"] == "assistant"]
    return reply
