from typing import Any

import httpx
import pytest

from infra.local.simulators.espeak import VOICES
from infra.local.simulators.google_speech import SpeechSimulator, google_speech_app
from tests.local.speech.speech_requests import HELLO, LOCAL, SYNTHESIZE, speech_body


async def test_requests_with_audio_are_counted(
    simulator: SpeechSimulator, client: httpx.AsyncClient
) -> None:
    await client.post(SYNTHESIZE, json=HELLO)
    await client.post(SYNTHESIZE, json=speech_body(input={"text": "größer"}))
    await client.post(SYNTHESIZE, json=speech_body(input={"text": ""}))
    assert (simulator.requests, simulator.characters) == (2, len(HELLO["input"]["text"]) + 6)


@pytest.mark.parametrize(
    "changes",
    [
        {"input": {"text": ""}},
        {"input": {"text": "  \n"}},
        {"input": {"text": "é" * 2_501}},
        {"input": {"ssml": "<speak>both</speak>"}},
        {"input": {"text": None}},
        {"input": {"text": None, "ssml": "<speak>open"}},
        {"input": {"text": 7}},
        {"input": {"mood": "kindly"}},
        {"input": {"text": None, "markup": "Hi."}, "voice": {"name": "en-US-Wavenet-A"}},
        {"input": {"markup": "both"}},
        {"voice": {"languageCode": None}},
        {"voice": {"languageCode": "xx-XX", "name": None}},
        {"voice": {"name": "en-US-Chirp3-HD-Missing"}},
        {"voice": {"languageCode": "de-DE"}},
        {"voice": {"ssmlGender": "ROBOT"}},
        {"audioConfig": {"audioEncoding": "WAV"}},
        {"audioConfig": {"audioEncoding": None}},
        {"audioConfig": {"speakingRate": 5}},
        {"audioConfig": {"pitch": 21}},
        {"audioConfig": {"sampleRateHertz": 1_000}},
    ],
)
async def test_invalid_request_is_400_in_googles_envelope(
    simulator: SpeechSimulator, client: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    answer = await client.post(SYNTHESIZE, json=speech_body(**changes))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert error["message"]
    assert simulator.requests == 0


@pytest.mark.parametrize("language", ["de-AT", "ar-EG", "en-NZ", "es-MX", "zh-TW"])
async def test_a_region_without_a_voice_is_spoken_by_one_of_another_region(
    client: httpx.AsyncClient, language: str
) -> None:
    body = speech_body(voice={"languageCode": language, "name": None})
    answer = await client.post(SYNTHESIZE, json=body)
    assert answer.status_code == 200
    assert answer.json()["audioContent"]


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"input": {"text": "\\ud800"}}', b"\xff"])
async def test_body_that_is_not_json_is_400(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(SYNTHESIZE, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


async def test_5000_bytes_are_allowed() -> None:
    simulator = SpeechSimulator(
        synthesize=lambda request: bytes(2 * len(request.text)), sentence_bytes=None
    )
    transport = httpx.ASGITransport(google_speech_app(simulator))
    async with httpx.AsyncClient(transport=transport, base_url="http://s", headers=LOCAL) as client:
        answer = await client.post(SYNTHESIZE, json=speech_body(input={"text": "é" * 2_500}))
    assert answer.status_code == 200


async def test_request_without_token_or_key_is_403(client: httpx.AsyncClient) -> None:
    client.headers.pop("Authorization")
    for answer in (await client.post(SYNTHESIZE, json=HELLO), await client.get("/v1/voices")):
        assert answer.status_code == 403
        assert answer.json()["error"]["status"] == "PERMISSION_DENIED"
    keyed = await client.get("/v1/voices", headers={"X-Goog-Api-Key": "local"})
    assert keyed.status_code == 200


async def test_requests_over_the_quota_are_429_for_a_minute(
    simulator: SpeechSimulator, client: httpx.AsyncClient
) -> None:
    moment = [1000.0]
    simulator.now = lambda: moment[0]
    simulator.requests_a_minute = 2
    answers = [(await client.post(SYNTHESIZE, json=HELLO)).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    moment[0] += 60
    assert (await client.post(SYNTHESIZE, json=HELLO)).status_code == 200


async def test_answer_takes_the_configured_latency(
    simulator: SpeechSimulator, client: httpx.AsyncClient
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    simulator.sleep, simulator.latency_seconds = sleep, 0.2
    await client.post(SYNTHESIZE, json=HELLO)
    assert slept == [0.2]


async def test_voices_are_listed_by_language(client: httpx.AsyncClient) -> None:
    every = (await client.get("/v1/voices")).json()["voices"]
    german = (await client.get("/v1/voices", params={"languageCode": "de"})).json()["voices"]
    assert {code for voice in every for code in voice["languageCodes"]} == set(VOICES)
    assert {code for voice in german for code in voice["languageCodes"]} == {"de-DE"}
    assert {
        "languageCodes": ["en-US"],
        "name": "en-US-Chirp3-HD-Achernar",
        "ssmlGender": "FEMALE",
        "naturalSampleRateHertz": 24000,
    } in every
    assert (await client.get("/v1/voices", params={"languageCode": "xx"})).json() == {}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Madrid " + "y " * 200, "Madrid"),
        ("Short. Long " + "y " * 200 + "end. Short.", "Long"),
        ("One line\nis no end " + "y " * 200, "One"),
        ("लोगों " + "क " * 100, "लोगों"),
    ],
)
async def test_too_long_a_sentence_is_refused_in_googles_words(
    simulator: SpeechSimulator, client: httpx.AsyncClient, text: str, first: str
) -> None:
    simulator.sentence_bytes = 300
    answer = await client.post(SYNTHESIZE, json=speech_body(input={"text": text}))
    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["message"].startswith("This request contains sentences that are too long.")
    assert f'Sentence starting with: "{first}" is too long.' in error["message"]


@pytest.mark.parametrize(
    "text",
    ["A sentence of words. " * 40, "好的，没有问题。" * 40, "है न? " * 60, "Yes! (No.) " * 60],
)
async def test_many_short_sentences_are_spoken(
    simulator: SpeechSimulator, client: httpx.AsyncClient, text: str
) -> None:
    simulator.sentence_bytes = 300
    simulator.synthesize = lambda request: bytes(2 * len(request.text))
    assert len(text.encode()) > 300
    answer = await client.post(SYNTHESIZE, json=speech_body(input={"text": text}))
    assert answer.status_code == 200


async def test_sentence_limit_can_be_switched_off(simulator: SpeechSimulator) -> None:
    simulator.sentence_bytes = None
    simulator.synthesize = lambda request: bytes(2 * len(request.text))
    transport = httpx.ASGITransport(google_speech_app(simulator))
    async with httpx.AsyncClient(transport=transport, base_url="http://s", headers=LOCAL) as client:
        answer = await client.post(SYNTHESIZE, json=speech_body(input={"text": "y " * 2_000}))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"input": {"prompt": "kindly"}},
        {"input": {"customPronunciations": {"pronunciations": [{}]}}},
        {"voice": {"modelName": "gemini-2.5-flash-tts"}},
    ],
)
async def test_feature_that_the_simulator_lacks_is_501(
    client: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    answer = await client.post(SYNTHESIZE, json=speech_body(**changes))
    assert answer.status_code == 501
    assert "does not have" in answer.json()["error"]["message"]
