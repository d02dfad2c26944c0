"""Odd requests to the functions about people: each 4xx names what is wrong, and none is a 500."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.stack import Stack
from tests.local.stacks import standing
from tests.support.recordings import wav_file

TALKS, TRANSCRIBE, SYNTHESIZE = (
    "/api/conversations",
    "/api/voice/transcribe",
    "/api/voice/synthesize",
)
ACCOUNT, GOOGLE = "/api/account", "/api/connections/google"
BOUNDARY = {"content-type": "multipart/form-data; boundary=X"}
WAV = {"content-type": "audio/wav"}
SECOND = wav_file(1.0)


@dataclass
class OddRequests:
    """A client of ada. `own` is her conversation, `foreign` is the conversation of bob."""

    local: Stack
    ada: httpx.AsyncClient
    own: str
    foreign: str


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[OddRequests]:
    async with standing(tmp_path) as (local, ada):
        talks = []
        for name in ("ada", "bob"):
            headers = local.sign_in(name)
            body = {"message": "Hello there."}
            answer = await ada.post("/api/chat", json=body, headers=headers)
            talks.append(answer.json()["conversation_id"])
        yield OddRequests(local, ada, *talks)


def named(answer: httpx.Response) -> list[str]:
    """Return the fields that a refusal names."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return [each["field"] for each in answer.json().get("errors", [])]


def form(*parts: tuple[str, bytes], end: bytes = b"--X--\r\n") -> bytes:
    """Return a multipart body. A part is the rest of its Content-Disposition, and its content."""
    written = (
        f"--X\r\nContent-Disposition: form-data{name}\r\n\r\n".encode() + content + b"\r\n"
        for name, content in parts
    )
    return b"".join(written) + end


AUDIO, REQUEST = '; name="audio"', '; name="request"'


WRONG_QUERIES: list[Any] = [
    *((f"cursor={each}", "cursor") for each in ("x", "", "e30", "W10", "bnVsbA", "a" * 401)),
    ("cursor=WyIyMDI2LTEyLTAxIiwgImEvYiJd", "cursor"),
    ("cursor=%00", "cursor"),
    *((f"limit={each}", "limit") for each in ("-1", "0", "51", "1e3", "x", "", "9" * 30)),
    ("limit=1&limit=2", "limit"),
    *((f"q={each}", "q") for each in ("", "%00", "%E2%80%AE", "%ff", "a" * 101)),
    ("unknown=1", "unknown"),
]


async def test_a_wrong_query_is_named(scene: OddRequests) -> None:
    for query, field in WRONG_QUERIES:
        answer = await scene.ada.get(f"{TALKS}?{query}")
        assert answer.status_code in {400, 422}
        assert named(answer) == [field]


async def test_the_conversation_of_another_and_none_are_not_found(scene: OddRequests) -> None:
    for talk in (scene.foreign, "nothing", "01m8pdkdpjfwepjwvb3"):
        path = f"{TALKS}/{talk}"
        rate = {"rating": "good"}
        answers = [
            await scene.ada.get(path),
            await scene.ada.get(f"{path}/messages"),
            await scene.ada.patch(path, json={"title": "Mine"}),
            await scene.ada.put(f"{path}/messages/0000000001-1/feedback", json=rate),
            await scene.ada.delete(path),
            await scene.ada.post("/api/chat", json={"message": "x", "conversation_id": talk}),
            await scene.ada.post("/api/chat", json={"stop": True, "conversation_id": talk}),
        ]
        assert {(each.status_code, each.json()["code"]) for each in answers} == {(404, "not_found")}
    for talk in ("%2e%2e", "%00", "__x__", "x" * 65, "é"):
        answer = await scene.ada.get(f"{TALKS}/{talk}")
        assert (answer.status_code, named(answer)) == (422, ["conversation_id"])


WRONG_TITLES: list[Any] = [
    *[(text, "title") for text in ("", " ", "\u200b", "\u202e\u202e", "\ud800")],
    (None, "title"),
    (7, "title"),
    (["x"], "title"),
    ("x" * 101, "title"),
    ("x" * 1_000_000, "body"),
]


