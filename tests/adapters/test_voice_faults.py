"""Speech-to-Text and Text-to-Speech when Google refuses, breaks off, or answers something else."""

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from common.adapters.google.credentials import LocalToken
from common.adapters.google.speech_to_text import GoogleRecognition
from common.adapters.google.text_to_speech import GoogleSpeech
from common.domain import errors
from common.ports.voice import Recording
from tests.support.fakes.http import CANARY, CUT, REFUSED, Body, Server
from tests.support.virtual_time import VirtualTimeLoop

Call = Callable[[Server], Awaitable[Any]]
SECOND = Recording("pcm", bytes(32_000), 16_000, 1, 1.0)
MB = 2**20
SENT = "Mon, 30 Nov 2026 12:00:00 GMT"
GOOGLE_ERROR = {"error": {"code": 400, "message": CANARY, "status": "INVALID_ARGUMENT"}}


async def recognize(server: Server) -> Any:
    port = GoogleRecognition(
        LocalToken(), server.http_client, project="p", location="global", model="short"
    )
    return await port.recognize(SECOND, ["en-US", "de-DE"])


async def synthesize(server: Server) -> Any:
    return await GoogleSpeech(LocalToken(), server.http_client).synthesize("Hello.", "", "en-US")


@pytest.fixture(params=[recognize, synthesize], ids=["recognition", "speech"])
def call(request: pytest.FixtureRequest) -> Call:
    found: Call = request.param
    return found


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


async def refused(call: Call, server: Server) -> errors.Upstream:
    with pytest.raises(errors.Upstream) as raised:
        await call(server)
    assert CANARY not in f"{raised.value!r} {raised.value.__context__!r}"
    return raised.value


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "kind", "requests"),
    [
        (300, errors.Unavailable, 1),
        (400, errors.Rejected, 1),
        (401, errors.Rejected, 2),  # with a fresh token once
        (403, errors.Rejected, 1),
        (404, errors.UpstreamNotFound, 1),
        (408, errors.Failed, 1),
        (413, errors.Rejected, 1),
        (429, errors.Busy, 3),
        (499, errors.Failed, 1),
        (500, errors.Unavailable, 1),
        (502, errors.Unavailable, 1),
        (503, errors.Busy, 3),
        (504, errors.Unavailable, 1),
    ],
)
@pytest.mark.parametrize("body", [json.dumps(GOOGLE_ERROR), f"<html>{CANARY}</html>", ""])
async def test_each_status_has_its_error_and_its_number_of_requests(
    call: Call, status: int, kind: type[errors.Upstream], requests: int, body: str
) -> None:
    server = Server(lambda _: httpx.Response(status, text=body))
    found = await refused(call, server)
    assert type(found) is kind or (status == 400 and isinstance(found, errors.UnsupportedVoice))
    assert len(server.requests) == requests


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "told", "requests"),
    [
        ({"retry-after": "0"}, 1, 3),
        ({"retry-after": "1"}, 1, 3),
        ({"retry-after": "30"}, 30, 1),  # too long to wait for
        ({"retry-after": "999999999999"}, 3600, 1),
        ({"retry-after": "Mon, 30 Nov 2026 12:00:40 GMT", "date": SENT}, 40, 1),
        ({"retry-after": "Mon, 30 Nov 2026 11:00:00 GMT", "date": SENT}, 1, 3),
        ({"retry-after": "Mon, 30 Nov 2026 12:00:40 GMT"}, 1, 3),  # by whose clock?
        ({"retry-after": "Mon, 30 Nov 2026 12:00:40", "date": SENT}, 1, 3),
        ({"retry-after": "soon", "date": SENT}, 1, 3),
        ({"retry-after": "-5"}, 1, 3),
        ({}, 1, 3),
    ],
)
async def test_a_busy_service_says_when_to_come_back(
    call: Call, status: int, header: dict[str, str], told: int, requests: int
) -> None:
    server = Server(lambda _: httpx.Response(status, headers=header))
    busy = await refused(call, server)
    assert isinstance(busy, errors.Busy)
    assert busy.retry_after == told
    assert len(server.requests) == requests


async def test_a_language_without_a_model_is_the_callers_mistake_and_not_repeated() -> None:
    text = 'The language "tlh" is not supported by the model "short" in the location "global".'
    body = {"error": {"code": 400, "message": text}}
    server = Server(lambda _: httpx.Response(400, json=body))
    with pytest.raises(errors.Invalid) as raised:
        await recognize(server)
    assert [name for name, _ in raised.value.fields] == ["language"]
    assert len(server.requests) == 1


# ── connections ──────────────────────────────────────────────────────────────────────────────────


