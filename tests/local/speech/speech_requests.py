"""Requests of the speech simulator, and its answers as sound."""

import base64
import io
import json
import wave
from typing import Any

import httpx

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
