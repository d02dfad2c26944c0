"""Google's access tokens and Text-to-Speech."""

import asyncio
import base64
import io
import json
import threading
import wave
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from google.auth.credentials import Credentials
from google.auth.exceptions import RefreshError

from common.adapters.google.credentials import GoogleToken, LocalToken
from common.adapters.google.text_to_speech import GoogleSpeech, strip_header
from common.adapters.http.client import HttpClient
from common.domain import errors

KEPT, FRESH = False, True
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Given(Credentials):
    """Credentials that give token-1, token-2 and so on, each for an hour, while `gate` is open."""

    def __init__(self, clock: "Moment") -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # google-auth ships half its types
        self.clock = clock
        self.gate = threading.Event()
        self.gate.set()
        self.times = 0
        self.failing = False

    def refresh(self, _request: object) -> None:
        self.gate.wait(5)
        if self.failing:
            raise RefreshError("canary")  # type: ignore[no-untyped-call]  # as above
        self.times += 1
        self.token = f"token-{self.times}"
        self.expiry = (self.clock.at + timedelta(hours=1)).replace(tzinfo=None)


class Moment:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


def tokens() -> tuple[GoogleToken, Given, Moment]:
    clock = Moment()
    given = Given(clock)
    return GoogleToken(lambda: given, clock), given, clock


async def test_token_is_cached_until_shortly_before_its_expiry() -> None:
    token, given, clock = tokens()
    assert await token(KEPT) == {"authorization": "Bearer token-1"}
    clock.at = NOON + timedelta(minutes=56)
    assert await token(KEPT) == {"authorization": "Bearer token-1"}
    clock.at = NOON + timedelta(minutes=57)
    assert await token(KEPT) == {"authorization": "Bearer token-2"}
    assert given.times == 2


async def test_refused_token_is_renewed() -> None:
    token, _, _ = tokens()
    await token(KEPT)
    assert await token(FRESH) == {"authorization": "Bearer token-2"}