async def test_a_wrong_title_is_named_in_plain_words(scene: OddRequests) -> None:
    for title, field in WRONG_TITLES:
        body = json.dumps({"title": title})
        answer = await scene.ada.patch(f"{TALKS}/{scene.own}", content=body)
        assert answer.status_code in {413, 422}
        assert named(answer) == [field]
        assert "items after validation" not in answer.text


TITLES: list[Any] = ["🙂" * 100, "漢字" * 50, "Über\u202eMut", "a\u0000b"]


async def test_a_title_of_any_script_is_kept_on_one_line(scene: OddRequests) -> None:
    for title in TITLES:
        answer = await scene.ada.patch(f"{TALKS}/{scene.own}", json={"title": title})
        assert answer.status_code == 200
        assert answer.json()["title"].isprintable()


DELETIONS: list[Any] = [
    (ACCOUNT, b'{"x": 1}', 422, ["x"]),
    (ACCOUNT, b'{"x": 1, "y": 2}', 422, ["x", "y"]),
    (ACCOUNT, b"junk", 400, ["body"]),
    (ACCOUNT, b"[]", 400, ["body"]),
    (f"{TALKS}/OWN", b'{"conversation_id": "other"}', 422, ["conversation_id"]),
    (GOOGLE, b'{"mail": true}', 422, ["mail"]),
    (GOOGLE, b"x" * 70_000, 413, ["body"]),
]


async def test_a_deletion_with_a_body_is_refused_and_does_nothing(scene: OddRequests) -> None:
    for path, body, status, fields in DELETIONS:
        address = path.replace("OWN", scene.own)
        answer = await scene.ada.request("DELETE", address, content=body)
        assert (answer.status_code, named(answer)) == (status, fields)
        assert (await scene.ada.get(ACCOUNT)).json().get("deletion") is None
        assert (await scene.ada.get(f"{TALKS}/{scene.own}")).status_code == 200
    answer = await scene.ada.request("DELETE", f"{TALKS}/{scene.own}", content=b"{}")
    assert answer.status_code == 200


async def test_a_rating_twice_and_a_rating_of_ones_own_words(scene: OddRequests) -> None:
    path = f"{TALKS}/{scene.own}/messages/0000000001-1/feedback"
    for rating in ("good", "good", "bad", None):
        answer = await scene.ada.put(path, json={"rating": rating})
        assert answer.status_code == 200
        assert (answer.json().get("feedback") or {}).get("rating") == rating
    for body, field in (
        ({}, "rating"),
        ({"rating": "meh"}, "rating"),
        ({"rating": None, "comment": "x"}, "rating"),
        ({"rating": "bad", "comment": "x" * 501}, "comment"),
    ):
        assert named(await scene.ada.put(path, json=body)) == [field]
    own = path.replace("-1/", "-0/")
    assert named(await scene.ada.put(own, json={"rating": "good"})) == ["message_id"]


BRANCHES: list[Any] = [
    ({"edit": "0000000099-0", "message": "x"}, 404),
    ({"edit": "0000000001-1", "message": "x"}, 404),
    ({"edit": "0000000001-0"}, 422),
    ({"regenerate": True, "message": "x"}, 422),
    ({"regenerate": False}, 422),
    ({"regenerate": True, "edit": "0000000001-0", "message": "x"}, 422),
    ({"stop": True}, 409),
    ({"confirm": "none", "yes": True}, 409),
    ({"confirm": "none"}, 422),
    ({"message": "x", "speak": "audio"}, 422),
    ({"message": "x", "audio": "UklGRg=="}, 422),
]


async def test_branches_that_cannot_be(scene: OddRequests) -> None:
    for change, status in BRANCHES:
        answer = await scene.ada.post("/api/chat", json={"conversation_id": scene.own, **change})
        assert answer.status_code == status
        assert status != 422 or named(answer)


