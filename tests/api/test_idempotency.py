"""Requests with one Idempotency-Key of one user at one operation: one effect, one answer."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from common.domain import deadlines, errors
from common.domain.documents import Create, Document
from common.domain.ids import ConversationId, TurnId, UserId
from common.domain.turn import TurnRecord, begin_turn
from common.schemas.requests import StartAvatarRequest
from common.transactions.idempotency import LOST, IdempotencyKey
from tests.api.cases import KEYED, MISSING, SESSION, Case
from tests.api.client import EVENTS, FunctionClient, check_problem
from tests.api.sse import events
from tests.support.harness import advance

SLOW = [case for case in KEYED if str(case) in SESSION[:3]]
"""Operations that claim their key before their work begins, because the work takes time."""


async def valid(api: FunctionClient, case: Case, user: str = "ada") -> dict[str, Any]:
    """Return a valid request. What it refers to exists."""
    if str(case) in {"start_avatar", "chat"}:
        return {"message": "Hello."} if str(case) == "chat" else {}
    session = (await api.start(user))["avatar_session_id"]
    return {"avatar_session_id": session, **({"text": "Hello."} if str(case) == "speak" else {})}


def changed(case: Case, fields: dict[str, Any]) -> dict[str, Any]:
    change = {"start_avatar": {"quality": "low"}, "chat": {"message": "Bye."}}
    return {**fields, **change.get(str(case), {"avatar_session_id": "another"})}


async def effects(api: FunctionClient) -> dict[str, Any]:
    """Return everything that costs money, and everything stored except keys."""
    harness = api.harness
    return {
        "provider": [call for call in harness.avatars.calls if call[0] != "create_session_token"],
        "agent": list(harness.agent.asked),
        "voice": list(harness.voice.texts),
        "tasks": dict(harness.tasks.scheduled),
        "stored": {path: body for path, body in api.dump().items() if "idempotency/" not in path},
    }


@pytest.mark.parametrize("case", KEYED, ids=str)
async def test_a_repeated_request_has_one_effect_and_one_answer(
    api: FunctionClient, case: Case
) -> None:
    body = await valid(api, case)
    first = await api.send(case, body, key="k")
    assert first.is_success
    before = await effects(api)
    advance(api.harness.clock, 30)
    spaced = json.dumps(body, indent=4).encode()
    for again in (body, spaced):
        second = await api.send(case, again, key="k")
        assert (second.status_code, second.content) == (first.status_code, first.content)
        assert second.headers == first.headers
    assert await effects(api) == before


async def test_the_answer_of_speak_survives_the_session(api: FunctionClient) -> None:
    session = (await api.start())["avatar_session_id"]
    body = {"avatar_session_id": session, "text": "Hello."}
    first = await api.call("speak", body, key="k")
    await api.call("end_session", {"avatar_session_id": body["avatar_session_id"]})
    assert (await api.call("speak", body, key="k")).content == first.content


@pytest.mark.parametrize("first", [EVENTS, "application/json"])
async def test_a_turn_replays_as_stream_and_as_json(api: FunctionClient, first: str) -> None:
    api.harness.agent.replies.append(["It is ", "noon.\n\u2028 Bye. 🙂"])
    answers: dict[str, httpx.Response] = {}
    other_way = ({EVENTS, "application/json"} - {first}).pop()
    for accept in (first, other_way):
        answers[accept] = await api.call(
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
    assert len(api.harness.agent.asked) == 1


async def test_a_stream_replays_equally(api: FunctionClient) -> None:
    started = await api.start()
    body = {"message": "Hi.", "conversation_id": started["conversation_id"]}
    answers = [await api.call("chat", body, key="k", headers={"accept": EVENTS}) for _ in range(3)]
    assert answers[1].content == answers[2].content
    streams = [events(answer.content) for answer in answers[:2]]
    assert streams[0][-1] == streams[1][-1]
    assert answers[0].headers == answers[1].headers
    assert len(api.harness.agent.asked) == 1
    assert len(api.harness.voice.texts) == 1


@pytest.mark.parametrize("case", KEYED, ids=str)
async def test_another_body_is_refused(api: FunctionClient, case: Case) -> None:
    body = await valid(api, case)
    assert (await api.send(case, body, key="k")).is_success
    before = api.dump()
    check_problem(await api.send(case, changed(case, body), key="k"), 422, "key_reused")
    assert api.dump() == before


@pytest.mark.parametrize("case", SLOW, ids=str)
async def test_a_second_request_during_the_first_is_refused(
    api: FunctionClient, case: Case
) -> None:
    body = await valid(api, case)
    api.harness.agent.replies.append([5.0, "Hello."])
    api.harness.avatars.slow["start"] = 5.0
    api.harness.voice.seconds = 5.0
    first = asyncio.create_task(api.send(case, body, key="k"))
    await asyncio.sleep(1)
    for headers in ({}, {"accept": EVENTS}):
        refused = await api.send(case, body, key="k", headers=headers)
        assert check_problem(refused, 409, "key_in_flight")["retry_after"] >= 1
    check_problem(await api.send(case, changed(case, body), key="k"), 422, "key_reused")
    answer = await first
    assert answer.is_success
    assert (await api.send(case, body, key="k")).content == answer.content
    assert len(api.harness.agent.asked) == (str(case) == "chat")
    assert len(api.harness.voice.texts) == (str(case) == "speak")


@pytest.mark.parametrize("case", KEYED, ids=str)
async def test_simultaneous_requests_have_one_effect(api: FunctionClient, case: Case) -> None:
    body = await valid(api, case)
    api.harness.avatars.calls.clear()
    answers = await asyncio.gather(*(api.send(case, body, key="k") for _ in range(20)))
    served = [answer for answer in answers if answer.is_success]
    assert served
    assert len({answer.content for answer in served}) == 1
    for answer in answers:
        if not answer.is_success:
            check_problem(answer, 409, "key_in_flight")
    calls = [name for name, _ in api.harness.avatars.calls]
    assert calls.count("start") == (str(case) == "start_avatar")
    assert calls.count("connect") == (str(case) == "speak")
    paths = list(api.dump())
    messages = [path for path in paths if "/messages/" in path]
    assert len(messages) == 2 * (str(case) == "chat")
    ends = [body for path, body in api.dump().items() if "/events/" in path and "ended" in body]
    assert len(ends) == (str(case) == "end_session")


@pytest.mark.parametrize("case", KEYED, ids=str)
async def test_simultaneous_requests_in_several_processes_have_one_effect(
    api: FunctionClient, case: Case
) -> None:
    body = await valid(api, case)
    processes = [api.another() for _ in range(5)]
    api.harness.voice.texts.clear()
    api.harness.avatars.calls.clear()
    answers = await asyncio.gather(*(each.send(case, body, key="k") for each in processes))
    (served,) = {answer.content for answer in answers if answer.is_success}
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    assert (await api.send(case, body, key="k")).content == served
    assert await api.harness.used("agent_tokens") == (10 * (str(case) == "chat"), 0)
    assert await api.harness.used("voice_characters") == (6 * (str(case) == "speak"), 0)
    assert [name for name, _ in api.harness.avatars.calls].count("start") == (
        str(case) == "start_avatar"
    )
    assert len(api.harness.voice.texts) == (str(case) == "speak")
    assert api.harness.agent.ended + api.harness.agent.left == len(api.harness.agent.asked)
    messages = [path for path in api.dump() if "/messages/" in path]
    assert len(messages) == 2 * (str(case) == "chat")


@pytest.mark.parametrize("case", KEYED, ids=str)
async def test_keys_of_two_users_are_independent(api: FunctionClient, case: Case) -> None:
    answers = []
    for user in ("ada", "bob"):
        body = await valid(api, case, user)
        answers.append(await api.send(case, body, user=user, key="k"))
        assert answers[-1].is_success
    assert answers[0].content != answers[1].content


async def test_keys_of_two_functions_are_independent(api: FunctionClient) -> None:
    session = (await api.start())["avatar_session_id"]
    body = {"avatar_session_id": session}
    kept = await api.call("keep_alive", body, key="k")
    ended = await api.call("end_session", body, key="k")
    assert "idle_at" in kept.json()
    assert ended.json()["state"] == "ended"


@pytest.mark.parametrize("case", KEYED, ids=str)
async def test_a_refused_request_frees_the_key(api: FunctionClient, case: Case) -> None:
    body = await valid(api, case)
    named = "avatar_session_id" if "avatar_session_id" in body else "conversation_id"
    refused = await api.send(case, {**body, named: MISSING}, key="k")
    check_problem(refused, 404, "not_found")
    assert (await api.send(case, body, key="k")).is_success


async def test_a_start_without_a_free_slot_frees_the_key(api: FunctionClient) -> None:
    started = await api.start()
    check_problem(await api.call("start_avatar", {}, key="k"), 429, "too_many_sessions")
    await api.call("end_session", {"avatar_session_id": started["avatar_session_id"]})
    assert (await api.call("start_avatar", {}, key="k")).status_code == 201


def break_once(api: FunctionClient, case: Case, error: errors.Upstream) -> None:
    if str(case) == "chat":
        api.harness.agent.replies.append([error])
    elif str(case) == "speak":
        api.harness.voice.fails[1] = error
    else:
        call = {"start_avatar": "start", "keep_alive": "keep_alive", "end_session": "stop"}
        api.harness.avatars.fail_next(call[str(case)], error)


@pytest.mark.parametrize("case", KEYED, ids=str)
async def test_a_failed_service_frees_the_key(api: FunctionClient, case: Case) -> None:
    body = await valid(api, case)
    break_once(api, case, errors.Unavailable("avatar", "down", retry_after=2))
    failed = await api.send(case, body, key="k")
    if str(case) == "end_session":
        assert failed.json()["state"] == "ending"
    else:
        assert failed.status_code == 503, failed.text
        assert failed.headers["content-type"] == "application/problem+json"
    again = await api.send(case, body, key="k")
    assert again.is_success
    assert again.json().get("state", "ended") == "ended"


@pytest.mark.parametrize("case", KEYED, ids=str)
async def test_an_unavailable_store_frees_the_key(api: FunctionClient, case: Case) -> None:
    body = await valid(api, case)

    async def away(_: str) -> None:
        raise errors.Unavailable("store", "away")

    api.harness.store.before = away
    failed = check_problem(await api.send(case, body, key="k"), 503, "store_unavailable")
    assert failed["still_works"]
    api.harness.store.before = None
    assert (await api.send(case, body, key="k")).is_success


async def test_an_unconfirmed_start_frees_the_key(api: FunctionClient) -> None:
    api.harness.avatars.fail_next("start", errors.Ambiguous("avatar", "timeout"), happens=True)
    failed = await api.call("start_avatar", {}, key="k")
    assert check_problem(failed, 503, "avatar_unavailable")["retry_after"]
    assert not api.harness.avatars.running()
    assert (await api.call("start_avatar", {}, key="k")).status_code == 201
    assert await api.harness.used("avatar_seconds") == (0, 600)


async def test_the_claim_of_a_dead_start_expires(api: FunctionClient) -> None:
    once = IdempotencyKey.of(
        UserId("ada"), "start_avatar", "k", StartAvatarRequest().model_dump_json().encode()
    )
    (document,) = await api.harness.store.inner.get(once.paths)
    died = api.harness.clock.now() - LOST + timedelta(seconds=1)
    await api.harness.store.inner.commit(once.claim({document.path: document}, died))
    check_problem(await api.call("start_avatar", {}, key="k"), 409, "key_in_flight")
    advance(api.harness.clock, 1)
    api.harness.avatars.slow["start"] = 5.0
    answers = await asyncio.gather(*(api.call("start_avatar", {}, key="k") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {409, 201}
    (served,) = [answer for answer in answers if answer.is_success]
    assert (await api.call("start_avatar", {}, key="k")).content == served.content


def key_of(case: Case, body: dict[str, Any]) -> IdempotencyKey:
    """Return the key `k` of Ada, as the endpoint makes it of a request."""
    asked = case.route.request.model_validate(body).model_dump_json().encode()
    return IdempotencyKey.of(UserId("ada"), str(case), "k", asked)


async def store_dead_turn(api: FunctionClient, case: Case, body: dict[str, Any]) -> TurnRecord:
    """Store a turn of key `k` whose process died after the agent had written a little."""
    function: Any = str(case)
    key = key_of(case, body)
    record = TurnRecord(
        id=TurnId(key.id or ""),
        holder="dead",
        fingerprint=key.fingerprint,
        uid=UserId("ada"),
        function=function,
        conversation_id=ConversationId("c1"),
        month="2026-11",
        number=1,
        reserved={"agent_tokens": 100},
        asked=True,
        tokens=7,
        text="Half of",
    )
    record = begin_turn(record, api.harness.clock.now())
    ledger = Create("users/ada/usage/2026-11", {"month": "2026-11", "agent_tokens_reserved": 100})
    claim = record.claim(Document(record.path, None))
    await api.harness.store.inner.commit([claim, ledger])
    return record


async def test_the_key_of_a_dead_chat_answers_lost_after_the_sweep(api: FunctionClient) -> None:
    (case,) = [each for each in SLOW if str(each) == "chat"]
    body = {"message": "Hello."}
    record = await store_dead_turn(api, case, body)
    refused = check_problem(await api.send(case, body, key="k"), 409, "key_in_flight")
    assert refused["turn_id"] == record.id
    assert refused["conversation_id"] == record.conversation_id
    assert refused["retry_after"] == deadlines.DUE
    advance(api.harness.clock, deadlines.DUE + deadlines.SWEEP_AFTER_DUE)
    await api.call("sweep_expired", user=None)
    answers = [(await api.send(case, body, key="k")).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert (answers[0]["ended"], answers[0]["text"]) == ("lost", "Half of")
    assert not api.harness.agent.asked
    used, reserved = await api.harness.used("agent_tokens")
    assert (used, reserved) == (7, 0)


async def test_a_chat_that_failed_after_the_agent_was_reached_stays_failed(
    api: FunctionClient,
) -> None:
    api.harness.agent.replies.append([errors.Failed("agent", "nothing", kind="empty")])
    first = await api.call("chat", {"message": "Hi."}, key="k")
    check_problem(first, 502, "agent_empty")
    again = await api.call("chat", {"message": "Hi."}, key="k")
    assert check_problem(again, 502, "agent_empty") == first.json()
    assert len(api.harness.agent.asked) == 1


async def test_stored_answers_contain_no_token(api: FunctionClient) -> None:
    first = await api.call("start_avatar", {}, key="k")
    started = first.json()
    again = await api.call("start_avatar", {}, key="k")
    body = {"conversation_id": started["conversation_id"]}
    resumed = await api.call("start_avatar", body, key="r")
    token = started["livekit_token"]
    assert token == again.json()["livekit_token"] == resumed.json()["livekit_token"]
    assert resumed.status_code == 200
    session = started["avatar_session_id"]
    await api.call("speak", {"avatar_session_id": session, "text": "Hi."}, key="k")
    await api.call("chat", {"message": "Hi.", **body}, key="k")
    stored = "\n".join(api.dump().values())
    for secret in (token, f"token-of-{session}", f"ws://fake/{session}", api.token("ada")):
        assert secret not in stored
    assert '"idempotency/' not in stored


async def test_a_duplicate_of_a_turn_does_not_interrupt_it(api: FunctionClient) -> None:
    started = await api.start()
    body = {"message": "Hi.", "conversation_id": started["conversation_id"]}
    answers = await asyncio.gather(*(api.call("chat", body, key="k") for _ in range(5)))
    (served,) = [answer for answer in answers if answer.is_success]
    assert served.json()["ended"] == "complete"
    assert served.json()["spoken"] == served.json()["text"]
    assert len(api.harness.agent.asked) == 1
