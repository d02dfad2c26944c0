"""The system with each form of the provider's events, and with sockets that close each other."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any

import pytest

from infra.local.simulators.agent_engine import Message, Step, Text
from infra.local.simulators.liveavatar import LiveAvatarAccount, LiveAvatarSettings
from tests.api.sse import ServerSentEvent
from tests.end_to_end.scene import Json, Scene, staged
from tests.end_to_end.test_barge_in import LONG, barge_in, told

SETTINGS = LiveAvatarSettings(concurrency=1000, connected_delay_seconds=0.02)
REPLY = "Hello! It is good to see you. What would you like to talk about?"
LONG_SECONDS = 10
FORMS: list[dict[str, Any]] = [
    {"dialect": "state", "ids": "own"},
    {"dialect": "speak", "ids": "echo"},
    {"second_socket_closes_first": True, "dialect": "both"},
    {"second_socket_closes_first": True, "dialect": "state", "closes_first_after_seconds": 0.4},
]


@pytest.fixture(scope="module", params=FORMS, ids=lambda form: "-".join(map(str, form.values())))
async def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    """Yield a stack whose provider has the settings of the parameter."""
    account = LiveAvatarAccount(replace(SETTINGS, **request.param))
    async with staged(tmp_path_factory.mktemp("stack"), provider=account) as scene:
        yield scene


@pytest.fixture(scope="module")
async def elsewhere(stage: Scene) -> AsyncIterator[str]:
    """Yield the address of another process."""
    async with stage.process() as url:
        yield url


def speech(events: list[ServerSentEvent]) -> list[Json]:
    return [event.data for event in events if event.name == "speech"]


async def test_a_reply_that_was_played_whole_is_spoken_whole(scene: Scene) -> None:
    person = scene.person()
    here = {"conversation_id": (await person.start())["conversation_id"]}
    for _ in range(2):
        done = (await person.collect_events(**here))[-1].data
        assert (done["ended"], done["text"], done["spoken"]) == ("complete", REPLY, REPLY)


def tells_of_birds(_: Message) -> Iterable[Step]:
    """Say three sentences of 0.6 s. Where only states come, shorter ones cannot be told apart."""
    yield Text("The first of these birds flies over the old mill. ")
    yield Text("The second of these birds sits on the high roof. ")
    yield Text("The third of these birds has not woken up so far.")


async def test_each_utterance_starts_and_ends_in_order(scene: Scene) -> None:
    person = scene.person()
    scene.scripts[person.uid] = tells_of_birds
    begun = await person.start()
    events = speech(await person.collect_events(conversation_id=begun["conversation_id"]))
    played = (await scene.journal(begun["avatar_session_id"]))["utterances"]
    assert len(played) >= 2
    assert [each["state"] for each in events] == ["started", "ended"] * len(played)
    named = [each["utterance_id"] for each in events]
    assert named[::2] == named[1::2]
    lengths = [each["seconds"] for each in events if each["state"] == "ended"]
    assert lengths == pytest.approx([each["played_seconds"] for each in played], abs=0.01)


async def test_a_newer_turn_interrupts(scene: Scene) -> None:
    await interrupts(scene, None)


async def test_a_newer_turn_of_another_process_interrupts(scene: Scene, elsewhere: str) -> None:
    await interrupts(scene, elsewhere)


async def interrupts(scene: Scene, elsewhere: str | None) -> None:
    async for story in told(scene, scene.person()):
        person = replace(story.person, url=elsewhere) if elsewhere else story.person
        async with asyncio.timeout(60):
            rest, answer = await asyncio.gather(story.rest(), barge_in(story, person, "chat"))
        assert (answer.status_code, rest[-1].data["ended"]) == (200, "interrupted")
        seen = await scene.journal(story.session)
        first, second = seen["utterances"]
        assert (seen["state"], first["interrupted"], second["interrupted"]) == (
            "running",
            True,
            False,
        )
        one_second_more = (first["played_seconds"] + 1) / LONG_SECONDS
        assert LONG.startswith(rest[-1].data["spoken"])
        assert len(rest[-1].data["spoken"]) <= len(LONG) * one_second_more