async def test_concurrent_callers_share_one_refresh() -> None:
    token, given, _ = tokens()
    given.gate.clear()
    asking = [asyncio.create_task(token(KEPT)) for _ in range(20)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    given.gate.set()
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert found[1:] == [{"authorization": "Bearer token-1"}] * 19
    assert given.times == 1


async def test_failed_refresh_is_unavailable_and_may_succeed_later() -> None:
    token, given, _ = tokens()
    given.failing = True
    with pytest.raises(errors.Unavailable) as raised:
        await token(KEPT)
    assert "canary" not in repr(raised.value)
    assert raised.value.__context__ is None
    given.failing = False
    assert await token(KEPT) == {"authorization": "Bearer token-1"}


async def test_a_token_that_is_still_valid_is_used_when_its_renewal_fails() -> None:
    token, given, clock = tokens()
    await token(KEPT)
    given.failing = True
    clock.at = NOON + timedelta(minutes=57, seconds=1)
    assert await token(KEPT) == {"authorization": "Bearer token-1"}
    with pytest.raises(errors.Unavailable):
        await token(FRESH)
    given.failing = False
    clock.at += timedelta(seconds=11)
    assert await token(KEPT) == {"authorization": "Bearer token-2"}
    given.failing = True
    clock.at += timedelta(hours=1)
    with pytest.raises(errors.Unavailable):
        await token(KEPT)


async def test_developer_credentials_name_the_quota_project() -> None:
    token, given, _ = tokens()
    given._quota_project_id = "project-1"
    assert (await token(KEPT))["x-goog-user-project"] == "project-1"


def wav(rate: int = 24_000, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((channels, width, rate, 0, "NONE", ""))
        writer.writeframes(b"\x01\x02\x03\x04")
    return file.getvalue()


def test_samples_are_found_after_any_wav_chunks() -> None:
    plain = wav()
    odd = b"LIST" + (3).to_bytes(4, "little") + b"abc\0"
    for audio in (plain, plain[:12] + odd + plain[12:], plain + odd):
        assert strip_header(audio) == b"\x01\x02\x03\x04"


def test_unknown_chunk_size_extends_to_the_end() -> None:
    plain = wav()
    assert strip_header(plain[:40] + b"\xff" * 4 + plain[44:]) == b"\x01\x02\x03\x04"


def test_raw_samples_are_kept_and_half_a_sample_is_dropped() -> None:
    assert strip_header(b"\x01\x02\x03") == b"\x01\x02"


@pytest.mark.parametrize(
    "audio", [wav(rate=16_000), wav(channels=2), wav(width=1), wav()[:40], b""]
)
def test_audio_of_another_format_gives_no_samples(audio: bytes) -> None:
    assert strip_header(audio) == b""


class Google:
    def __init__(self, status: int, body: Any) -> None:
        self.asked: list[dict[str, Any]] = []
        self.concurrency = self.most_concurrency = 0
        self.answer = httpx.Response(status, json=body)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(json.loads(request.content))
        self.concurrency += 1
        self.most_concurrency = max(self.most_concurrency, self.concurrency)
        await asyncio.sleep(0)
        self.concurrency -= 1
        return httpx.Response(self.answer.status_code, content=self.answer.content)

    def speech(self, concurrency: int = 50) -> GoogleSpeech:
        async def sleep(_seconds: float) -> None:
            await asyncio.sleep(0)

        http_client = HttpClient(httpx.MockTransport(self), sleep=sleep)
        return GoogleSpeech(
            LocalToken(), http_client, base_url="https://speech.test", concurrency=concurrency
        )


SOUND = {"audioContent": base64.b64encode(wav()).decode()}


async def test_speech_is_requested_as_samples_at_our_rate() -> None:
    google = Google(200, SOUND)
    assert await google.speech().synthesize("Hi", "voice-1", "en-US") == b"\x01\x02\x03\x04"
    assert google.asked == [
        {
            "input": {"text": "Hi"},
            "voice": {"languageCode": "en-US", "name": "voice-1"},
            "audioConfig": {"audioEncoding": "LINEAR16", "sampleRateHertz": 24_000},
        }
    ]


@pytest.mark.parametrize(
    ("voice", "language", "asked"),
    [
        ("en-GB-Neural2-A", "en-US", "en-GB"),
        ("cmn-CN-Wavenet-A", "zh-CN", "cmn-CN"),
        ("", "zh-TW", "zh-TW"),
    ],
)
async def test_a_voice_is_asked_for_by_its_own_language(
    voice: str, language: str, asked: str
) -> None:
    google = Google(200, SOUND)
    await google.speech().synthesize("Hi", voice, language)
    assert google.asked[0]["voice"]["languageCode"] == asked


async def test_concurrent_requests_are_limited() -> None:
    google = Google(200, SOUND)
    speech = google.speech(concurrency=3)
    await asyncio.gather(*(speech.synthesize("Hi", "v", "en-US") for _ in range(20)))
    assert (len(google.asked), google.most_concurrency) == (20, 3)


@pytest.mark.parametrize("body", [None, {}, {"audioContent": 1}, {"audioContent": "?"}, []])
async def test_answer_without_speech_fails(body: Any) -> None:
    with pytest.raises(errors.Failed):
        await Google(200, body).speech().synthesize("Hi", "v", "en-US")


@pytest.mark.parametrize(
    ("status", "error", "tries"),
    [
        (429, errors.Busy, 3),
        (503, errors.Busy, 3),
        (500, errors.Unavailable, 1),
        (400, errors.UnsupportedVoice, 1),
    ],
)
async def test_only_free_refusals_are_retried(
    status: int, error: type[errors.Upstream], tries: int
) -> None:
    google = Google(status, {"error": {"message": "canary"}})
    with pytest.raises(error) as raised:
        await google.speech().synthesize("Hi", "v", "en-US")
    assert type(raised.value) is error
    assert len(google.asked) == tries
