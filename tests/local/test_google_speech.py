import base64
import io
import json
import wave
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from infra.local.simulators.espeak import VOICES
from infra.local.simulators.google_speech import SpeechSimulator, google_speech_app
from tests.local.serving import client_of

LOCAL = {"Authorization": "Bearer local"}
SYNTHESIZE = "/v1/text:synthesize"
HELLO: dict[str, dict[str, Any]] = {
    "input": {"text": "Hello there, how are you today?"},
    "voice": {"languageCode": "en-US", "name": "en-US-Chirp3-HD-Achernar"},
    "audioConfig": {"audioEncoding": "LINEAR16", "sampleRateHertz": 24000},
}


def asking(**changes: dict[str, Any]) -> dict[str, Any]:
    """`HELLO` with members of its objects changed; None takes one out."""
    body = json.loads(json.dumps(HELLO))
    for name, members in changes.items():
        body[name] = {k: v for k, v in (body[name] | members).items() if v is not None}
    assert isinstance(body, dict)
    return body


@pytest.fixture
def world() -> SpeechSimulator:
    return SpeechSimulator()


@pytest.fixture
async def client(world: SpeechSimulator) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(google_speech_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://s", headers=LOCAL) as client:
        yield client


def heard(answer: httpx.Response) -> tuple[int, bytes]:
    """(rate, PCM) of a LINEAR16 answer."""
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["audioContent"]
    content = base64.b64decode(answer.json()["audioContent"], validate=True)
    with wave.open(io.BytesIO(content)) as audio:
        assert (audio.getnchannels(), audio.getsampwidth()) == (1, 2)
        return audio.getframerate(), audio.readframes(audio.getnframes())


def seconds(answer: httpx.Response) -> float:
    rate, pcm = heard(answer)
    return len(pcm) / 2 / rate


async def test_text_becomes_real_speech_behind_a_wav_header_on_a_real_port() -> None:
    app = Starlette(
        routes=[Mount("/simulators/google-speech", google_speech_app(SpeechSimulator()))]
    )
    async with client_of(app, "/simulators/google-speech") as client:
        answer = await client.post(SYNTHESIZE, json=HELLO, headers=LOCAL)
    rate, pcm = heard(answer)
    loudness = np.abs(np.frombuffer(pcm, "<i2").astype(float)).max()
    assert rate == 24_000
    assert 1 < len(pcm) / 2 / rate < 4
    assert 3_000 < loudness < 32_768


async def test_the_same_request_sounds_the_same_whatever_was_said_before(
    client: httpx.AsyncClient,
) -> None:
    first = await client.post(SYNTHESIZE, json=HELLO)
    await client.post(SYNTHESIZE, json=asking(input={"text": "Something else, and longer."}))
    assert (await client.post(SYNTHESIZE, json=HELLO)).content == first.content


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
async def test_the_rate_that_was_asked_for_changes_no_length(
    client: httpx.AsyncClient, rate: int
) -> None:
    natural = seconds(await client.post(SYNTHESIZE, json=HELLO))
    answer = await client.post(SYNTHESIZE, json=asking(audioConfig={"sampleRateHertz": rate}))
    assert heard(answer)[0] == rate
    assert seconds(answer) == pytest.approx(natural, abs=0.001)


async def test_without_a_rate_it_is_24_khz_and_pcm_comes_without_a_header(
    client: httpx.AsyncClient,
) -> None:
    plain = await client.post(SYNTHESIZE, json=asking(audioConfig={"sampleRateHertz": None}))
    bare = await client.post(SYNTHESIZE, json=asking(audioConfig={"audioEncoding": "PCM"}))
    rate, pcm = heard(plain)
    assert rate == 24_000
    assert base64.b64decode(bare.json()["audioContent"]) == pcm


async def test_a_faster_speaker_needs_less_time(client: httpx.AsyncClient) -> None:
    slow, fast = [
        seconds(await client.post(SYNTHESIZE, json=asking(audioConfig={"speakingRate": speed})))
        for speed in (0.75, 1.5)
    ]
    assert 1.5 < slow / fast < 3


async def test_a_break_in_ssml_is_silence(client: httpx.AsyncClient) -> None:
    def said(pause: str) -> dict[str, Any]:
        ssml = f"<speak>Hello <break time='{pause}'/> there</speak>"
        return asking(input={"text": None, "ssml": ssml})

    short = seconds(await client.post(SYNTHESIZE, json=said("100ms")))
    assert seconds(await client.post(SYNTHESIZE, json=said("2s"))) > short + 1


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en-US", "Good morning."),
        ("en", "Good morning."),
        ("de-DE", "Guten Morgen, wie geht es?"),
        ("es-ES", "Buenos días, ¿qué tal?"),
        ("fr-FR", "Bonjour, comment ça va ?"),
        ("cmn-CN", "你好，今天天气很好。"),
        ("zh-CN", "你好，今天天气很好。"),
        ("ja-JP", "こんにちは。いいてんきですね。"),
        ("hi-IN", "नमस्ते, आप कैसे हैं?"),
    ],
)
async def test_every_language_is_spoken(client: httpx.AsyncClient, code: str, text: str) -> None:
    body = asking(input={"text": text}, voice={"languageCode": code, "name": None})
    assert 0.4 < seconds(await client.post(SYNTHESIZE, json=body)) < 6


