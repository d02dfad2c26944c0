"""Recordings over HTTP: the kinds of body, and refusals that name the field."""

import io
import wave
from typing import Any

import httpx
import pytest

from common.domain.documents import Create
from tests.api.client import EVENTS, FunctionClient, check_problem, fields_of
from tests.api.sse import events
from tests.support.recordings import wav_file, webm_file

PATH = "/transcribe"
FORM = {"content-type": "multipart/form-data; boundary=cut"}


def form(*parts: tuple[str, bytes], end: bytes = b"--cut--\r\n") -> bytes:
    """Return a multipart body with the boundary `cut`."""
    heads = (
        (f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n', content)
        for name, content in parts
    )
    return b"".join(head.encode() + content + b"\r\n" for head, content in heads) + end


async def transcribe(api: FunctionClient, body: Any, **options: Any) -> httpx.Response:
    options = {"path": PATH, "headers": {"content-type": "audio/wav"}, **options}
    return await api.call("voice", body, **options)


@pytest.mark.parametrize("file", [wav_file(1.5), webm_file(seconds=1.5)], ids=["WAV", "WebM"])
async def test_a_recording_is_the_body(api: FunctionClient, file: bytes) -> None:
    answer = (await transcribe(api, file, path=f"{PATH}?language=en-GB")).json()
    assert (answer["text"], answer["seconds"], answer["language"]) == (
        *("What time is it?", 1.5),
        "en-GB",
    )
    assert answer["usage"]["meters"]["transcribed_seconds"]["used"] == 2


async def test_a_recording_is_a_part_of_a_form(api: FunctionClient) -> None:
    file = wav_file(1.5) + b"\r\n--cu"
    body = form(("language", b"de-DE"), ("audio", file))
    answer = (await transcribe(api, body, headers=FORM)).json()
    assert (answer["text"], answer["language"]) == ("What time is it?", "de-DE")


@pytest.mark.parametrize(
    ("body", "options", "status", "field"),
    [
        (b"hello", {}, 422, "audio"),
        (b"", {}, 422, "audio"),
        (wav_file(0.1), {}, 422, "audio"),
        (wav_file(61), {}, 422, "audio"),
        (wav_file(1, rate=8_000), {}, 422, "audio"),
        (bytes(2 * 1024 * 1024 + 1), {}, 413, "body"),
        (wav_file(), {"path": f"{PATH}?language=klingon!"}, 422, "language"),
        (wav_file(), {"path": f"{PATH}?tongue=en"}, 422, "tongue"),
        (wav_file(), {"path": f"{PATH}?language=en&language=de"}, 400, "language"),
        (wav_file(), {"path": f"{PATH}?audio=en"}, 400, "audio"),
        (form(("audio", b"hello")), {"headers": FORM}, 422, "audio"),
        (form(("audio", bytes(2 * 1024 * 1024 + 1))), {"headers": FORM}, 413, "audio"),
        (form(("language", b"en")), {"headers": FORM}, 422, "audio"),
        (form(("language", b"\xff"), ("audio", b"")), {"headers": FORM}, 400, "language"),
        (form(("audio", b"1"), ("audio", b"2")), {"headers": FORM}, 400, "audio"),
        (form(("other", b"1"), ("audio", wav_file())), {"headers": FORM}, 422, "other"),
        (form(("audio", wav_file()), end=b""), {"headers": FORM}, 400, "body"),
        (b"hello", {"headers": FORM}, 400, "body"),
        (b"", {"headers": FORM}, 400, "body"),
        (b"--cut\r\n\r\nx\r\n--cut--", {"headers": FORM}, 400, "body"),
        (b"x", {"headers": {"content-type": "multipart/form-data"}}, 400, "Content-Type"),
    ],
)
async def test_a_wrong_recording_is_a_refusal_that_names_its_field(
    api: FunctionClient, body: bytes, options: dict[str, Any], status: int, field: str
) -> None:
    problem = check_problem(await transcribe(api, body, **options), status, "invalid")
    assert fields_of(problem) == [field]
    assert api.harness.recognition.heard == []


async def test_one_key_has_one_answer_for_one_recording(api: FunctionClient) -> None:
    first = await transcribe(api, wav_file(), key="k")
    assert (await transcribe(api, wav_file(), key="k")).json() == first.json()
    check_problem(await transcribe(api, wav_file(2.0), key="k"), 422, "key_reused")
    assert len(api.harness.recognition.heard) == 1


async def test_a_text_becomes_a_wav_file(api: FunctionClient) -> None:
    answer = await api.call("voice", {"text": "Good morning."}, path="/synthesize")
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 24_000)
        assert sound.getnframes() == pytest.approx(13 * 0.06 * 24_000)


