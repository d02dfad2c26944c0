"""The harness counts what each request does, and compares charges with what the provider billed."""

import asyncio

from common.domain.documents import Create, Query, Update
from common.ports.store import Store
from tests.reliability.fault_injection import Simulation, delay
from tests.support.fakes.agent import ToolEffect
from tests.support.harness import chat_answer, end, start
from tests.support.simulation.audit import bills, discrepancies


async def test_calls_are_counted_by_request(simulation: Simulation) -> None:
    here = simulation.process()
    started = await here.run(start(here.app), "start")
    await asyncio.sleep(6)
    simulation.harness.agent.replies.append([ToolEffect("send_mail", 1.0), "It is sent. "])
    await asyncio.gather(
        here.run(chat_answer(here.app, conversation_id=started.conversation_id), "spoken"),
        here.run(chat_answer(here.app), "text"),
    )
    spoken, text = simulation.journal.counts("spoken"), simulation.journal.counts("text")
    assert spoken["read"] >= 1
    assert spoken["commit"] >= 2
    assert spoken["voice"] == 1
    assert spoken["connection"] >= 1
    assert (text["voice"], text["connection"]) == (0, 0)
    assert simulation.journal.count("agent.reply", "spoken") == 1
    assert simulation.journal.tool_effects("spoken") == {"send_mail": 1}
    assert not simulation.journal.tool_effects("text")
    assert simulation.journal.count("avatars.start", "start") == 1
    assert simulation.journal.count("agent.reply") == 2


async def test_looks_and_checkpoints_are_counted_apart(simulation: Simulation) -> None:
    here = simulation.process()
    turn, other = Create("turns/t", {"state": "running"}), Create("users/u", {})

    async def work(store: Store) -> None:
        await store.commit([turn, other])
        await store.get(["turns/t"])
        await store.get(["turns/t", "users/u"])
        await store.commit([Update("turns/t", {"text": "a"})])
        await store.commit([Update("turns/t", {"state": "settled"})])
        await store.query(Query("turns"))

    await here.run(work(here.deps.store), "turn")
    counts = {"look": 1, "read": 1, "checkpoint": 1, "commit": 2, "query": 1}
    assert simulation.journal.counts("turn") == counts
    assert not simulation.journal.counts("another")


async def test_the_longest_silence_of_a_stream_is_measured(simulation: Simulation) -> None:
    here = simulation.process()
    simulation.harness.agent.replies.append(["One. ", 7.5, "Two. ", 2.0])
    body = {"message": "Hello."}
    answer = await simulation.post(here, "chat", body, "chat", events=True)
    assert answer.status == 200
    assert simulation.journal.silences["chat"] == 7.5


async def test_a_charge_that_differs_from_the_bill_is_found(simulation: Simulation) -> None:
    here = simulation.process()
    started = await here.run(start(here.app))
    await asyncio.sleep(90.5)
    await here.run(end(here.app, started.avatar_session_id))
    (bill,) = await bills(simulation.harness)
    assert (bill.charged, bill.ran, bill.runs) == (91, 90.5, False)
    assert not await discrepancies(simulation.harness)
    record = f"ended_sessions/{started.avatar_session_id}"
    await simulation.harness.store.inner.commit([Update(record, {"seconds": 300})])
    charge, ledger = await discrepancies(simulation.harness)
    assert "charged 300 s, ran 90.5 s" in charge
    assert "(91, 0) in the ledger" in ledger


async def test_a_slow_stop_is_no_discrepancy_of_the_ledger(simulation: Simulation) -> None:
    here = simulation.process()
    started = await here.run(start(here.app))
    await asyncio.sleep(60)
    simulation.faults.add("avatars.stop", delay(0.5, "after"))
    await here.run(end(here.app, started.avatar_session_id))
    assert not await discrepancies(simulation.harness)
