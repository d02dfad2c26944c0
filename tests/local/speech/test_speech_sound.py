import base64
import struct
from typing import Any

import httpx
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from infra.local.simulators.google_speech import SpeechSimulator, google_speech_app
from tests.local.serving import client_of
from tests.local.speech.speech_requests import (
    HELLO,
    LOCAL,
    SYNTHESIZE,
    read_wav,
    seconds,
    speech_body,
)


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


@pytest.mark.parametrize("encoding", ["MP3", "OGG_OPUS", "M4A"])
async def test_compressed_encodings_are_501(client: httpx.AsyncClient, encoding: str) -> None:
    answer = await client.post(
        SYNTHESIZE, json=speech_body(audioConfig={"audioEncoding": encoding})
    )
    assert answer.status_code == 501
    assert encoding in answer.json()["error"]["message"]


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


async def test_markup_pauses_are_silence(client: httpx.AsyncClient) -> None:
    def body(markup: str) -> dict[str, Any]:
        return speech_body(input={"text": None, "markup": markup})

    plain = seconds(await client.post(SYNTHESIZE, json=body("Hello & there")))
    paused = await client.post(SYNTHESIZE, json=body("Hello & [pause long] there"))
    assert seconds(paused) > plain + 0.8
