import base64
import io
import json
import struct
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


def speech_body(**changes: dict[str, Any]) -> dict[str, Any]:
    """Return `HELLO` with members of its objects changed; None removes one."""
    body = json.loads(json.dumps(HELLO))
    for name, members in changes.items():
        body[name] = {k: v for k, v in (body[name] | members).items() if v is not None}
    assert isinstance(body, dict)
    return body


@pytest.fixture
def simulator() -> SpeechSimulator:
    return SpeechSimulator()


@pytest.fixture
async def client(simulator: SpeechSimulator) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(google_speech_app(simulator))
    async with httpx.AsyncClient(transport=transport, base_url="http://s", headers=LOCAL) as client:
        yield client


def read_wav(answer: httpx.Response) -> tuple[int, bytes]:
    """Return the rate in Hz and the PCM of a LINEAR16 answer."""
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["audioContent"]
    content = base64.b64decode(answer.json()["audioContent"], validate=True)
    with wave.open(io.BytesIO(content)) as audio:
        assert (audio.getnchannels(), audio.getsampwidth()) == (1, 2)
        return audio.getframerate(), audio.readframes(audio.getnframes())


def seconds(answer: httpx.Response) -> float:
    rate, pcm = read_wav(answer)
    return len(pcm) / 2 / rate


async def test_text_becomes_speech_behind_a_wav_header() -> None:
    app = Starlette(
        routes=[Mount("/simulators/google-speech", google_speech_app(SpeechSimulator()))]
    )
    async with client_of(app, "/simulators/google-speech") as client:
        answer = await client.post(SYNTHESIZE, json=HELLO, headers=LOCAL)
    rate, pcm = read_wav(answer)
    loudness = np.abs(np.frombuffer(pcm, "<i2").astype(float)).max()
    assert rate == 24_000
    assert 1 < len(pcm) / 2 / rate < 4
    assert 3_000 < loudness < 32_768


async def test_equal_requests_sound_equal(
    client: httpx.AsyncClient,
) -> None:
    first = await client.post(SYNTHESIZE, json=HELLO)
    await client.post(SYNTHESIZE, json=speech_body(input={"text": "Something else, and longer."}))
    assert (await client.post(SYNTHESIZE, json=HELLO)).content == first.content


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
async def test_sample_rate_does_not_change_the_length(client: httpx.AsyncClient, rate: int) -> None:
    natural = seconds(await client.post(SYNTHESIZE, json=HELLO))
    answer = await client.post(SYNTHESIZE, json=speech_body(audioConfig={"sampleRateHertz": rate}))
    assert read_wav(answer)[0] == rate
    assert seconds(answer) == pytest.approx(natural, abs=0.001)


async def test_default_is_24_khz_and_pcm_has_no_header(
    client: httpx.AsyncClient,
) -> None:
    plain = await client.post(SYNTHESIZE, json=speech_body(audioConfig={"sampleRateHertz": None}))
    bare = await client.post(SYNTHESIZE, json=speech_body(audioConfig={"audioEncoding": "PCM"}))
    rate, pcm = read_wav(plain)
    assert rate == 24_000
    assert base64.b64decode(bare.json()["audioContent"]) == pcm


async def test_faster_speech_is_shorter(client: httpx.AsyncClient) -> None:
    slow, fast = [
        seconds(
            await client.post(SYNTHESIZE, json=speech_body(audioConfig={"speakingRate": speed}))
        )
        for speed in (0.75, 1.5)
    ]
    assert 1.5 < slow / fast < 3


async def test_ssml_break_is_silence(client: httpx.AsyncClient) -> None:
    def said(pause: str) -> dict[str, Any]:
        ssml = f"<speak>Hello <break time='{pause}'/> there</speak>"
        return speech_body(input={"text": None, "ssml": ssml})

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
    body = speech_body(input={"text": text}, voice={"languageCode": code, "name": None})
    assert 0.4 < seconds(await client.post(SYNTHESIZE, json=body)) < 6


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


@pytest.mark.parametrize("encoding", ["MP3", "OGG_OPUS", "M4A"])
async def test_compressed_encodings_are_501(client: httpx.AsyncClient, encoding: str) -> None:
    answer = await client.post(
        SYNTHESIZE, json=speech_body(audioConfig={"audioEncoding": encoding})
    )
    assert answer.status_code == 501
    assert encoding in answer.json()["error"]["message"]


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


@pytest.mark.parametrize(("encoding", "code"), [("MULAW", 7), ("ALAW", 6)])
async def test_companded_encodings_sound_like_the_pcm(
    client: httpx.AsyncClient, encoding: str, code: int
) -> None:
    rate = {"sampleRateHertz": 8_000}
    body = speech_body(audioConfig={"audioEncoding": encoding, **rate})
    answer = await client.post(SYNTHESIZE, json=body)
    audio = base64.b64decode(answer.json()["audioContent"])
    header = struct.unpack("<4sI4s4sIHHIIHHH4sI", audio[:46])
    assert header[:6] == (b"RIFF", len(audio) - 8, b"WAVE", b"fmt ", 18, code)
    assert header[6:11] == (1, 8_000, 8_000, 1, 8)
    plain = await client.post(SYNTHESIZE, json=speech_body(audioConfig=rate))
    samples = np.frombuffer(read_wav(plain)[1], "<i2").astype(float)
    assert header[13] == len(samples)
    decoded = expand(np.frombuffer(audio[46 : 46 + len(samples)], np.uint8), encoding)
    noise = np.sqrt(np.mean((decoded - samples) ** 2) / np.mean(samples**2))
    assert noise < 10 ** (-30 / 20)


def expand(coded: Any, encoding: str) -> Any:
    """Decode G.711 by its definition, one sample at a time."""
    return np.array([mu_law(int(c)) if encoding == "MULAW" else a_law(int(c)) for c in coded])


def mu_law(code: int) -> int:
    code = ~code & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 132) << (code >> 4 & 0x07)) - 132
    return -magnitude if code & 0x80 else magnitude


def a_law(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = code >> 4 & 0x07, code & 0x0F
    magnitude = (mantissa << 4) + 8
    if exponent:
        magnitude = (magnitude + 256) << (exponent - 1)
    return magnitude if code & 0x80 else -magnitude


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


async def test_markup_pauses_are_silence(client: httpx.AsyncClient) -> None:
    def body(markup: str) -> dict[str, Any]:
        return speech_body(input={"text": None, "markup": markup})

    plain = seconds(await client.post(SYNTHESIZE, json=body("Hello & there")))
    paused = await client.post(SYNTHESIZE, json=body("Hello & [pause long] there"))
    assert seconds(paused) > plain + 0.8


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
