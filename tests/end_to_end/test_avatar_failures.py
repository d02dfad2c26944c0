"""The calls of the avatar's provider, each with the failures that it can have."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import httpx
import pytest

from common.adapters.google.secret_manager import SecretManagerClient
from infra.local.simulators.faults import Mode
from tests.api.sse import ServerSentEvent
from tests.end_to_end.scene import (
    PROBLEM,
    REPLY,
    AheadClock,
    ImpatientClient,
    Json,
    Scene,
    StackUser,
    speech_events,
    with_provider_client,
)

MODES: tuple[Mode, ...] = tuple(mode for mode in get_args(Mode) if mode != "frozen")
HAPPENED = {"slow", "lags", "truncate", "lost", "silent"}
"""Modes after which the provider has executed the call without a usable answer."""
BELIEVED = {"garbage", "nonsense"}
"""Modes that answer 200 although the call was not executed."""
LONG_SECONDS = 30.0
"""The delay of an answer that no test waits for, and of a call that happens after the test."""
HELD = timedelta(seconds=31)
"""Time after an unconfirmed stop until a sweep retries it."""


@pytest.fixture(scope="module")
async def hurry(stage: Scene) -> AsyncIterator[str]:
    """Yield a process that soon gives up calls which the provider does not answer."""
    http_client = ImpatientClient(stage.faults)
    async with stage.process(with_provider_client(stage, http_client)) as url:
        yield url
    await http_client.close()


@pytest.fixture(scope="module")
async def afterwards(stage: Scene) -> AsyncIterator[str]:
    """Yield a process whose clock is late enough to retry an unconfirmed stop."""
    async with stage.process(lambda made: replace(made, clock=AheadClock(HELD))) as url:
        yield url


def unavailable(answer: httpx.Response, code: str, status: int = 503) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == PROBLEM
    if code == "avatar_busy":
        assert int(answer.headers["retry-after"]) >= 1


async def check_nothing_is_held(scene: Scene, person: StackUser) -> None:
    """Check that the user has no reserved seconds, no slot and no session at the provider."""
    assert await scene.meter(person, "avatar_seconds") == (0, 0)
    assert await scene.document(f"users/{person.uid}/slots/0") == {}


async def starts_now(scene: Scene, person: StackUser) -> None:
    """`person` calls the stack itself, which has time, and not a process with short deadlines."""
    scene.faults.clear()
    person = replace(person, url=scene.local.url)
    begun = await person.start()
    ended = await person.call("end_session", avatar_session_id=begun["avatar_session_id"])
    assert ended.json()["state"] == "ended"


def running(scene: Scene) -> set[str]:
    scene.provider.settle()
    return {s.id for s in scene.provider.sessions.values() if s.state == "running"}


# ── the token ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["refuse", "reset", "429", "truncate"])
async def test_session_token_request_is_retried(scene: Scene, mode: Mode) -> None:
    person = scene.person()
    scene.faults.on("liveavatar", "/v1/sessions/token", mode)
    await person.start()


@pytest.mark.parametrize("mode", MODES)
async def test_failed_session_token_leaves_no_session(scene: Scene, hurry: str, mode: Mode) -> None:
    person = scene.person(hurry)
    scene.faults.on("liveavatar", "/v1/sessions/token", mode, None, LONG_SECONDS)
    before = running(scene)
    failed = mode in {"garbage", "nonsense", "4xx"}
    code = "avatar_busy" if mode in {"429", "503"} else "avatar_unavailable"
    answer = await person.call("start_avatar")
    unavailable(answer, *(("avatar_failed", 502) if failed else (code, 503)))
    await check_nothing_is_held(scene, person)
    assert running(scene) == before
    await starts_now(scene, person)


# ── the start ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", MODES)
async def test_failed_start_is_free_and_leaves_nothing(
    scene: Scene, hurry: str, mode: Mode
) -> None:
    person = scene.person(hurry)
    scene.faults.on("liveavatar", "/v1/sessions/start", mode, delay_seconds=LONG_SECONDS)
    before, known = running(scene), set(scene.provider.sessions)
    answer = await person.call("start_avatar")
    refused = {"429": ("avatar_busy", 503), "4xx": ("avatar_failed", 502)}
    unavailable(answer, *refused.get(mode, ("avatar_unavailable", 503)))
    await check_nothing_is_held(scene, person)
    assert running(scene) == before, "what it started was stopped before it answered"
    [session] = set(scene.provider.sessions) - known
    document = await scene.session(session)
    assert (document["state"], document["seconds"]) == ("ended", 0)
    assert document["end_reason"] == ("start_failed" if mode in refused else "start_ambiguous")
    seen = await scene.journal(session)
    assert (seen["started_at"] is not None) == (mode in HAPPENED)
    asked = [entry["path"] for entry in seen["entries"] if entry["kind"] == "request"]
    assert ("/v1/sessions/stop" in asked) == (mode not in refused)
    await starts_now(scene, person)


async def test_full_provider_is_busy(scene: Scene) -> None:
    person, provider = scene.person(), scene.provider
    plan = provider.settings
    provider.settings = replace(plan, concurrency=0)
    unavailable(await person.call("start_avatar"), "avatar_busy")
    await check_nothing_is_held(scene, person)
    provider.settings = plan
    await starts_now(scene, person)


async def test_late_start_is_stopped(scene: Scene, hurry: str) -> None:
    """The provider's session runs as soon as the request arrives, long before the answer."""
    person, provider = scene.person(hurry), scene.provider
    known, plan = set(provider.sessions), provider.settings
    provider.settings = replace(plan, start_delay_seconds=LONG_SECONDS)
    scene.faults.slow_paths.add("/v1/sessions/start")
    unavailable(await person.call("start_avatar"), "avatar_unavailable")
    provider.settings = plan
    [session] = set(provider.sessions) - known
    seen = await scene.journal(session)
    assert (seen["state"], seen["end_reason"]) == ("ended", "SERVER_ERROR")
    assert seen["started_at"] is not None
    await check_nothing_is_held(scene, person)


