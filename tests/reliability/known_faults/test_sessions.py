"""Known faults of avatar sessions: their ends, their charges, and the sweep."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from common.domain.documents import Delete
from common.domain.errors import Upstream, UpstreamNotFound
from common.domain.ids import UserId
from common.domain.user import User
from tests.reliability.fault_injection import (
    Simulation,
    answer,
    answer_4xx,
    delay,
    fail,
    meanwhile,
    refuse,
)
from tests.reliability.known_faults.known import fixed, start_and_wait, sweep_each_minute
from tests.support.harness import (
    advance,
    chat_answer,
    end,
    keep_alive,
    speak,
    start,
    sweep,
)
from tests.support.simulation.audit import discrepancies

FOR_EVER = timedelta(days=365)


# ── an avatar that is not over ───────────────────────────────────────────────────────────────────


@fixed("A1", "a websocket that opens late ends the session of a chat")
@pytest.mark.parametrize("seconds", [1.5, 3.0])
async def test_a_chat_waits_for_a_connection_that_opens_late(
    simulation: Simulation, seconds: float
) -> None:
    here, harness = simulation.process(), simulation.harness
    started = await start_and_wait(simulation, here)
    simulation.faults.add("avatars.connect", delay(seconds))
    harness.agent.replies.append([0.5, "Hello, this is an answer. ", 0.5, "And some more of it. "])
    reply = await here.run(chat_answer(here.app, conversation_id=started.conversation_id))
    assert (await harness.session(started.avatar_session_id))["state"] == "live"
    assert reply.ended == "complete"
    assert reply.spoken == "Hello, this is an answer. And some more of it."


@fixed("A1", "a websocket that opens late ends the session of a speak")
@pytest.mark.parametrize("seconds", [0.8, 1.5, 3.0])
async def test_a_speak_waits_for_a_connection_that_opens_late(
    simulation: Simulation, seconds: float
) -> None:
    here = simulation.process()
    started = await start_and_wait(simulation, here)
    simulation.faults.add("avatars.connect", delay(seconds))
    spoken = await here.run(speak(here.app, started.avatar_session_id, "Hello."))
    assert spoken.ended == "complete"
    assert simulation.harness.avatars.running()


@fixed("A1", "a websocket that drops in a turn ends the session")
async def test_a_dropped_connection_ends_no_session(simulation: Simulation) -> None:
    here, harness = simulation.process(), simulation.harness
    started = await start_and_wait(simulation, here)
    harness.agent.replies.append(["One sentence that is said. ", 8.0, "And one much later. "])
    chatting = here.spawn(chat_answer(here.app, conversation_id=started.conversation_id))
    await asyncio.sleep(3)
    connection = harness.avatars.connections[-1]
    connection.player.detach(connection)
    await chatting
    assert (await harness.session(started.avatar_session_id))["state"] == "live"


@fixed("A1", "a missing secret ends the session")
async def test_a_missing_secret_ends_no_session(simulation: Simulation) -> None:
    here, harness = simulation.process(), simulation.harness
    started = await start_and_wait(simulation, here)
    harness.vault.kept.clear()
    reply = await here.run(chat_answer(here.app, conversation_id=started.conversation_id))
    assert reply.text
    assert (await harness.session(started.avatar_session_id))["state"] == "live"


@fixed("A9", "a refused keep_alive ends a session that runs")
@pytest.mark.parametrize("status", [404, 409])
async def test_a_refused_keep_alive_asks_whether_the_session_runs(
    simulation: Simulation, status: int
) -> None:
    here, harness = simulation.process(), simulation.harness
    started = await start_and_wait(simulation, here)
    refusal = fail(UpstreamNotFound("avatar", f"answered {status}"))
    simulation.faults.add("avatars.keep_alive", refusal)
    with suppress(Upstream):
        await here.run(keep_alive(here.app, started.avatar_session_id))
    assert (await harness.session(started.avatar_session_id))["state"] == "live"
    assert harness.avatars.running()


# ── an end that is not believed, or believed too early ───────────────────────────────────────────


@fixed("A6", "a session without its conversation is never stopped")
async def test_a_session_is_stopped_though_its_conversation_is_gone(
    simulation: Simulation,
) -> None:
    here, harness = simulation.process(), simulation.harness
    harness.avatars.idle = FOR_EVER
    started = await start_and_wait(simulation, here)
    await harness.store.inner.commit([Delete(f"conversations/{started.conversation_id}")])
    await sweep_each_minute(simulation, here, 5)
    assert not harness.avatars.running()
    assert (await harness.used("avatar_seconds"))[1] == 0
    assert not await harness.documents("users/ada/slots")


@fixed("A9", "a stop that is refused locks the user out for ever")
@pytest.mark.parametrize("status", [400, 409, 418])
async def test_a_refused_stop_of_an_ended_session_settles_it(
    simulation: Simulation, status: int
) -> None:
    here, harness = simulation.process(), simulation.harness
    started = await here.run(start(here.app))
    simulation.faults.add("avatars.stop", answer_4xx(status))
    advance(harness.clock, 601)
    await sweep_each_minute(simulation, here, 30)
    assert (await harness.session(started.avatar_session_id))["state"] == "ended"
    assert (await harness.used("avatar_seconds"))[1] == 0
    await here.run(start(here.app))


@fixed("attack 5", "a stop that is answered with nonsense settles what runs")
async def test_a_stop_is_settled_only_when_the_session_is_over(simulation: Simulation) -> None:
    here, harness = simulation.process(), simulation.harness
    started = await start_and_wait(simulation, here)
    simulation.faults.add("avatars.stop", answer(None), nth=1)
    await here.run(end(here.app, started.avatar_session_id))
    await asyncio.sleep(40)
    await here.run(sweep(here.app))
    assert not harness.avatars.running()
    assert not await discrepancies(harness)


@fixed("attack 16", "a secret whose deletion failed is not deleted again")
async def test_a_secret_is_deleted_though_the_vault_was_away_once(simulation: Simulation) -> None:
    here, harness = simulation.process(), simulation.harness
    started = await start_and_wait(simulation, here)
    simulation.faults.add("vault.forget", refuse(), nth=1)
    await here.run(end(here.app, started.avatar_session_id))
    await sweep_each_minute(simulation, here, 3)
    assert not harness.vault.kept


# ── what is charged ──────────────────────────────────────────────────────────────────────────────


@fixed("A10", "a session that the provider ended is charged by our clock")
@pytest.mark.parametrize("how", ["end_session", "sweep"])
async def test_a_session_that_broke_off_is_charged_what_it_ran(
    simulation: Simulation, how: str
) -> None:
    here, harness = simulation.process(), simulation.harness
    started = await here.run(start(here.app))
    await asyncio.sleep(20)
    harness.avatars.session(started.avatar_session_id).end(harness.clock.now(), "WORKER_CRASHED")
    await asyncio.sleep(150 if how == "end_session" else 190)
    if how == "end_session":
        await here.run(end(here.app, started.avatar_session_id))
    else:
        await here.run(sweep(here.app))
    assert (await harness.session(started.avatar_session_id))["seconds"] == 20


@fixed("attack 10", "a slow start is charged too little, a slow stop too much")
@pytest.mark.parametrize("slow", ["vault.keep", "avatars.stop"])
async def test_a_charge_is_the_time_that_the_provider_ran(
    simulation: Simulation, slow: str
) -> None:
    here, harness = simulation.process(), simulation.harness
    simulation.faults.add(slow, delay(3, "after"))
    started = await here.run(start(here.app))
    await asyncio.sleep(30)
    await here.run(end(here.app, started.avatar_session_id))
    assert not await discrepancies(harness, tolerance=1)


# ── the sweep ────────────────────────────────────────────────────────────────────────────────────


@fixed("A11", "the sweep ends a session that was used after its query")
@pytest.mark.parametrize("how", ["keep_alive", "chat"])
async def test_the_sweep_leaves_a_session_that_is_used_meanwhile(
    simulation: Simulation, how: str
) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    harness.avatars.idle = FOR_EVER
    started = await here.run(start(here.app))
    advance(harness.clock, 181)
    turns = []

    async def use() -> None:
        if how == "keep_alive":
            await there.run(keep_alive(there.app, started.avatar_session_id))
        else:
            harness.agent.replies.append(["A sentence to be said. ", 1.0] * 10)
            conversation = started.conversation_id
            turns.append(there.spawn(chat_answer(there.app, conversation_id=conversation)))
            await asyncio.sleep(0.5)

    simulation.faults.add(
        "store.query",
        meanwhile(use),
        nth=1,
        where=lambda call: call.args[0].collection == "avatar_sessions",
    )
    await here.run(sweep(here.app))
    for turn in turns:
        await turn
    assert (await harness.session(started.avatar_session_id))["state"] == "live"


@fixed("A12", "a keep_alive brings the end of a session forward")
async def test_a_keep_alive_never_shortens_a_session(simulation: Simulation) -> None:
    here, harness = simulation.process(), simulation.harness
    harness.avatars.idle = FOR_EVER
    started = await start_and_wait(simulation, here)
    sentence = "This is one of the sentences of the long reply. "
    harness.agent.replies.append([sentence * 80])
    chatting = here.spawn(chat_answer(here.app, conversation_id=started.conversation_id))
    await asyncio.sleep(30)
    await here.run(keep_alive(here.app, started.avatar_session_id))
    while not chatting.done():
        await asyncio.sleep(60)
        await here.run(sweep(here.app))
    assert (await harness.session(started.avatar_session_id))["end_reason"] != "idle"
    assert len((await chatting).spoken) > 80 * len(sentence) - 10


@fixed("B7", "one sweep ends at most 500 sessions")
async def test_a_sweep_goes_on_until_nothing_is_due(simulation: Simulation) -> None:
    here, harness = simulation.process(), simulation.harness
    users = [User(UserId(f"user-{number}")) for number in range(510)]
    await asyncio.gather(*(start(harness.app, user) for user in users))
    advance(harness.clock, 181)
    await here.run(sweep(here.app))
    assert not harness.avatars.running()


@fixed("B14", "a session that ends during a sweep counts as an orphan")
async def test_a_session_that_ends_during_a_sweep_is_no_orphan(simulation: Simulation) -> None:
    here, there = simulation.process(), simulation.process()
    started = await start_and_wait(simulation, here)
    ending = meanwhile(lambda: there.run(end(there.app, started.avatar_session_id)))
    simulation.faults.add("avatars.active", ending, nth=1)
    assert (await here.run(sweep(here.app))).stopped_again == 0
