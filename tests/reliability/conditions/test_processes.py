"""Simulated processes freeze and die as real ones do, and a seed replays what happened."""

import asyncio

import pytest

from common.domain.ids import ConversationId, UserId, UtteranceId
from common.ports.dependencies import Dependencies
from tests.reliability.fault_injection import ProcessDied, Simulation, die, freeze, simulate
from tests.support.harness import chat_answer, start

USER, CONVERSATION = UserId("ada"), ConversationId("c")


def time() -> float:
    return asyncio.get_running_loop().time()


async def test_nothing_of_a_dead_process_runs_again(simulation: Simulation) -> None:
    here, done = simulation.process(), []

    async def work() -> None:
        try:
            await asyncio.sleep(1)
            done.append("slept")
        except BaseException:
            done.append("caught")
            raise
        finally:
            done.append("finally")

    async def die_meanwhile(deps: Dependencies) -> None:
        tasks = [asyncio.create_task(work()), asyncio.create_task(asyncio.sleep(2))]
        asyncio.get_running_loop().call_later(1, done.append, "timer")
        await deps.store.get(["users/ada"])
        await asyncio.wait(tasks)

    simulation.faults.add("store.get", die("after"))
    with pytest.raises(ProcessDied):
        await here.run(die_meanwhile(here.deps))
    await asyncio.sleep(60)
    assert done == []


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_call_happens_if_its_process_dies_after_it(
    simulation: Simulation, moment: str
) -> None:
    here = simulation.process()
    simulation.faults.add("avatars.start", die("after" if moment == "after" else "before"))
    with pytest.raises(ProcessDied):
        await here.run(start(here.app))
    assert bool(simulation.harness.avatars.running()) == (moment == "after")


async def test_a_process_that_dies_closes_its_connections(simulation: Simulation) -> None:
    here, harness = simulation.process(), simulation.harness
    started = await here.run(start(here.app))
    await asyncio.sleep(6)
    harness.agent.replies.append(["Hello. ", 60.0, "Still here."])
    talking = here.run(chat_answer(here.app, conversation_id=started.conversation_id))
    asking = asyncio.ensure_future(talking)
    await asyncio.sleep(5)
    (connection,) = harness.avatars.connections
    assert (connection.closed, harness.agent.left) == (False, 0)
    here.die()
    with pytest.raises(ProcessDied):
        await asking
    await asyncio.sleep(1)
    assert (connection.closed, harness.agent.left) == (True, 1)


async def test_the_agent_goes_on_while_a_process_is_frozen(simulation: Simulation) -> None:
    here, agent = simulation.process(), simulation.harness.agent
    agent.sessions.add((USER, CONVERSATION))
    agent.replies.append([1.0, "a", 1.0, "b", 1.0, "c"])
    heard: list[tuple[float, object]] = []

    async def listen() -> None:
        def note(event: object) -> None:
            heard.append((time(), getattr(event, "text", "end")))

        await here.deps.agent.reply(USER, CONVERSATION, "Hello.", note)

    listening = here.spawn(listen())
    await asyncio.sleep(1.5)
    here.freeze(20)
    await listening
    assert heard == [(1.0, "a"), (21.5, "b"), (21.5, "c"), (21.5, "end")]


async def test_timers_of_a_frozen_process_go_off_when_it_thaws(simulation: Simulation) -> None:
    here, order = simulation.process(), []

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds)
        order.append((seconds, time()))

    tasks = [here.spawn(sleep(seconds)) for seconds in (3, 1, 2, 30)]
    await asyncio.sleep(0.5)
    here.freeze(20)
    await asyncio.wait(tasks)
    assert order == [(1, 20.5), (2, 20.5), (3, 20.5), (30, 30)]


async def test_a_process_thaws_whenever_it_was_frozen(simulation: Simulation) -> None:
    here = simulation.process()
    for number in range(1, 50):
        await asyncio.sleep(number / 7)
        here.freeze(number / 3)
        await here.run(asyncio.sleep(0.1))


async def test_each_process_has_a_clock_of_its_own(simulation: Simulation) -> None:
    slow, fast = simulation.process(skew=-2.5), simulation.process(skew=2.5)
    assert (fast.deps.clock.now() - slow.deps.clock.now()).total_seconds() == 5


async def play(seed: int) -> list[tuple[str, float]]:
    began = time()
    async with simulate(seed, latency={"store": (0.01, 0.03), "agent": (0.1, 0.4)}) as simulation:
        here, there = simulation.process(), simulation.process()
        simulation.faults.add("store.commit", freeze(0.5, "after"), nth=2)
        await asyncio.gather(
            here.run(chat_answer(here.app, "One.")), there.run(chat_answer(there.app, "Two."))
        )
        return [(call.name, round(call.began - began, 6)) for call in simulation.journal.calls]


async def test_a_seed_replays_what_happened() -> None:
    assert await play(7) == await play(7)
    assert await play(7) != await play(8)


async def test_a_connection_of_a_process_hears_the_avatar(simulation: Simulation) -> None:
    here = simulation.process()
    started = await here.run(start(here.app))
    kinds: list[str] = []

    async def listen(deps: Dependencies) -> None:
        connection = await deps.avatars.connect(f"ws://fake/{started.avatar_session_id}")
        await connection.speak(UtteranceId("u"), bytes(48_000))
        await connection.finish(UtteranceId("u"))
        async for event in connection.events():
            kinds.append(event.kind)
            if event.kind == "ended":
                await connection.close()

    await here.run(listen(here.deps))
    assert kinds == ["connected", "started", "ended", "closed"]
