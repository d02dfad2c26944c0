"""The access token of a turn: refreshed once, handed over, and the turn goes on without it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from common.domain.documents import Update
from common.domain.errors import Ambiguous, Unavailable
from common.domain.google.connection import (
    GoogleAccount,
    NewToken,
    Service,
    connect,
    connection_path,
)
from common.ports.agent import ToolCall, ToolResult
from common.schemas.events import NoticeEvent
from tests.support.fakes.google import ALL_SCOPES
from tests.support.harness import ADA, Harness, chat_answer, collect_events, new_harness, sweep

BOTH: list[Service] = ["mail", "calendar"]
TOKEN = "temp:google_access_token"


@pytest.fixture
def scene() -> Harness:
    return new_harness(turns_per_user=100)


async def connect_ada(scene: Harness, services: list[Service] = BOTH, seconds: int = -60) -> None:
    """Connect Google, with an access token that expires in `seconds`."""
    now = scene.clock.now()
    await scene.grants.keep("consent", "refresh")
    sealed = await scene.grants.seal(ADA.uid, "old-access")
    token = NewToken(sealed, now + timedelta(seconds=seconds), ALL_SCOPES)
    account = GoogleAccount("sub-1", "ada@gmail.test", ALL_SCOPES)
    write = connect(None, ADA.uid, "consent", account, services, token, now)
    await scene.store.inner.commit([write])


async def notices(scene: Harness) -> list[str]:
    events = await collect_events(await scene.chat())
    return [event.code for event in events if isinstance(event, NoticeEvent)]


async def test_fifty_turns_in_two_processes_refresh_once(scene: Harness) -> None:
    await connect_ada(scene)
    scene.google.seconds = 0.5
    apps = [scene.app, scene.another()]
    await asyncio.gather(*(chat_answer(apps[n % 2], f"Hello {n}.") for n in range(50)))
    assert scene.google.refreshes == 1
    tokens = {state[TOKEN] for state in scene.agent.states}
    assert len(scene.agent.states) == 50
    assert len(tokens) == 1
    assert "old-access" not in tokens


async def test_token_whose_key_is_gone_is_refreshed(scene: Harness) -> None:
    await connect_ada(scene, seconds=3000)
    write = Update(connection_path(ADA.uid), {"sealed": "sealed with a version that is disabled"})
    await scene.store.inner.commit([write])
    assert await notices(scene) == []
    assert scene.google.refreshes == 1
    assert scene.agent.states[0][TOKEN] != "old-access"


async def test_token_that_lasts_is_not_refreshed(scene: Harness) -> None:
    await connect_ada(scene, ["mail", "calendar"], seconds=3000)
    assert await notices(scene) == []
    (state,) = scene.agent.states
    assert state == {TOKEN: "old-access", "temp:google_services": ["mail", "calendar"]}
    assert scene.google.refreshes == 0


async def test_only_what_is_switched_on_is_handed_over(scene: Harness) -> None:
    await connect_ada(scene, ["calendar"], seconds=3000)
    await notices(scene)
    assert scene.agent.states[0]["temp:google_services"] == ["calendar"]
    assert scene.google.refreshes == 1  # the first token was good for mail, too
    await scene.store.inner.commit([Update(connection_path(ADA.uid), {"calendar": False})])
    await notices(scene)
    assert scene.agent.states[1] == {}


async def test_revoked_grant_becomes_reconnect_and_the_turn_goes_on(scene: Harness) -> None:
    await connect_ada(scene)
    scene.google.revoked.add("refresh")
    assert await notices(scene) == ["google_reconnect"]
    assert scene.agent.states == [{}]
    assert (await scene.document(connection_path(ADA.uid)))["state"] == "reconnect"


@pytest.mark.parametrize("error", [Unavailable, Ambiguous])
async def test_google_that_is_away_costs_the_turn_nothing(scene: Harness, error: Any) -> None:
    await connect_ada(scene)
    scene.google.failing = error("google", "away")
    assert await notices(scene) == ["google_unavailable"]
    assert scene.agent.states == [{}]
    scene.google.failing = None
    await asyncio.sleep(11)
    assert await notices(scene) == []
    assert scene.google.refreshes == 1


async def test_lease_of_a_process_that_died_ends(scene: Harness) -> None:
    await connect_ada(scene)
    now = scene.clock.now()
    lease = {"refreshing": "dead", "refreshing_until": now + timedelta(seconds=3)}
    await scene.store.inner.commit([Update(connection_path(ADA.uid), lease)])
    assert await notices(scene) == []
    assert scene.google.refreshes == 1


async def test_refused_token_is_found_out_in_the_same_turn(scene: Harness) -> None:
    await connect_ada(scene, seconds=3000)
    scene.google.revoked.add("refresh")
    refused = ToolResult("c", "search_mail", unauthorized=True)
    scene.agent.replies.append([ToolCall("c", "search_mail"), refused, "I cannot look."])
    assert await notices(scene) == ["google_reconnect"]
    assert (await scene.document(connection_path(ADA.uid)))["state"] == "reconnect"


async def test_user_without_a_connection_has_no_state(scene: Harness) -> None:
    assert await notices(scene) == []
    assert scene.agent.states == [{}]


async def test_abandoned_consents_are_swept(scene: Harness) -> None:
    from common.schemas.connections import ConnectGoogleRequest  # noqa: PLC0415 - one test

    await scene.app.connections.ask(ADA, ConnectGoogleRequest(mail=True, calendar=False))
    assert len(await scene.documents("google_consents")) == 1
    await asyncio.sleep(601)
    await sweep(scene.app)
    assert await scene.documents("google_consents") == []
