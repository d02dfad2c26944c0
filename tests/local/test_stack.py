"""The local stack as an HTTP client sees it."""

import asyncio
import shutil
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.emulators.cloud_tasks import never
from infra.local.plain_http import plain_client
from infra.local.simulators.all import Simulators
from infra.local.simulators.google_speech import SpeechSimulator
from infra.local.simulators.liveavatar import LiveAvatarAccount
from infra.local.stack import CannotStartError, stack
from tests.local.stacks import (
    a_while,
    calls,
    ended_by_itself,
    events,
    hurried,
    journal,
    standing,
    started,
    until_spoken,
)


async def test_sign_in_with_a_name_gives_a_valid_token(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, visitor):
        del visitor.headers["authorization"]
        assert (await visitor.post("/start_avatar")).status_code == 401
        signed_in = (await visitor.post("/local/sign-in", json={"name": "ada"})).json()
        assert set(signed_in) == {"id_token", "uid", "expires_at"}
        visitor.headers["authorization"] = f"Bearer {signed_in['id_token']}"
        await started(visitor)


async def test_avatar_speaks_the_agents_reply(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, ada):
        begun = await started(ada)
        here = {"conversation_id": begun["conversation_id"]}
        told = (await ada.post("/chat", json={"message": "My name is Ada.", **here})).json()
        assert told["text"].startswith("Nice to meet you, Ada.")
        assert told["spoken"] == told["text"]

        asked = [each async for each in events(ada, {"message": "Who am I?", **here})]
        names = [name for name, _ in asked]
        assert (names[0], names[-1]) == ("turn", "done")
        assert {"text", "sentence", "speech", "usage"} < set(names)
        assert asked[-1][1]["text"].startswith("Your name is Ada.")

        seen = await journal(ada, begun["avatar_session_id"])
        sentences = [data["utterance_id"] for name, data in asked if name == "sentence"]
        said = [each for each in seen["utterances"] if each["played_seconds"] > 0]
        assert [each["event_id"] for each in said][-len(sentences) :] == sentences
        assert not any(each["interrupted"] for each in said)


async def test_speak_keep_alive_and_end_session_charge_the_use(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, ada):
        begun = await started(ada)
        session = {"avatar_session_id": begun["avatar_session_id"]}
        spoken = await ada.post("/speak", json={**session, "text": "Well then."})
        assert (spoken.status_code, spoken.json()["ended"]) == (200, "complete")
        assert (await ada.post("/speak", json={**session, "interrupt": True})).status_code == 200
        kept = await ada.post("/keep_alive", json=session)
        assert kept.json()["expires_at"] == begun["expires_at"]

        ended = await ada.post("/end_session", json=session)
        assert (ended.status_code, ended.json()["state"]) == (200, "ended")
        used = {name: m["used"] for name, m in ended.json()["usage"]["meters"].items()}
        assert used["avatar_seconds"] == ended.json()["seconds"], (
            "the provider counts whole seconds"
        )
        assert used["voice_characters"] == len("Well then.")
        seen = await journal(ada, begun["avatar_session_id"])
        assert (seen["state"], seen["end_reason"]) == ("ended", "USER_CLOSED")
        assert seen["utterances"][0]["event_id"] == spoken.json()["utterance_id"]


async def test_start_returns_the_conversations_running_avatar(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, ada):
        first = await started(ada)
        again = await ada.post("/start_avatar", json={"conversation_id": first["conversation_id"]})
        assert again.status_code == 200
        assert again.json()["avatar_session_id"] == first["avatar_session_id"]
        assert again.json()["livekit_token"] == first["livekit_token"]


async def test_second_avatar_is_refused_with_the_first_ones_id(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, ada):
        first = await started(ada)
        refused = await ada.post("/start_avatar")
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_sessions")
        assert refused.json()["avatar_session_ids"] == [first["avatar_session_id"]]


