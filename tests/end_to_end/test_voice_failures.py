"""The calls of the voice, each with the failures that it can have."""

import pytest

from infra.local.simulators.faults import Mode
from tests.end_to_end.scene import (
    REPLY,
    Scene,
    speech_events,
)


@pytest.mark.parametrize("mode", ["refuse", "reset", "500", "garbage", "truncate"])
async def test_sentence_that_cannot_be_synthesised_is_skipped(scene: Scene, mode: Mode) -> None:
    person = scene.person()
    begun = await person.start()
    scene.faults.on("google-speech", "text:synthesize", mode)
    told = await person.collect_events(conversation_id=begun["conversation_id"])
    done = told[-1].data
    assert (done["ended"], done["text"]) == ("complete", REPLY)
    assert done["spoken"] == "It is good to see you. What would you like to talk about?"
    [skipped] = [each for each in speech_events(told) if each["state"] == "skipped"]
    first = next(event.data for event in told if event.name == "sentence")
    assert skipped["utterance_id"] == first["utterance_id"]
    assert skipped["code"].startswith("voice_")
    sentences = [event.data for event in told if event.name == "sentence"]
    cost = sum(len(s["text"]) for s in sentences if s["utterance_id"] != skipped["utterance_id"])
    assert await scene.meter(person, "voice_characters") == (cost, 0)


async def test_busy_voice_is_retried(scene: Scene) -> None:
    person = scene.person()
    begun = await person.start()
    scene.faults.on("google-speech", "text:synthesize", "429", times=2)
    told = await person.chat(conversation_id=begun["conversation_id"])
    assert (told["spoken"], "speech" in told) == (REPLY, False)


@pytest.mark.parametrize("mode", ["429", "500"])
async def test_reply_without_a_voice_is_text_and_costs_no_characters(
    scene: Scene, mode: Mode
) -> None:
    person = scene.person()
    begun = await person.start()
    scene.faults.on("google-speech", "text:synthesize", mode, times=None)
    told = await person.collect_events(conversation_id=begun["conversation_id"])
    done = told[-1].data
    assert (done["ended"], done["text"], done["spoken"]) == ("complete", REPLY, "")
    assert {each["state"] for each in speech_events(told)} == {"skipped", "stopped"}
    assert await scene.meter(person, "voice_characters") == (0, 0)

    session = begun["avatar_session_id"]
    answer = await person.call("speak", avatar_session_id=session, text="Good evening.")
    assert (answer.status_code, answer.json()["code"]) == (503, "voice_unavailable")
    assert await scene.meter(person, "voice_characters") == (0, 0)
    scene.faults.clear()
    answer = await person.call("speak", avatar_session_id=session, text="Good evening.")
    assert (answer.status_code, answer.json()["ended"]) == (200, "complete")
    assert await scene.meter(person, "voice_characters") == (len("Good evening."), 0)
