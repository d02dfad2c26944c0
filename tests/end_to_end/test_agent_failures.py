"""The known failures of Agent Engine, with a stream and with one JSON answer."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from common.adapters.agent_engine.client import AgentEngine
from common.ports.dependencies import Dependencies
from infra.local.server import serving
from infra.local.simulators.agent_engine import Break, Error, Message, Pause, Step, Text
from infra.local.simulators.faults import Mode
from tests.api.sse import ServerSentEvent
from tests.end_to_end.scene import PROBLEM, Json, Scene, StackUser

SAID = "The first sentence. And the sec"
ASKED = "What happens now?"
FORMS = ("stream", "answer")


@dataclass(frozen=True)
class TurnOutcome:
    """The outcome of a turn in either form. `problem` is empty if nothing failed."""

    ended: str
    text: str
    problem: Json
    retry_after: str | None = None


def named(told: list[ServerSentEvent], name: str) -> list[Json]:
    return [event.data for event in told if event.name == name]


async def ask(person: StackUser, form: str, conversation: str) -> TurnOutcome:
    if form == "stream":
        return await asked_for_stream(person, conversation)
    answer = await person.call("chat", message=ASKED, conversation_id=conversation)
    body = answer.json()
    if answer.status_code == 200:
        assert body["text"]
        return TurnOutcome(body["ended"], body["text"], body.get("error", {}))
    assert answer.headers["content-type"] == PROBLEM
    assert body["status"] == answer.status_code
    return TurnOutcome("failed", "", body, answer.headers.get("retry-after"))


async def asked_for_stream(person: StackUser, conversation: str) -> TurnOutcome:
    told = await person.collect_events(ASKED, conversation_id=conversation)
    [done], problems = named(told, "done"), named(told, "error")
    assert done["text"] == "".join(text["text"] for text in named(told, "text"))
    assert len(problems) <= 1
    assert ("message_id" in done) == bool(done["text"])
    problem = problems[0] if problems else {}
    after = str(problem["retry_after"]) if "retry_after" in problem else None
    return TurnOutcome(done["ended"], done["text"], problem, after)


async def failed(told: TurnOutcome, code: str, status: int) -> None:
    assert (told.ended, told.text) == ("failed", "")
    assert (told.problem["code"], told.problem["status"]) == (code, status)


@dataclass
class UserBefore:
    """A user with a conversation, and the use that was charged before the test."""

    scene: Scene
    person: StackUser
    conversation: str
    tokens: int

    async def charged(self) -> int:
        """Return the use since then. Checks that no amount is reserved."""
        used, reserved = await self.scene.meter(self.person, "agent_tokens")
        assert reserved == 0
        return used - self.tokens

    async def cut(self, text: str) -> int:
        """Return the charge of a reply that was cut: the last prompt, and what was written."""
        document = await self.scene.document(f"conversations/{self.conversation}")
        assert document["last_prompt"] > 0
        return int(document["last_prompt"]) + -(-len(text) // 4)

    async def check_conversation_continues(self) -> None:
        """Check that the conversation goes on: no lease is left, and the agent answers."""
        document = await self.scene.document(f"conversations/{self.conversation}")
        assert document["lease"] is None
        self.scene.reset()
        told = await self.person.chat("hello", conversation_id=self.conversation)
        assert (told["ended"], "error" in told) == ("complete", False)


async def before(scene: Scene, url: str | None = None) -> UserBefore:
    talker = scene.person()
    first = await talker.chat()
    used, _ = await scene.meter(talker, "agent_tokens")
    assert used == first["usage"]["agent_tokens"] > 0
    caller = StackUser(talker.uid, talker.http, url or talker.url, talker.headers)
    return UserBefore(scene, caller, first["conversation_id"], used)


def breaks_off(_: Message) -> Iterable[Step]:
    yield Text(SAID)
    yield Error("INTERNAL", "the model broke")
    yield Break()


def is_cut(_: Message) -> Iterable[Step]:
    yield Text(SAID)
    yield Break()


def says_nothing(_: Message) -> Iterable[Step]:
    return ()


def fails_at_once(_: Message) -> Iterable[Step]:
    yield Error("INTERNAL", "the model failed")


def falls_silent(_: Message) -> Iterable[Step]:
    yield Text(SAID)
    yield Pause(60)


@pytest.mark.parametrize("form", FORMS)
async def test_429_before_the_stream_is_retried(scene: Scene, form: str) -> None:
    at = await before(scene)
    scene.faults.on("agent-engine", ":streamQuery", "429", times=2)
    asked = scene.faults.count("agent-engine", ":streamQuery")
    told = await ask(at.person, form, at.conversation)
    assert (told.ended, told.problem) == ("complete", {})
    assert scene.faults.count("agent-engine", ":streamQuery") == asked + 3
    assert await at.charged() > 0
    await at.check_conversation_continues()


@pytest.mark.parametrize("form", FORMS)
async def test_repeated_429_is_busy(scene: Scene, form: str) -> None:
    at = await before(scene)
    scene.faults.on("agent-engine", ":streamQuery", "429", times=None)
    asked = scene.faults.count("agent-engine", ":streamQuery")
    told = await ask(at.person, form, at.conversation)
    await failed(told, "agent_busy", 503)
    assert int(told.retry_after or 0) >= 1
    assert scene.faults.count("agent-engine", ":streamQuery") == asked + 3
    assert await at.charged() == 0
    await at.check_conversation_continues()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("script", "code"), [(breaks_off, "agent_failed"), (is_cut, "agent_broken")]
)
async def test_failed_turn_keeps_its_text_and_is_not_repeated(
    scene: Scene, form: str, script: Any, code: str
) -> None:
    at = await before(scene)
    scene.scripts[at.person.uid] = script
    turns = scene.agent.turns
    told = await ask(at.person, form, at.conversation)
    assert (told.ended, told.text, told.problem["code"]) == ("incomplete", SAID, code)
    assert scene.agent.turns == turns + 1
    assert await at.charged() == await at.cut(SAID)
    await at.check_conversation_continues()


@pytest.mark.parametrize("form", FORMS)
async def test_cut_stream_keeps_its_first_words(scene: Scene, form: str) -> None:
    at = await before(scene)
    scene.faults.on("agent-engine", ":streamQuery", "truncate", times=2)
    told = await ask(at.person, form, at.conversation)
    assert (told.ended, told.problem["code"]) == ("incomplete", "agent_broken")
    assert [fault.times for fault in scene.faults.active()] == [1], "asked once"
    assert await at.charged() == await at.cut(told.text)
    await at.check_conversation_continues()


@pytest.mark.parametrize("form", FORMS)
async def test_404_creates_the_session_again_once(scene: Scene, form: str) -> None:
    at = await before(scene)
    forget(scene, at)
    writes, turns = len(scene.agent._writes.taken), scene.agent.turns
    told = await ask(at.person, form, at.conversation)
    assert (told.ended, told.problem) == ("complete", {})
    assert len(scene.agent._writes.taken) == writes + 1
    assert scene.agent.turns == turns + 1
    await at.check_conversation_continues()


@pytest.mark.parametrize("form", FORMS)
async def test_repeated_404_is_not_found(scene: Scene, form: str) -> None:
    at = await before(scene)
    forget(scene, at)
    scene.faults.on(
        "agent-engine", "/sessions", "garbage", times=None
    )  # answers 200 without creating a session
    asked = scene.faults.count("agent-engine", ":streamQuery")
    await failed(await ask(at.person, form, at.conversation), "agent_missing", 502)
    assert scene.faults.count("agent-engine", ":streamQuery") == asked + 2
    assert await at.charged() == 0
    await at.check_conversation_continues()


def forget(scene: Scene, at: UserBefore) -> None:
    engine = scene.local.settings.agent_engine
    [session] = [s for s in scene.agent.sessions.of(engine) if s.user_id == at.person.uid]
    scene.agent.sessions.delete(session.name)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("script", "code"), [(says_nothing, "agent_empty"), (fails_at_once, "agent_failed")]
)
async def test_empty_reply_is_a_named_failure(
    scene: Scene, form: str, script: Any, code: str
) -> None:
    at = await before(scene)
    scene.scripts[at.person.uid] = script
    turns = scene.agent.turns
    await failed(await ask(at.person, form, at.conversation), code, 502)
    assert scene.agent.turns == turns + 1
    assert await at.charged() == await at.cut(""), "the agent may have run"
    await at.check_conversation_continues()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("refuse", "agent_broken"),
        ("reset", "agent_broken"),
        ("garbage", "agent_broken"),
        ("500", "agent_failed"),
    ],
)
async def test_silent_agent_is_not_asked_again(
    scene: Scene, form: str, mode: Mode, code: str
) -> None:
    at = await before(scene)
    scene.faults.on("agent-engine", ":streamQuery", mode, times=5)
    await failed(await ask(at.person, form, at.conversation), code, 502)
    assert [fault.times for fault in scene.faults.active()] == [4], "asked once"
    assert await at.charged() == await at.cut(""), "the agent may have run"
    await at.check_conversation_continues()


@pytest.mark.parametrize(
    ("mode", "code"),
    [("429", "agent_busy"), ("500", "agent_ambiguous"), ("reset", "agent_ambiguous")],
)
async def test_failed_session_ends_the_turn_and_the_next_creates_it(
    scene: Scene, mode: Mode, code: str
) -> None:
    """The agent session of a new conversation is created by the next turn."""
    person = scene.person()
    scene.faults.on("agent-engine", "/sessions", mode, times=None)
    asked = scene.faults.count("agent-engine", ":streamQuery")
    told = await person.collect_events()
    [error], [done] = named(told, "error"), named(told, "done")
    assert (done["ended"], error["code"], error["status"]) == ("failed", code, 503)
    assert scene.faults.count("agent-engine", ":streamQuery") == asked
    assert await scene.meter(person, "agent_tokens") == (0, 0)
    begun = UserBefore(scene, person, told[0].data["conversation_id"], 0)
    await begun.check_conversation_continues()


@pytest.mark.parametrize("mode", ["429", "refuse", "reset", "truncate"])
async def test_creating_a_session_is_retried(scene: Scene, mode: Mode) -> None:
    scene.faults.on("agent-engine", "/sessions", mode)
    assert (await scene.person().chat())["ended"] == "complete"


def gives_up_after_a_second(deps: Dependencies) -> Dependencies:
    agent = deps.agent
    assert isinstance(agent, AgentEngine)
    agent._idle_seconds = 1
    return deps


async def test_silent_agent_is_given_up(scene: Scene) -> None:
    """All cases run concurrently, so the test takes one deadline."""
    mute, stopping = [[await before(scene) for _ in FORMS] for _ in range(2)]
    for at in stopping:
        scene.scripts[at.person.uid] = falls_silent
    async with scene.process(gives_up_after_a_second) as url:

        async def told(at: UserBefore, form: str) -> TurnOutcome:
            person = StackUser(at.person.uid, at.person.http, url, at.person.headers)
            return await ask(person, form, at.conversation)

        halfway = [asyncio.create_task(told(*each)) for each in zip(stopping, FORMS, strict=True)]
        await scene.until(lambda: streams(scene, len(FORMS)))
        scene.faults.on("agent-engine", ":streamQuery", "timeout", times=None)
        for silent in await asyncio.gather(*map(told, mute, FORMS)):
            await failed(silent, "agent_silent", 502)
        for cut in await asyncio.gather(*halfway):
            assert (cut.ended, cut.text) == ("incomplete", SAID)
            assert cut.problem["code"] == "agent_silent"
    await scene.until(lambda: streams(scene, 0))
    assert [await at.charged() for at in mute] == [await at.cut("") for at in mute]
    assert [await at.charged() for at in stopping] == [await at.cut(SAID) for at in stopping]
    for at in (*mute, *stopping):
        await at.check_conversation_continues()


async def streams(scene: Scene, count: int) -> bool:
    return scene.agent.open_streams == count


@dataclass
class RefusingEngine:
    """An engine that has every session, and whose agent does not start."""

    asked: int = 0
    routes: list[Route] = field(init=False)

    async def stream(self, _: Request) -> JSONResponse:
        self.asked += 1
        message = "Reasoning Engine resource failed to start and cannot serve traffic."
        error = {"code": 400, "message": message, "status": "FAILED_PRECONDITION"}
        return JSONResponse({"error": error}, 400)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        engine = "projects/p/locations/us-central1/reasoningEngines/1"
        known = JSONResponse({"error": {"code": 409, "status": "ALREADY_EXISTS"}}, 409)
        made = Route(f"/v1beta1/{engine}/sessions", lambda _: known, methods=["POST"])
        turn = Route(f"/v1/{engine}:streamQuery", self.stream, methods=["POST"])
        async with serving(Starlette(routes=[made, turn])) as url:
            yield f"{url}/v1/{engine}"


@pytest.mark.parametrize("form", FORMS)
async def test_slow_first_token_does_not_repeat_the_request(scene: Scene, form: str) -> None:
    engine = RefusingEngine()
    async with engine.served() as address, scene.process(agent_engine_url=address) as url:
        at = await before(scene, url)
        await failed(await ask(at.person, form, at.conversation), "agent_failed", 502)
        assert engine.asked == 1
        assert await at.charged() == 0, "a refusal of the engine: the agent did not run"
        document = await scene.document(f"conversations/{at.conversation}")
        assert document["lease"] is None