async def test_new_message_interrupts_the_avatar(tmp_path: Path) -> None:
    async with standing(tmp_path, hurried(synthesize=a_while)) as (_, ada):
        begun = await started(ada)
        here = {"conversation_id": begun["conversation_id"]}
        story = events(ada, {"message": "Tell me a story.", **here})
        await until_spoken(story)
        hello = asyncio.create_task(
            ada.post("/chat", json={"message": "hello", "wait": False, **here})
        )
        rest = [each async for each in story]
        assert rest[-1][0] == "done"
        assert rest[-1][1]["ended"] == "interrupted"
        assert (await hello).json()["ended"] == "complete"
        seen = await journal(ada, begun["avatar_session_id"])
        assert seen["utterances"][0]["interrupted"]
        assert seen["utterances"][0]["played_seconds"] < 10


async def test_scheduler_ends_idle_sessions(tmp_path: Path) -> None:
    simulators = hurried(never)
    often = standing(tmp_path, simulators, scheduled=True, idle_seconds=1, sweep_seconds=1)
    async with often as (local, ada):
        session = (await started(ada))["avatar_session_id"]
        document = await ended_by_itself(local, session)
        assert document["end_reason"] == "idle"
        [stop] = calls(await journal(ada, session), "/v1/sessions/stop")
        assert stop["body"]["reason"] == "IDLE_TIMEOUT"


async def test_cloud_task_ends_an_expired_session(tmp_path: Path) -> None:
    short = standing(tmp_path, max_session_seconds=3, min_session_seconds=1)
    async with short as (local, ada):
        begun = await started(ada)
        assert begun["reserved_seconds"] == 3
        document = await ended_by_itself(local, begun["avatar_session_id"])
        assert document["end_reason"] == "expired"
        assert document["seconds"] >= 3  # a busy machine stops it later
        seen = await journal(ada, begun["avatar_session_id"])
        assert seen["end_reason"] == "MAX_DURATION_REACHED"
        assert calls(seen, "/v1/sessions/stop")
        after = await ada.post(
            "/end_session", json={"avatar_session_id": begun["avatar_session_id"]}
        )
        used = after.json()["usage"]["meters"]["avatar_seconds"]["used"]
        assert used == document["seconds"]


async def test_data_and_keys_survive_a_restart(tmp_path: Path) -> None:
    async with standing(tmp_path) as (local, ada):
        token, key = ada.headers["authorization"], local.identity.key_id
        begun = await started(ada)
        here = {"conversation_id": begun["conversation_id"]}
        await ada.post("/chat", json={"message": "My name is Ada.", "speak": False, **here})
        body = {"avatar_session_id": begun["avatar_session_id"]}
        before = (await ada.post("/end_session", json=body)).json()

    async with standing(tmp_path) as (local, ada):
        assert local.identity.key_id == key
        ada.headers["authorization"] = token
        assert (await ada.post("/end_session", json=body)).json() == before
        asked = await ada.post("/chat", json={"message": "Tell me more.", **here})
        assert asked.status_code == 200
        assert asked.json()["conversation_id"] == begun["conversation_id"]


async def test_stopping_the_stack_ends_running_sessions(tmp_path: Path) -> None:
    """The provider's simulator ends with the stack, and the next run begins with free slots."""
    async with standing(tmp_path) as (_, ada):
        begun = await started(ada)

    async with standing(tmp_path) as (local, ada):
        assert (await ended_by_itself(local, begun["avatar_session_id"]))["end_reason"] == "gone"
        here = {"conversation_id": begun["conversation_id"]}
        again = await ada.post("/start_avatar", json=here)
        assert again.status_code == 201
        meter = again.json()["usage"]["meters"]["avatar_seconds"]
        assert meter["used"] <= 1  # the provider reports whole seconds
        assert meter["reserved"] == 600


async def test_session_of_a_crashed_run_ends_when_it_is_due(tmp_path: Path) -> None:
    """The new simulator does not know the session, and a stop of an unknown session succeeds."""
    crashed, found = tmp_path / "crashed", tmp_path / "found"
    async with standing(crashed, hurried(never), idle_seconds=1) as (_, ada):
        session = (await started(ada))["avatar_session_id"]
        shutil.copytree(crashed, found)

    again: dict[str, Any] = {"scheduled": True, "sweep_seconds": 1, "idle_seconds": 1}
    async with standing(found, hurried(never), **again) as (local, ada):
        assert (await ended_by_itself(local, session))["end_reason"] == "idle"
        meter = (await started(ada))["usage"]["meters"]["avatar_seconds"]
        assert meter["used"] > 0
        assert meter["reserved"] == 600