async def test_requests_and_characters_are_counted_where_audio_was_given(
    world: SpeechSimulator, client: httpx.AsyncClient
) -> None:
    await client.post(SYNTHESIZE, json=HELLO)
    await client.post(SYNTHESIZE, json=asking(input={"text": "größer"}))
    await client.post(SYNTHESIZE, json=asking(input={"text": ""}))
    assert (world.requests, world.characters) == (2, len(HELLO["input"]["text"]) + 6)


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
        {"input": {"prompt": "kindly"}},
        {"voice": {"languageCode": None}},
        {"voice": {"languageCode": "xx-XX", "name": None}},
        {"voice": {"name": "en-US-Chirp3-HD-Nobody"}},
        {"voice": {"languageCode": "de-DE"}},
        {"voice": {"ssmlGender": "ROBOT"}},
        {"audioConfig": {"audioEncoding": "WAV"}},
        {"audioConfig": {"audioEncoding": None}},
        {"audioConfig": {"speakingRate": 5}},
        {"audioConfig": {"pitch": 21}},
        {"audioConfig": {"sampleRateHertz": 1_000}},
    ],
)
async def test_what_google_refuses_is_a_400_in_googles_envelope(
    world: SpeechSimulator, client: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    answer = await client.post(SYNTHESIZE, json=asking(**changes))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert error["message"]
    assert world.requests == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"input": {"text": "\\ud800"}}', b"\xff"])
async def test_a_body_that_is_no_request_is_a_400(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(SYNTHESIZE, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


async def test_5000_bytes_are_allowed() -> None:
    world = SpeechSimulator(synthesize=lambda utterance: bytes(2 * len(utterance.text)))
    transport = httpx.ASGITransport(google_speech_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://s", headers=LOCAL) as client:
        answer = await client.post(SYNTHESIZE, json=asking(input={"text": "é" * 2_500}))
    assert answer.status_code == 200


@pytest.mark.parametrize("encoding", ["MP3", "OGG_OPUS"])
async def test_an_encoding_that_is_not_made_here_says_so(
    client: httpx.AsyncClient, encoding: str
) -> None:
    answer = await client.post(SYNTHESIZE, json=asking(audioConfig={"audioEncoding": encoding}))
    assert answer.status_code == 501
    assert encoding in answer.json()["error"]["message"]


async def test_without_a_caller_403_and_an_api_key_is_one(client: httpx.AsyncClient) -> None:
    client.headers.pop("Authorization")
    for answer in (await client.post(SYNTHESIZE, json=HELLO), await client.get("/v1/voices")):
        assert answer.status_code == 403
        assert answer.json()["error"]["status"] == "PERMISSION_DENIED"
    keyed = await client.get("/v1/voices", headers={"X-Goog-Api-Key": "local"})
    assert keyed.status_code == 200


async def test_over_the_quota_429_until_a_minute_has_passed(
    world: SpeechSimulator, client: httpx.AsyncClient
) -> None:
    moment = [1000.0]
    world.now = lambda: moment[0]
    world.requests_a_minute = 2
    answers = [(await client.post(SYNTHESIZE, json=HELLO)).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    moment[0] += 60
    assert (await client.post(SYNTHESIZE, json=HELLO)).status_code == 200


async def test_an_answer_takes_the_latency_that_the_world_says(
    world: SpeechSimulator, client: httpx.AsyncClient
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    world.sleep, world.latency_seconds = sleep, 0.2
    await client.post(SYNTHESIZE, json=HELLO)
    assert slept == [0.2]


async def test_the_list_of_voices_can_be_asked_by_language(client: httpx.AsyncClient) -> None:
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