async def test_a_connection_that_is_refused_is_tried_again(call: Call) -> None:
    server = Server(REFUSED)
    assert type(await refused(call, server)) is errors.Unavailable
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "answer",
    [
        CUT,
        lambda _: httpx.Response(200, stream=Body(b'{"results": [', CUT)),
        lambda _: httpx.Response(200, stream=Body(b'{"results": [', hangs=True)),
        lambda _: httpx.Response(200, stream=Body(hangs=True)),
        lambda _: httpx.Response(200, stream=Body(*[b"x" * MB] * 40)),
    ],
    ids=["cut", "cut within the body", "slow body", "silent body", "oversize"],
)
async def test_a_lost_answer_is_unavailable_and_not_asked_for_again(
    call: Call, answer: Any
) -> None:
    server = Server(answer)
    assert type(await refused(call, server)) is errors.Unavailable
    assert len(server.requests) == 1  # each request costs money


async def test_a_refusal_with_an_endless_body_has_its_status(call: Call) -> None:
    server = Server(lambda _: httpx.Response(403, stream=Body(*[b"x" * MB] * 64)))
    assert type(await refused(call, server)) is errors.Rejected


# ── answers of another shape ─────────────────────────────────────────────────────────────────────

NOT_AN_ANSWER = [
    b"",
    b"<html>Sign in</html>",
    b'{"results": [{"alter',
    b"null",
    b"7",
    b'"text"',
    b"[]",
]


@pytest.mark.parametrize("body", NOT_AN_ANSWER)
async def test_a_success_that_is_no_answer_is_a_failure(call: Call, body: bytes) -> None:
    server = Server(lambda _: httpx.Response(200, content=body))
    assert type(await refused(call, server)) is errors.Failed
    assert len(server.requests) == 1


async def heard(*results: Any) -> Any:
    return await recognize(Server(lambda _: httpx.Response(200, json={"results": list(results)})))


def result(*alternatives: Any, **more: Any) -> dict[str, Any]:
    return {"alternatives": list(alternatives), **more}


@pytest.mark.parametrize(
    "wrong",
    [
        7,
        "text",
        [],
        result(7),
        result("text"),
        result(None),
        {"alternatives": {"transcript": "hello"}},
        {"alternatives": "hello"},
        result({"transcript": None}),
        result({"transcript": 7}),
        result({"transcript": ["hello"]}),
        result({"transcript": "hello", "confidence": "0.9"}),
        result({"transcript": "hello", "confidence": True}),
        result({"transcript": "hello", "confidence": [0.9]}),
        result({"transcript": "hello"}, languageCode=7),
    ],
)
async def test_a_value_of_another_type_is_a_failure_and_never_words(wrong: Any) -> None:
    with pytest.raises(errors.Failed):
        await heard(wrong)


@pytest.mark.parametrize("results", [7, "text", {"alternatives": []}, None])
async def test_results_that_are_no_list_are_a_failure(results: Any) -> None:
    server = Server(lambda _: httpx.Response(200, json={"results": results}))
    assert type(await refused(recognize, server)) is errors.Failed


@pytest.mark.parametrize(
    "results",
    [
        (),
        ({},),
        (result(),),
        ({"resultEndOffset": "1.0s"},),
        (result({}),),
        (result({"transcript": ""}),),
        (result({"transcript": "  ", "confidence": 0.9}),),
        (result({"confidence": 0.9}),),
    ],
)
async def test_silence_has_no_words_and_no_confidence(results: tuple[Any, ...]) -> None:
    found = await heard(*results)
    assert (found.text, found.confidence, found.language) == ("", None, "en-US")


async def test_the_first_of_several_alternatives_counts() -> None:
    first, second = {"transcript": "One", "confidence": 0.4}, {"transcript": "Won", "confidence": 1}
    found = await heard(result(first, second), result({"transcript": " two."}, first))
    assert found.text == "One two."
    assert found.confidence is None


@pytest.mark.parametrize("confidence", [0, 0.0, -1, 1.5, None])
async def test_a_confidence_that_is_none_or_out_of_range_is_unknown(confidence: Any) -> None:
    found = await heard(result({"transcript": "Hello", "confidence": confidence}))
    assert found.confidence is None


async def test_a_confidence_that_is_not_a_number_of_json_is_unknown() -> None:
    body = b'{"results": [{"alternatives": [{"transcript": "Hello", "confidence": NaN}]}]}'
    found = await recognize(Server(lambda _: httpx.Response(200, content=body)))
    assert (found.text, found.confidence) == ("Hello", None)


async def test_another_language_than_the_first_hint_is_told() -> None:
    found = await heard(result({"transcript": "Hallo"}, languageCode="de-DE"))
    assert found.language == "de-DE"


async def test_unknown_members_are_ignored() -> None:
    found = await heard(result({"transcript": "Hello", "words": [{"word": "Hello"}]}, channelTag=1))
    assert found.text == "Hello"


@pytest.mark.parametrize(
    "content",
    [None, 7, "", "!", "AAA", ["AAAA"], base64.b64encode(b"RIFF____WAVEfmt ").decode(), "AA=="],
)
async def test_speech_without_usable_sound_is_a_failure(content: Any) -> None:
    server = Server(lambda _: httpx.Response(200, json={"audioContent": content}))
    assert type(await refused(synthesize, server)) is errors.Failed
    assert len(server.requests) == 1