async def test_failed_start_may_be_repeated_with_its_key(scene: Scene) -> None:
    person = scene.person()
    keyed = {**person.headers, "idempotency-key": "one-start"}
    again = replace(person, headers=keyed)
    scene.faults.on("liveavatar", "/v1/sessions/start", "429")
    unavailable(await again.call("start_avatar"), "avatar_busy")
    first = await again.start()
    assert (await again.start())["avatar_session_id"] == first["avatar_session_id"]


# ── the stop ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", sorted(HAPPENED))
async def test_unconfirmed_stop_that_happened_is_found_in_the_record(
    scene: Scene, hurry: str, mode: Mode
) -> None:
    person = scene.person()
    session = (await person.start())["avatar_session_id"]
    scene.faults.on("liveavatar", "/v1/sessions/stop", mode, None, LONG_SECONDS)
    answer = await replace(person, url=hurry).call("end_session", avatar_session_id=session)
    assert (answer.status_code, answer.json()["state"]) == (200, "ended")
    assert session not in running(scene)
    document = await scene.session(session)
    assert document["seconds"] < 10
    assert await scene.meter(person, "avatar_seconds") == (document["seconds"], 0)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode not in HAPPENED])
async def test_sweep_finishes_a_stop_that_did_not_happen(
    scene: Scene, hurry: str, afterwards: str, mode: Mode
) -> None:
    """Also an answer 200 is not believed: the provider's record says that the session runs."""
    person = scene.person()
    session = (await person.start())["avatar_session_id"]
    scene.faults.on("liveavatar", "/v1/sessions/stop", mode, None, LONG_SECONDS)
    answer = await replace(person, url=hurry).call("end_session", avatar_session_id=session)
    assert (answer.status_code, answer.json()["state"]) == (200, "ending")
    assert session in running(scene)
    used, reserved = await scene.meter(person, "avatar_seconds")
    assert (used, reserved) == (0, 600)
    scene.faults.clear()

    assert (await scene.sweep())["failed"] == 0, "its time to be tried again has not come"
    assert (await scene.session(session))["state"] == "ending"
    await scene.http.post(f"{afterwards}/sweep_expired")
    assert session not in running(scene)
    document = await scene.session(session)
    assert (document["state"], document["end_reason"]) == ("ended", "user")
    assert document["seconds"] < 10, "what it ran, and not what the sweep waited"
    assert await scene.meter(person, "avatar_seconds") == (document["seconds"], 0)
    await scene.http.post(f"{afterwards}/sweep_expired")
    assert await scene.meter(person, "avatar_seconds") == (document["seconds"], 0)


