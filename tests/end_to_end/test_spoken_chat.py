"""Speech that goes into `POST /chat` as a recording, heard by a real recogniser."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from tests.api.sse import ServerSentEvent, events
from tests.end_to_end.scene import CountedFaults
from tests.local.stacks import hurried, standing
from tests.support.recogniser import needs_recogniser, require_recogniser
from tests.support.spoken import NO_SPEECH, SENTENCES, recording, speech, words, wrong_words


@dataclass
class Speaker:
    """A signed-in person with a microphone, at a stack."""

    http: httpx.AsyncClient
    faults: CountedFaults

    async def say(self, file: bytes, **fields: Any) -> list[ServerSentEvent]:
        """Send a recording, and return the events of the stream."""
        parts: Any = {"audio": ("speech.wav", file, "audio/wav")}
        if fields:
            parts["request"] = (None, json.dumps(fields), "application/json")
        accept = {"accept": "text/event-stream"}
        answer = await self.http.post("/api/chat", files=parts, headers=accept, timeout=60)
        assert answer.status_code == 200, answer.text
        return events(answer.content)

    async def used(self, meter: str) -> int:
        usage = (await self.http.get("/api/account/usage")).json()["usage"]
        found: int = usage["meters"][meter]["used"]
        return found

    def asked(self) -> int:
        """Return how many messages the agent has got."""
        return self.faults.count("agent-engine", ":streamQuery")


@pytest.fixture(scope="module")
async def speaker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Speaker]:
    require_recogniser()
    faults = CountedFaults()
    folder = tmp_path_factory.mktemp("stack")
    async with standing(folder, replace(hurried(), faults=faults)) as (_, http):
        yield Speaker(http, faults)


def conversation_of(stream: list[ServerSentEvent]) -> str:
    found = next(each.data["conversation_id"] for each in stream if "conversation_id" in each.data)
    assert isinstance(found, str)
    return found


@needs_recogniser
async def test_a_chat_hears_85_percent_of_the_words_of_ten_sentences(speaker: Speaker) -> None:
    wrong = 0
    fields: dict[str, str] = {}
    for sentence in SENTENCES:
        heard, *others = await speaker.say(speech(sentence), **fields)
        assert heard.name == "heard"
        assert heard.data["seconds"] > 1
        assert others[-1].name == "done"
        assert others[-1].data["ended"] == "complete"
        fields["conversation_id"] = conversation_of(others)
        wrong += wrong_words(words(sentence), words(heard.data["text"]))
    assert 1 - wrong / sum(len(words(each)) for each in SENTENCES) >= 0.85
    path = f"/api/conversations/{fields['conversation_id']}/messages"
    assert len((await speaker.http.get(path)).json()["messages"]) == 2 * len(SENTENCES)


@needs_recogniser
async def test_what_is_no_speech_starts_no_turn(speaker: Speaker) -> None:
    conversation = conversation_of(await speaker.say(speech(SENTENCES[1])))
    tokens, asked = await speaker.used("agent_tokens"), speaker.asked()
    for name, sound in NO_SPEECH.items():
        heard, *between, done = await speaker.say(recording(sound), conversation_id=conversation)
        assert (heard.name, heard.data["text"]) == ("heard", ""), name
        assert (done.name, done.data["ended"]) == ("done", "not_heard"), name
        assert [each.name for each in between] == ["usage"], name
    assert await speaker.used("agent_tokens") == tokens
    assert speaker.asked() == asked > 0
    messages = (await speaker.http.get(f"/api/conversations/{conversation}/messages")).json()
    assert len(messages["messages"]) == 2
    assert await speaker.used("transcribed_seconds") > 0