async def test_a_replaced_and_a_deleted_message_cannot_be_edited(scene: OddRequests) -> None:
    edit = {"conversation_id": scene.own, "edit": "0000000001-0", "message": "Again."}
    assert (await scene.ada.post("/api/chat", json=edit)).status_code == 200
    again = await scene.ada.post("/api/chat", json=edit)
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    await scene.ada.delete(f"{TALKS}/{scene.own}")
    assert (await scene.ada.post("/api/chat", json=edit)).status_code == 404


FORMS: list[Any] = [
    form((REQUEST, b"{}")),
    form((AUDIO, SECOND), (AUDIO, SECOND)),
    form((REQUEST, b"{}"), (REQUEST, b"{}"), (AUDIO, SECOND)),
    form((REQUEST, b'{"message": "x"}'), (AUDIO, SECOND)),
    form((REQUEST, b'{"audio": "x"}'), (AUDIO, SECOND)),
    form((REQUEST, b"{"), (AUDIO, SECOND)),
    form((REQUEST, b"[]"), (AUDIO, SECOND)),
    form((REQUEST, b"{}"), (AUDIO, b"")),
    form(('; name="evil"', b"x"), (AUDIO, SECOND)),
    form(("", b"x")),
    form((AUDIO, SECOND), end=b""),
    form((AUDIO, SECOND + bytes(2_200_000))),
    form(*[(f'; name="p{n}"', b"x") for n in range(500)]),
    b"",
    b"--Y--\r\n",
]


async def test_a_multipart_oddity_is_named(scene: OddRequests) -> None:
    for body in FORMS:
        for path in ("/api/chat", TRANSCRIBE):
            answer = await scene.ada.post(path, content=body, headers=BOUNDARY)
            assert answer.status_code in {400, 413, 422}
            assert named(answer)


async def test_a_language_without_a_voice_is_the_callers_mistake(scene: OddRequests) -> None:
    asked = {"text": "Hello.", "language": "zz"}
    answer = await scene.ada.post(SYNTHESIZE, json=asked)
    assert (answer.status_code, named(answer)) == (422, ["language"])
    answer = await scene.ada.post("/api/start_avatar", json={"language": "zz"})
    assert (answer.status_code, named(answer)) == (422, ["language"])
    answer = await scene.ada.patch(ACCOUNT, json={"preferences": {"language": "zz-ZZ"}})
    assert (answer.status_code, named(answer)) == (422, ["preferences.language"])
    chosen = {"preferences": {"language": "ha-NG"}}  # a language, but without a voice here
    assert (await scene.ada.patch(ACCOUNT, json=chosen)).status_code == 200
    answer = await scene.ada.post(SYNTHESIZE, json={"text": "Hello."})
    assert (answer.status_code, named(answer)) == (422, ["preferences.language"])
    answer = await scene.ada.post(TRANSCRIBE, content=SECOND, headers=WAV)
    assert (answer.status_code, named(answer)) == (422, ["preferences.language"])
    spoken = form((REQUEST, b"{}"), (AUDIO, SECOND))
    answer = await scene.ada.post("/api/chat", content=spoken, headers=BOUNDARY)
    assert (answer.status_code, named(answer)) == (422, ["preferences.language"])
    usage = (await scene.ada.get(f"{ACCOUNT}/usage")).json()["usage"]["meters"]
    assert usage["transcribed_seconds"]["used"] == usage["transcribed_seconds"]["reserved"] == 0


async def test_an_account_that_closes_is_exported_and_takes_no_change(scene: OddRequests) -> None:
    assert (await scene.ada.delete(ACCOUNT)).status_code == 200
    exported = (await scene.ada.get(f"{ACCOUNT}/export")).json()
    assert exported["complete"] is True
    for method, path, body in (
        ("POST", "/api/chat", {"message": "x"}),
        ("PATCH", ACCOUNT, {"name": "x"}),
        ("POST", GOOGLE, {"mail": True, "calendar": True}),
        ("POST", SYNTHESIZE, {"text": "x"}),
        ("POST", "/api/start_avatar", {}),
    ):
        answer = await scene.ada.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "account_closing")