async def test_second_end_succeeds_once_the_provider_answers(scene: Scene) -> None:
    person = scene.person()
    session = (await person.start())["avatar_session_id"]
    scene.faults.on("liveavatar", "/v1/sessions/stop", "500")
    body = {"avatar_session_id": session}
    assert (await person.call("end_session", **body)).json()["state"] == "ending"
    assert (await person.call("end_session", **body)).json()["state"] == "ended"
    await starts_now(scene, person)


async def test_new_avatar_waits_for_the_stop_of_the_old_one(scene: Scene) -> None:
    """The slot is freed only when the provider confirms the stop."""
    person = scene.person()
    session = (await person.start())["avatar_session_id"]
    scene.faults.on("liveavatar", "/v1/sessions/stop", "500", times=None)
    await person.call("end_session", avatar_session_id=session)
    refused = await person.call("start_avatar")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_sessions")
    assert refused.json()["avatar_session_ids"] == [session]


# ── keep-alive ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode not in BELIEVED])
async def test_failed_keep_alive_changes_nothing(scene: Scene, hurry: str, mode: Mode) -> None:
    person = scene.person()
    session = (await person.start())["avatar_session_id"]
    document = await scene.session(session)
    scene.faults.on("liveavatar", "/v1/sessions/keep-alive", mode, None, LONG_SECONDS)
    answer = await replace(person, url=hurry).call("keep_alive", avatar_session_id=session)
    if mode == "4xx":  # refused, and the record says that the session runs
        assert answer.status_code == 200
        assert (await scene.session(session))["state"] == "live"
        return
    unavailable(answer, "avatar_busy" if mode == "429" else "avatar_ambiguous")
    assert await scene.session(session) == document
    scene.faults.clear()
    assert (await person.call("keep_alive", avatar_session_id=session)).status_code == 200


async def test_keep_alive_of_an_ended_session_ends_it_here_too(scene: Scene) -> None:
    person = scene.person()
    begun = await person.start()
    session, provider = begun["avatar_session_id"], scene.provider
    provider.stop(provider.find(session), "ZOMBIE_SESSION_REAP")
    answer = await person.call("keep_alive", avatar_session_id=session)
    unavailable(answer, "session_over", 409)
    document = await scene.session(session)
    assert (document["state"], document["end_reason"]) == ("ended", "gone")
    assert await scene.meter(person, "avatar_seconds") == (document["seconds"], 0)
    told = await person.chat(conversation_id=begun["conversation_id"])
    assert "the provider ended it" in told["speech"]["detail"]
    await starts_now(scene, person)


# ── the key ──────────────────────────────────────────────────────────────────────────────────────