async def test_a_used_up_meter_is_named(api: FunctionClient) -> None:
    ledger = f"users/ada/usage/{api.harness.clock.now():%Y-%m}"
    used = Create(ledger, {"month": "now", "transcribed_seconds_used": 3_600})
    await api.harness.store.inner.commit([used])
    problem = check_problem(await transcribe(api, wav_file()), 429, "quota_exceeded")
    assert problem["meter"] == "transcribed_seconds"


async def test_a_message_may_be_spoken(api: FunctionClient) -> None:
    body = form(("request", b'{"speak": false}'), ("audio", wav_file()))
    headers = {**FORM, "accept": EVENTS}
    stream = events((await api.call("chat", body, headers=headers)).content)
    assert [event.name for event in stream][:2] == ["heard", "turn"]
    assert stream[0].data == {"text": "What time is it?", "confidence": 0.9, "seconds": 1.0}
    assert stream[-1].data["ended"] == "complete"


async def test_a_spoken_turn_is_replayed_with_its_words(api: FunctionClient) -> None:
    body, headers = form(("audio", wav_file())), {**FORM, "accept": EVENTS}
    first = await api.call("chat", body, headers=headers, key="k")
    again = await api.call("chat", body, headers=headers, key="k")
    assert events(again.content)[0] == events(first.content)[0]
    assert len(api.harness.recognition.heard) == 1


async def test_not_heard_is_replayed_without_a_turn(api: FunctionClient) -> None:
    api.harness.recognition.text = ""
    body, headers = form(("audio", wav_file())), {**FORM, "accept": EVENTS}
    for _ in range(2):
        answer = await api.call("chat", body, headers=headers, key="k")
        assert [each.name for each in events(answer.content)] == ["heard", "usage", "done"]


@pytest.mark.parametrize(
    ("parts", "status", "field"),
    [
        ([("request", b"{}")], 400, "audio"),
        ([("request", b"["), ("audio", wav_file())], 400, "body"),
        ([("request", b'{"mood": 1}'), ("audio", wav_file())], 422, "mood"),
        ([("request", b'{"audio": "x"}'), ("audio", wav_file())], 400, "audio"),
        ([("request", b'{"message": "Hi."}'), ("audio", wav_file())], 422, "audio message"),
        ([("audio", b"hello")], 422, "audio"),
        ([("audio", wav_file()), ("voice", b"x")], 400, "voice"),
    ],
)
async def test_a_wrong_spoken_message_is_refused_by_name(
    api: FunctionClient, parts: list[tuple[str, bytes]], status: int, field: str
) -> None:
    problem = check_problem(await api.call("chat", form(*parts), headers=FORM), status, "invalid")
    assert fields_of(problem) == field.split()


async def test_a_recording_is_no_field_of_json(api: FunctionClient) -> None:
    problem = check_problem(await api.call("chat", {"audio": "UklGRg=="}), 422, "invalid")
    assert fields_of(problem) == ["audio"]


async def test_sound_needs_a_stream(api: FunctionClient) -> None:
    body = {"message": "Hi.", "speak": "audio"}
    problem = check_problem(await api.call("chat", body), 422, "invalid")
    assert fields_of(problem) == ["Accept"]
    answer = await api.call("chat", body, headers={"accept": EVENTS})
    assert "audio" in [event.name for event in events(answer.content)]
