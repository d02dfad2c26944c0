"""One Idempotency-Key of one user at one function: one effect, one answer."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from common.domain import errors
from common.domain.ids import UserId
from common.schemas.base import Request
from common.schemas.requests import (
    ChatRequest,
    EndSessionRequest,
    KeepAliveRequest,
    SpeakRequest,
    StartAvatarRequest,
)
from common.transactions.idempotency import LOST, IdempotencyKey
from tests.api.sse import events
from tests.api.wire import EVENTS, MISSING, PUBLIC, Wire, check_problem
from tests.support.harness import advance

MODELS: dict[str, type[Request]] = {
    "start_avatar": StartAvatarRequest,
    "chat": ChatRequest,
    "speak": SpeakRequest,
    "keep_alive": KeepAliveRequest,
    "end_session": EndSessionRequest,
}
HOLDING = ("start_avatar", "chat", "speak")
"""What takes a while, and claims its key before it begins."""


async def request_of(wire: Wire, function: str, user: str = "ada") -> dict[str, Any]:
    """A body that works, with what it needs already there."""
    if function in {"start_avatar", "chat"}:
        return {"message": "Hello."} if function == "chat" else {}
    session = (await wire.start(user))["avatar_session_id"]
    return {"avatar_session_id": session, **({"text": "Hello."} if function == "speak" else {})}


def other(function: str, body: dict[str, Any]) -> dict[str, Any]:
    change = {"start_avatar": {"quality": "low"}, "chat": {"message": "Bye."}}
    return {**body, **change.get(function, {"avatar_session_id": "another"})}


async def effects(wire: Wire) -> dict[str, Any]:
    """All that costs (a ticket does not), and all that is kept but the keys."""
    harness = wire.harness
    return {
        "provider": [call for call in harness.avatars.calls if call[0] != "create_session_token"],
        "agent": list(harness.agent.asked),
        "voice": list(harness.voice.texts),
        "tasks": dict(harness.tasks.scheduled),
        "kept": {path: body for path, body in wire.dump().items() if "idempotency/" not in path},
    }


@pytest.mark.parametrize("function", PUBLIC)
async def test_twice_is_one_effect_and_the_same_answer(wire: Wire, function: str) -> None:
    body = await request_of(wire, function)
    first = await wire.call(function, body, key="k")
    assert first.is_success
    before = await effects(wire)
    advance(wire.harness.clock, 30)
    spaced = json.dumps(body, indent=4).encode()
    for again in (body, spaced):
        second = await wire.call(function, again, key="k")
        assert (second.status_code, second.content) == (first.status_code, first.content)
        assert second.headers == first.headers
    assert await effects(wire) == before


async def test_the_answer_of_a_speech_outlives_its_session(wire: Wire) -> None:
    body = await request_of(wire, "speak")
    first = await wire.call("speak", body, key="k")
    await wire.call("end_session", {"avatar_session_id": body["avatar_session_id"]})
    assert (await wire.call("speak", body, key="k")).content == first.content


@pytest.mark.parametrize("first", [EVENTS, "application/json"])
async def test_a_turn_is_the_same_as_a_stream_and_as_json(wire: Wire, first: str) -> None:
    wire.harness.agent.replies.append(["It is ", "noon.\n\u2028 Bye. 🙂"])
    answers: dict[str, httpx.Response] = {}
    other_way = ({EVENTS, "application/json"} - {first}).pop()
    for accept in (first, other_way):
        answers[accept] = await wire.call(
            "chat", {"message": "Hi."}, key="k", headers={"accept": accept}
        )
    stream, whole = events(answers[EVENTS].content), answers["application/json"].json()
    assert [event.name for event in (stream[0], stream[-1])] == ["turn", "done"]
    said = "".join(event.data["text"] for event in stream if event.name == "text")
    assert said == stream[-1].data["text"] == whole["text"]
    assert stream[-1].data == {name: whole[name] for name in stream[-1].data}
    assert stream[0].data == {name: whole[name] for name in stream[0].data}
    (usage,) = [event.data for event in stream if event.name == "usage"]
    assert {"event": "usage", **usage} == whole["usage"]
    assert len(wire.harness.agent.asked) == 1


async def test_a_stream_is_the_same_again(wire: Wire) -> None:
    started = await wire.start()
    body = {"message": "Hi.", "conversation_id": started["conversation_id"]}
    answers = [await wire.call("chat", body, key="k", headers={"accept": EVENTS}) for _ in range(3)]
    assert answers[1].content == answers[2].content
    streams = [events(answer.content) for answer in answers[:2]]
    assert streams[0][-1] == streams[1][-1]
    assert answers[0].headers == answers[1].headers
    assert len(wire.harness.agent.asked) == 1
    assert len(wire.harness.voice.texts) == 1


@pytest.mark.parametrize("function", PUBLIC)
async def test_another_body_is_refused(wire: Wire, function: str) -> None:
    body = await request_of(wire, function)
    assert (await wire.call(function, body, key="k")).is_success
    before = wire.dump()
    check_problem(await wire.call(function, other(function, body), key="k"), 422, "key_reused")
    assert wire.dump() == before


@pytest.mark.parametrize("function", HOLDING)
async def test_while_the_first_is_at_work_the_second_is_asked_to_wait(
    wire: Wire, function: str
) -> None:
    body = await request_of(wire, function)
    wire.harness.agent.replies.append([5.0, "Hello."])
    wire.harness.avatars.slow["start"] = 5.0
    wire.harness.voice.seconds = 5.0
    first = asyncio.create_task(wire.call(function, body, key="k"))
    await asyncio.sleep(1)
    for headers in ({}, {"accept": EVENTS}):
        refused = await wire.call(function, body, key="k", headers=headers)
        assert check_problem(refused, 409, "key_in_flight")["retry_after"] >= 1
    check_problem(await wire.call(function, other(function, body), key="k"), 422, "key_reused")
    answer = await first
    assert answer.is_success
    assert (await wire.call(function, body, key="k")).content == answer.content
    assert len(wire.harness.agent.asked) == (function == "chat")
    assert len(wire.harness.voice.texts) == (function == "speak")


@pytest.mark.parametrize("function", PUBLIC)
async def test_many_at_once_are_one_effect(wire: Wire, function: str) -> None:
    body = await request_of(wire, function)
    wire.harness.avatars.calls.clear()
    answers = await asyncio.gather(*(wire.call(function, body, key="k") for _ in range(20)))
    served = [answer for answer in answers if answer.is_success]
    assert served
    assert len({answer.content for answer in served}) == 1
    for answer in answers:
        if not answer.is_success:
            check_problem(answer, 409, "key_in_flight")
    calls = [name for name, _ in wire.harness.avatars.calls]
    assert calls.count("start") == (function == "start_avatar")
    assert calls.count("connect") == (function == "speak")
    paths = list(wire.dump())
    messages = [path for path in paths if "/messages/" in path]
    assert len(messages) == 2 * (function == "chat")
    ends = [body for path, body in wire.dump().items() if "/events/" in path and "ended" in body]
    assert len(ends) == (function == "end_session")


@pytest.mark.parametrize("function", PUBLIC)
async def test_many_at_once_in_several_processes_are_one_effect(wire: Wire, function: str) -> None:
    body = await request_of(wire, function)
    doors = [wire.another() for _ in range(5)]
    wire.harness.voice.texts.clear()
    wire.harness.avatars.calls.clear()
    answers = await asyncio.gather(*(door.call(function, body, key="k") for door in doors))
    (served,) = {answer.content for answer in answers if answer.is_success}
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    assert (await wire.call(function, body, key="k")).content == served
    assert await wire.harness.used("agent_tokens") == (10 * (function == "chat"), 0)
    assert await wire.harness.used("voice_characters") == (6 * (function == "speak"), 0)
    assert [name for name, _ in wire.harness.avatars.calls].count("start") == (
        function == "start_avatar"
    )
    assert len(wire.harness.voice.texts) == (function == "speak")
    assert wire.harness.agent.ended + wire.harness.agent.left == len(wire.harness.agent.asked)
    messages = [path for path in wire.dump() if "/messages/" in path]
    assert len(messages) == 2 * (function == "chat")


@pytest.mark.parametrize("function", PUBLIC)
async def test_the_keys_of_two_users_do_not_meet(wire: Wire, function: str) -> None:
    answers = []
    for user in ("ada", "bob"):
        body = await request_of(wire, function, user)
        answers.append(await wire.call(function, body, user=user, key="k"))
        assert answers[-1].is_success
    assert answers[0].content != answers[1].content


async def test_the_same_key_at_two_functions_does_not_meet(wire: Wire) -> None:
    session = (await wire.start())["avatar_session_id"]
    body = {"avatar_session_id": session}
    kept = await wire.call("keep_alive", body, key="k")
    ended = await wire.call("end_session", body, key="k")
    assert "idle_at" in kept.json()
    assert ended.json()["state"] == "ended"


@pytest.mark.parametrize("function", PUBLIC)
async def test_what_was_refused_leaves_the_key_free(wire: Wire, function: str) -> None:
    body = await request_of(wire, function)
    named = "conversation_id" if function in {"start_avatar", "chat"} else "avatar_session_id"
    refused = await wire.call(function, {**body, named: MISSING}, key="k")
    check_problem(refused, 404, "not_found")
    assert (await wire.call(function, body, key="k")).is_success


async def test_a_start_refused_for_its_slot_leaves_the_key_free(wire: Wire) -> None:
    started = await wire.start()
    check_problem(await wire.call("start_avatar", {}, key="k"), 429, "too_many_sessions")
    await wire.call("end_session", {"avatar_session_id": started["avatar_session_id"]})
    assert (await wire.call("start_avatar", {}, key="k")).status_code == 201


def break_once(wire: Wire, function: str, error: errors.Upstream) -> None:
    if function == "chat":
        wire.harness.agent.replies.append([error])
    elif function == "speak":
        wire.harness.voice.fails[1] = error
    else:
        call = {"start_avatar": "start", "keep_alive": "keep_alive", "end_session": "stop"}
        wire.harness.avatars.fail_next(call[function], error)


@pytest.mark.parametrize("function", PUBLIC)
async def test_what_failed_behind_us_leaves_the_key_free(wire: Wire, function: str) -> None:
    body = await request_of(wire, function)
    break_once(wire, function, errors.Unavailable("avatar", "down", retry_after=2))
    failed = await wire.call(function, body, key="k")
    if function == "end_session":
        assert failed.json()["state"] == "ending"
    else:
        assert failed.status_code == 503, failed.text
        assert failed.headers["content-type"] == "application/problem+json"
    again = await wire.call(function, body, key="k")
    assert again.is_success
    assert again.json().get("state", "ended") == "ended"


@pytest.mark.parametrize("function", PUBLIC)
async def test_a_store_that_is_away_leaves_the_key_free(wire: Wire, function: str) -> None:
    body = await request_of(wire, function)

    async def away(_: str) -> None:
        raise errors.Unavailable("store", "away")

    wire.harness.store.before = away
    failed = check_problem(await wire.call(function, body, key="k"), 503, "store_unavailable")
    assert failed["still_works"]
    wire.harness.store.before = None
    assert (await wire.call(function, body, key="k")).is_success


async def test_a_start_that_nobody_confirmed_leaves_the_key_free(wire: Wire) -> None:
    wire.harness.avatars.fail_next("start", errors.Ambiguous("avatar", "timeout"), happens=True)
    failed = await wire.call("start_avatar", {}, key="k")
    assert check_problem(failed, 503, "avatar_unavailable")["retry_after"]
    assert not wire.harness.avatars.running()
    assert (await wire.call("start_avatar", {}, key="k")).status_code == 201
    assert await wire.harness.used("avatar_seconds") == (0, 600)


@pytest.mark.parametrize("function", HOLDING)
async def test_the_claim_of_a_process_that_died_can_be_taken_over_in_time(
    wire: Wire, function: str
) -> None:
    body = await request_of(wire, function)
    asked = MODELS[function].model_validate(body).model_dump_json().encode()
    once = IdempotencyKey.of(UserId("ada"), function, "k", asked)
    (document,) = await wire.harness.store.inner.get(once.paths)
    died = wire.harness.clock.now() - LOST + timedelta(seconds=1)
    await wire.harness.store.inner.commit(once.claim({document.path: document}, died))
    check_problem(await wire.call(function, body, key="k"), 409, "key_in_flight")
    advance(wire.harness.clock, 1)
    answers = await asyncio.gather(*(wire.call(function, body, key="k") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {
        409,
        201 if function == "start_avatar" else 200,
    }
    (served,) = [answer for answer in answers if answer.is_success]
    assert (await wire.call(function, body, key="k")).content == served.content
    assert len(wire.harness.agent.asked) == (function == "chat")
    assert len(wire.harness.voice.texts) == (function == "speak")


async def test_the_stored_answers_hold_no_token(wire: Wire) -> None:
    first = await wire.call("start_avatar", {}, key="k")
    started = first.json()
    again = await wire.call("start_avatar", {}, key="k")
    body = {"conversation_id": started["conversation_id"]}
    resumed = await wire.call("start_avatar", body, key="r")
    token = started["livekit_token"]
    assert token == again.json()["livekit_token"] == resumed.json()["livekit_token"]
    assert resumed.status_code == 200
    session = started["avatar_session_id"]
    await wire.call("speak", {"avatar_session_id": session, "text": "Hi."}, key="k")
    await wire.call("chat", {"message": "Hi.", **body}, key="k")
    stored = "\n".join(wire.dump().values())
    for secret in (token, f"token-of-{session}", f"ws://fake/{session}", wire.token("ada")):
        assert secret not in stored
    assert '"idempotency/' not in stored


async def test_a_turn_asked_for_twice_at_once_is_not_cut_by_itself(wire: Wire) -> None:
    started = await wire.start()
    body = {"message": "Hi.", "conversation_id": started["conversation_id"]}
    answers = await asyncio.gather(*(wire.call("chat", body, key="k") for _ in range(5)))
    (served,) = [answer for answer in answers if answer.is_success]
    assert served.json()["ended"] == "complete"
    assert served.json()["spoken"] == served.json()["text"]
    assert len(wire.harness.agent.asked) == 1