async def test_changed_api_key_is_read_again_once(scene: Scene) -> None:
    person, provider, settings = scene.person(), scene.provider, scene.local.settings
    await starts_now(scene, person)
    before = await scene.meter(person, "avatar_seconds")
    secrets = SecretManagerClient(settings.project, address=settings.secret_manager_address)
    old, provider.key = provider.key, "another key"
    try:
        read = scene.faults.count("secret-manager", "AccessSecretVersion")
        asked = scene.faults.count("liveavatar", "/v1/sessions/token")
        unavailable(await person.call("start_avatar"), "avatar_failed", 502)
        assert scene.faults.count("secret-manager", "AccessSecretVersion") == read + 1
        assert scene.faults.count("liveavatar", "/v1/sessions/token") == asked + 2
        assert await scene.meter(person, "avatar_seconds") == before

        await secrets.add(settings.liveavatar_secret, provider.key.encode())
        session = (await person.start())["avatar_session_id"]
        ended = await person.call("end_session", avatar_session_id=session)
        assert ended.json()["state"] == "ended"
    finally:
        provider.key = old
        await secrets.add(settings.liveavatar_secret, old.encode())
        await secrets.close()
    await starts_now(scene, person)


# ── the connection, during a turn ────────────────────────────────────────────────────────────────


async def test_reply_without_a_connection_continues_as_text(scene: Scene) -> None:
    """All modes run concurrently: one of them takes the time-out of a handshake."""

    persons = [scene.person() for _ in MODES]
    starts = [await person.start() for person in persons]

    async def told(mode: Mode, person: StackUser, begun: Json) -> list[ServerSentEvent]:
        scene.faults.on("liveavatar", f"/ws/{begun['avatar_session_id']}", mode, times=None)
        heard = await person.collect_events(conversation_id=begun["conversation_id"])
        assert await scene.meter(person, "agent_tokens") != (0, 0)
        return heard

    found = await asyncio.gather(*map(told, MODES, persons, starts))
    heard = dict(zip(MODES, found, strict=True))
    for mode, events in heard.items():
        done = events[-1].data
        assert (mode, done["ended"], done["text"]) == (mode, "complete", REPLY)
        said = speech_events(events)
        if mode in {"slow", "late", "lags", *BELIEVED}:  # late, or with an unknown event
            assert [each["state"] for each in said if each["state"] == "unavailable"] == []
            assert done["spoken"] == REPLY
        else:
            assert said[-1]["state"] == "unavailable", (mode, said)
            assert said[-1]["code"] in {
                "avatar_unavailable",
                "avatar_busy",
                "avatar_missing",
                "avatar_failed",
            }
            assert said[-1]["detail"]


async def test_answer_tells_why_there_is_no_avatar(scene: Scene) -> None:
    person = scene.person()
    here = {"conversation_id": (await person.chat())["conversation_id"]}
    told = await person.chat(**here, speak=True)
    assert (told["speech"]["state"], told["speech"]["code"]) == ("unavailable", "no_avatar")
    for mode, why in (("429", "could not start it"), ("reset", "did not say whether it started")):
        scene.faults.on("liveavatar", "/v1/sessions/start", mode)  # type: ignore[arg-type]  # both are modes
        assert (await person.call("start_avatar", **here)).status_code == 503
        told = await person.chat(**here)
        assert (told["ended"], told["text"] != "") == ("complete", True)
        assert why in told["speech"]["detail"]


async def test_lost_avatar_is_reported_in_the_stream(scene: Scene) -> None:
    """The connection is cut during speech. The text continues, and an event reports it."""
    person = scene.person()
    begun = await person.start()
    session = begun["avatar_session_id"]
    provider, heard = scene.provider, list[ServerSentEvent]()
    async for event in person.follow("Tell me a story.", conversation_id=begun["conversation_id"]):
        heard.append(event)
        if event.name == "speech" and event.data["state"] == "started":
            provider.stop(provider.find(session), "AVATAR_DELETED")
    assert heard[-1].name == "done"
    assert heard[-1].data["ended"] == "complete"
    assert heard[-1].data["text"].startswith("Once there was a lighthouse keeper")
    assert "unavailable" in [each["state"] for each in speech_events(heard)]
