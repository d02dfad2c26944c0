"""The journal: what arrived, what was played, what is billed, and no secret."""

import io
import wave
from collections.abc import AsyncIterator

import httpx
import pytest

from infra.local.simulators.faults import Mode, ServiceFault, ServiceFaults
from infra.local.simulators.faulty import Faulty
from infra.local.simulators.liveavatar import (
    LiveAvatarAccount,
    LiveAvatarSettings,
    ManualClock,
    liveavatar_app,
)
from tests.local.liveavatar.client import AVATAR, KEY, SECOND, SimulatedProvider, provider
from tests.local.serving import client_of


@pytest.fixture
async def there() -> AsyncIterator[SimulatedProvider]:
    async with provider() as it:
        yield it


async def test_the_journal_shows_the_calls_and_no_secret(there: SimulatedProvider) -> None:
    started = await there.start_session(max_session_duration=100)
    await there.clock.advance(2.5)
    await there.stop(started["session_id"], reason="AGENT_HANG_UP", note="canary-in-a-body")
    await there.http.get("/v1/voices", headers={"X-API-KEY": "canary-in-a-key"})
    text = (await there.http.get("/journal")).text
    for secret in (
        "local-key",
        "canary",
        started["session_token"],
        started["livekit_client_token"],
        started["ws_url"].partition("token=")[2],
    ):
        assert secret not in text
    seen = await there.journal(started["session_id"])
    assert (seen["state"], seen["end_reason"], seen["seconds"]) == ("ended", "AGENT_HANG_UP", 2.5)
    assert seen["started_at"] == "2026-11-23T12:00:00.000+00:00"
    requests = [each for each in seen["entries"] if each["kind"] == "request"]
    assert [(each["path"], each["seconds"], each["status"]) for each in requests] == [
        ("/v1/sessions/token", 0, 200),
        ("/v1/sessions/start", 0, 201),
        ("/v1/sessions/stop", 2.5, 200),
    ]
    assert requests[0]["body"]["max_session_duration"] == 100
    assert requests[2]["body"]["reason"] == "AGENT_HANG_UP"


async def test_the_journal_counts_billed_and_played_seconds(there: SimulatedProvider) -> None:
    first, second = await there.start_session(), await there.start_session()
    await there.order()
    async with there.connected(first["ws_url"]) as lite:
        await lite.speak("u1", SECOND * 3)
        await lite.send("agent.speak_end", event_id="u1")
        await lite.kinds(4)
        await there.clock.advance(1.5)
        await lite.send("agent.interrupt")
        await lite.kinds(3)
    await there.clock.advance(68.9)
    await there.stop(second["session_id"])
    await there.clock.advance(10)

    seen = await there.journal(first["session_id"])
    assert (seen["seconds"], seen["billed_seconds"], seen["credits"]) == (80.7, 80, 2)
    assert seen["played_seconds"] == 1.5
    assert (await there.get(f"/v1/sessions/{first['session_id']}"))["duration"] == 80
    totals = (await there.http.get("/journal")).json()["totals"]
    calls = totals.pop("calls")
    assert totals == {
        "sessions": 2,
        "running": 1,
        "seconds": 151.4,
        "billed_seconds": 150,
        "credits": 4,
        "utterances": 1,
        "audio_seconds": 3.0,
        "played_seconds": 1.5,
    }
    assert calls == {
        "GET /v1/sessions/{id}": 1,
        "POST /v1/sessions/start": 2,
        "POST /v1/sessions/stop": 1,
        "POST /v1/sessions/token": 3,
    }


async def test_an_utterance_can_be_played_back(there: SimulatedProvider) -> None:
    started = await there.start_session()
    spoken = bytes(range(250)) * 192
    async with there.connected(started["ws_url"]) as lite:
        await lite.speak("u1", spoken[:24_000])
        await lite.speak("u1", spoken[24_000:])
        await lite.kinds(4)
    answer = await there.http.get(f"/journal/{started['session_id']}/u1.wav")
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as heard:
        assert (heard.getframerate(), heard.getnchannels(), heard.getsampwidth()) == (24_000, 1, 2)
        assert heard.readframes(heard.getnframes()) == spoken
    missing = await there.http.get(f"/journal/{started['session_id']}/u2.wav")
    assert missing.status_code == 404


async def test_the_journal_forgets_the_oldest_audio_first() -> None:
    async with provider(LiveAvatarSettings(kept_audio_bytes=len(SECOND))) as there:
        started = await there.start_session()
        async with there.connected(started["ws_url"]) as lite:
            for name in ("u1", "u2"):
                await lite.speak(name, SECOND)
                await lite.send("agent.speak_end", event_id=name)
            await lite.kinds(6)
        path = f"/journal/{started['session_id']}"
        assert (await there.http.get(f"{path}/u1.wav")).status_code == 404
        assert (await there.http.get(f"{path}/u2.wav")).status_code == 200
        assert len(await there.utterances(started["session_id"])) == 2


async def test_a_call_that_a_fault_held_back_never_arrived() -> None:
    account, faults = LiveAvatarAccount(), ServiceFaults()
    faults.add(ServiceFault(service="liveavatar", path="/v1/sessions/token", mode="429"))
    async with client_of(Faulty(liveavatar_app(account), faults, "liveavatar")) as http:
        body = {"mode": "LITE", "avatar_id": AVATAR}
        busy = await http.post("/v1/sessions/token", json=body, headers=KEY)
        assert (busy.status_code, busy.headers["retry-after"]) == (429, "1")
        journal = (await http.get("/journal")).json()
        assert (journal["sessions"], journal["entries"]) == ([], [])
        assert (await http.post("/v1/sessions/token", json=body, headers=KEY)).status_code == 200


@pytest.mark.parametrize(
    ("mode", "running"),
    [("truncate", 1), ("lost", 1), ("reset", 0), ("garbage", 0), ("nonsense", 0)],
)
async def test_a_start_without_a_usable_answer_may_run(mode: Mode, running: int) -> None:
    account, faults = LiveAvatarAccount(), ServiceFaults()
    async with client_of(Faulty(liveavatar_app(account), faults, "liveavatar")) as http:
        there = SimulatedProvider(account, ManualClock(), http)
        ordered = await there.order()
        faults.add(ServiceFault(service="liveavatar", path="/v1/sessions/start", mode=mode))
        with pytest.raises((httpx.TransportError, ValueError, TypeError)):
            (await there.start(ordered["session_token"])).json()["data"]["ws_url"]
        assert (await there.get("/v1/sessions?type=active"))["count"] == running
        await there.stop(ordered["session_id"])
        assert (await there.get("/v1/sessions?type=active"))["count"] == 0
