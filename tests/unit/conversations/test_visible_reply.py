"""The caller and the voice get only the text that is for people, and what the allowance pays for."""

from common.schemas.events import DoneEvent, SpeechEvent, TextEvent
from tests.support.fakes.agent import FakeAgent
from tests.support.harness import collect_events, new_harness

HIDDEN = ["<thi", "nk>The user wants", " a name.</think>Hello ", "Sam! [", "1] All is", " well."]


async def test_hidden_reasoning_is_neither_shown_nor_spoken() -> None:
    harness = new_harness(agent=FakeAgent(HIDDEN))
    started = await harness.start()
    events = await collect_events(await harness.chat(conversation_id=started.conversation_id))
    shown = "".join(event.text for event in events if isinstance(event, TextEvent))
    assert shown == "Hello Sam! All is well."
    assert isinstance(events[-1], DoneEvent)
    assert events[-1].text == shown
    assert " ".join(harness.voice.texts) == shown


async def test_a_sentence_is_spoken_up_to_the_allowance() -> None:
    story = "We went along the river, and then over the hills, and then far away to the sea."
    harness = new_harness(agent=FakeAgent([story]), turn_characters=60)
    started = await harness.start()
    events = await collect_events(await harness.chat(conversation_id=started.conversation_id))
    (said,) = harness.voice.texts
    assert said == "We went along the river, and then over the hills,"
    assert story.startswith(said)
    codes = [event.code for event in events if isinstance(event, SpeechEvent)]
    assert "quota_exceeded" in codes
