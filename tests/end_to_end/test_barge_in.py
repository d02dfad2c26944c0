"""Interruptions of the avatar. The times are those at which messages reached the provider."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace

import httpx
import pytest

from infra.local.simulators.agent_engine import Message, Pause, Step, Text
from tests.api.sse import ServerSentEvent
from tests.end_to_end.scene import Json, Scene, StackUser
from tests.support.machine import measure_delay

WITHIN = 2.0
"""Seconds from the request's leaving to the interruption's arrival at the provider. The 100 ms are
held on a clock of our own, in `tests/unit/conversations/test_chat.py`."""
LONG = "This is a sentence that takes the avatar ten seconds to say. "


def tells_a_story(message: Message) -> Iterable[Step]:
    if "story" not in message.text:
        yield Text("Very well.")
        return
    yield Text(LONG * 2)
    yield Pause(30)  # the agent has not finished either
    yield Text(LONG)


@dataclass
class SpeakingAvatar:
    """An avatar in the middle of a long sentence, and the stream of its turn."""

    scene: Scene
    person: StackUser
    session: str
    conversation: str
    stream: AsyncGenerator[ServerSentEvent, None]

    async def rest(self) -> list[ServerSentEvent]:
        return [event async for event in self.stream]

    async def cut_at(self, since: float) -> float:
        """Return the time at which the first interruption since then arrived."""
        entries = (await self.scene.journal(self.session))["entries"]
        arrived = [
            entry["seconds"]
            for entry in entries
            if (entry["kind"], entry.get("type")) == ("message", "agent.interrupt")
        ]
        return float(next(at for at in arrived if at >= since))


async def told(scene: Scene, person: StackUser) -> AsyncIterator[SpeakingAvatar]:
    scene.scripts[person.uid] = tells_a_story
    begun = await person.start()
    conversation = begun["conversation_id"]
    async with aclosing(person.follow("Tell me a story.", conversation_id=conversation)) as stream:
        async for event in stream:
            if (event.name, event.data.get("state")) == ("speech", "started"):
                break
        yield SpeakingAvatar(scene, person, begun["avatar_session_id"], conversation, stream)
    body = {"avatar_session_id": begun["avatar_session_id"]}
    assert (await person.call("end_session", **body)).json()["state"] == "ended"


@pytest.fixture
async def story(scene: Scene) -> AsyncIterator[SpeakingAvatar]:
    async for story in told(scene, scene.person()):
        yield story


@pytest.fixture(scope="module")
async def elsewhere(stage: Scene) -> AsyncIterator[str]:
    """Yield another process that has served a request before."""
    async with stage.process() as url:
        person = stage.person(url)
        begun = await person.start()
        await person.chat(conversation_id=begun["conversation_id"])
        body = {"avatar_session_id": begun["avatar_session_id"]}
        await person.call("end_session", **body)
        yield url


async def barge_in(story: SpeakingAvatar, person: StackUser, how: str) -> httpx.Response:
    if how == "chat":
        here = {"conversation_id": story.conversation, "wait": False}
        return await person.call("chat", message="hello", **here)
    words = {"text": "Excuse me."} if how == "speak" else {"interrupt": True}
    return await person.call("speak", avatar_session_id=story.session, wait=False, **words)


async def interrupts(story: SpeakingAvatar, person: StackUser, how: str) -> Json:
    """Interrupt the story, and return the answer of the interrupting request."""
    sent = story.scene.seconds()
    async with measure_delay() as delay:
        rest, answer = await asyncio.gather(story.rest(), barge_in(story, person, how))
    assert await story.cut_at(sent) - sent - delay.seconds <= WITHIN
    assert answer.status_code == 200, answer.text
    done = rest[-1]
    assert (done.name, done.data["ended"]) == ("done", "interrupted")
    assert LONG.startswith(done.data["spoken"])
    interrupted = [each.data for each in rest if each.data.get("state") == "interrupted"]
    assert len(interrupted) == 1
    seen = await story.scene.journal(story.session)
    assert seen["utterances"][0]["interrupted"]
    assert seen["utterances"][0]["played_seconds"] < 10
    told: Json = answer.json()
    return told


@pytest.mark.parametrize("how", ["chat", "speak", "interrupt"])
async def test_newer_turn_interrupts_the_older_one(story: SpeakingAvatar, how: str) -> None:
    turns = story.scene.agent.cut_short
    told = await interrupts(story, story.person, how)
    assert story.scene.agent.cut_short == turns + 1, "the agent is not read any further"
    await check_newer_turn(story, how, told)


@pytest.mark.parametrize("how", ["chat", "speak", "interrupt"])
async def test_newer_turn_of_another_process_interrupts(
    story: SpeakingAvatar, elsewhere: str, how: str
) -> None:
    told = await interrupts(story, replace(story.person, url=elsewhere), how)
    await check_newer_turn(story, how, told)


async def check_newer_turn(story: SpeakingAvatar, how: str, told: Json) -> None:
    """Check that the newer turn is spoken, and that the older turn is settled."""
    seen = await story.scene.journal(story.session)
    words = {"chat": "complete", "speak": "handed_over", "interrupt": "complete"}
    assert told["ended"] == words[how]
    said = [each for each in seen["utterances"][1:] if not each["interrupted"]]
    assert len(said) == (how != "interrupt")
    await story.scene.until(lambda: free(story))
    for meter in ("agent_tokens", "voice_characters"):
        used, reserved = await story.scene.meter(story.person, meter)
        assert used > 0
        assert reserved == 0


async def free(story: SpeakingAvatar) -> bool:
    document = await story.scene.document(f"conversations/{story.conversation}")
    return document["lease"] is None


async def test_disconnected_chat_ends_the_turn(story: SpeakingAvatar) -> None:
    scene = story.scene
    cut, left = scene.agent.cut_short, scene.seconds()
    async with measure_delay() as delay:
        await story.stream.aclose()
        await scene.until(lambda: ended_at_the_agent(scene, cut + 1))
        await scene.until(lambda: free(story))
    assert await story.cut_at(left) - left - delay.seconds <= WITHIN
    seen = await scene.journal(story.session)
    assert seen["state"] == "running"
    assert all(each["interrupted"] for each in seen["utterances"])
    assert await scene.meter(story.person, "agent_tokens") > (0, 0)
    here = {"conversation_id": story.conversation}
    assert (await story.person.chat(**here, wait=False))["ended"] == "complete"


async def ended_at_the_agent(scene: Scene, cut_short: int) -> bool:
    return (scene.agent.open_streams, scene.agent.cut_short) == (0, cut_short)


async def test_disconnected_speak_silences_the_avatar(scene: Scene) -> None:
    person = scene.person()
    session = (await person.start())["avatar_session_id"]
    talking = asyncio.create_task(person.call("speak", avatar_session_id=session, text=LONG))

    async def heard() -> bool:
        utterances = (await scene.journal(session))["utterances"]
        return bool(utterances and utterances[0]["started_at"])

    await scene.until(heard)
    talking.cancel()
    await asyncio.wait({talking})

    async def silent() -> bool:
        return bool((await scene.journal(session))["utterances"][0]["interrupted"])

    await scene.until(silent)