async def test_sealed_vault_works_across_restarts(tmp_path: Path) -> None:
    for _ in range(2):  # the sealing key survives a restart as well
        async with standing(tmp_path, vault="sealed", slots_per_user=2) as (_, ada):
            begun = await started(ada)
            here = {"conversation_id": begun["conversation_id"]}
            told = (await ada.post("/chat", json={"message": "hello", **here})).json()
            assert told["spoken"] == told["text"]


async def test_firestore_store_works(
    tmp_path: Path, firestore_address: str, firestore_project: str
) -> None:
    kept: dict[str, Any] = {"store": "firestore", "firestore_emulator": firestore_address}
    async with standing(tmp_path, project=firestore_project, **kept) as (_, ada):
        begun = await started(ada)
        here = {"conversation_id": begun["conversation_id"]}
        told = (await ada.post("/chat", json={"message": "hello", **here})).json()
        assert told["spoken"] == told["text"]
        body = {"avatar_session_id": begun["avatar_session_id"]}
        assert (await ada.post("/end_session", json=body)).json()["state"] == "ended"
        assert not (tmp_path / "oprina.sqlite3").exists()


async def test_injected_faults_reach_google_and_provider_clients(tmp_path: Path) -> None:
    async with standing(tmp_path) as (_, ada):
        for service, path in (("cloud-tasks", "CreateTask"), ("liveavatar", "/v1/sessions/start")):
            fault = {"service": service, "path": path, "mode": "429"}
            assert (await ada.post("/simulators/faults", json=fault)).status_code == 201
        refused = await ada.post("/start_avatar")
        assert (refused.status_code, refused.json()["code"]) == (503, "avatar_busy")
        assert (await ada.get("/simulators/faults")).json() == {"faults": []}
        assert (await ada.post("/start_avatar")).status_code == 201


async def test_synthesised_speech_plays_in_real_time(tmp_path: Path) -> None:
    simulators = Simulators(liveavatar=LiveAvatarAccount(), speech=SpeechSimulator())
    async with standing(tmp_path, simulators) as (_, ada):
        session = (await started(ada))["avatar_session_id"]
        text = "Hello."
        spoken = await ada.post("/speak", json={"avatar_session_id": session, "text": text})
        [utterance] = (await journal(ada, session))["utterances"]
        assert utterance["played_seconds"] == utterance["audio_seconds"] > 0.2
        assert spoken.json()["seconds"] == pytest.approx(utterance["audio_seconds"], abs=0.01)
        assert simulators.speech.characters == len(text)


async def test_stopping_the_stack_settles_streaming_turns(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    simulators = hurried(synthesize=a_while)
    async with plain_client(timeout=20) as ada:
        async with standing(tmp_path, simulators) as (local, _):
            ada.headers.update(local.sign_in("ada"))
            ada.base_url = httpx.URL(local.url)
            begun = await started(ada)
            here = {"conversation_id": begun["conversation_id"]}
            story = events(ada, {"message": "Tell me a story.", **here})
            await until_spoken(story)
        with pytest.raises(httpx.RemoteProtocolError):
            _ = [each async for each in story]
    [session] = simulators.liveavatar.sessions.values()
    assert session.state == "ended"
    assert caplog.messages == []

    async with standing(tmp_path) as (_, ada):
        meters = (await started(ada))["usage"]["meters"]
        assert meters["agent_tokens"]["reserved"] == 0
        assert meters["agent_tokens"]["used"] > 0


async def test_port_in_use_is_named_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStartError, match=rf"Port {port} is in use: .*make run PORT="):
            async with stack(tmp_path, port=port):
                pass


async def test_second_stack_on_the_same_data_is_refused(tmp_path: Path) -> None:
    async with standing(tmp_path):
        with pytest.raises(CannotStartError, match="choose another DATA_DIR"):
            async with stack(tmp_path):
                pass
