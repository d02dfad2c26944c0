from contextlib import suppress
from dataclasses import replace

import pytest

from common.accounts.deletion_steps import AGENT_WRITES, DeleteConversations
from common.domain.errors import NoDeletion, OprinaError, Unauthenticated, Unavailable
from common.schemas.account import DeletionCertificate, ReadCertificateRequest
from tests.support.harness import BOB, Harness, advance, new_harness, sweep
from tests.support.simulation.faults import die, fail
from tests.support.simulation.process import ProcessDied
from tests.support.simulation.simulation import Simulation
from tests.unit.accounts.people import EVE, documents_of, fill, signed_in

WEEK = 7 * 24 * 3600


async def certificate(harness: Harness, name: str) -> DeletionCertificate:
    request = ReadCertificateRequest(certificate_id=name)
    return await harness.app.accounts.certificate(request)


async def test_deletion_leaves_nothing_of_the_person_and_all_of_others() -> None:
    harness = new_harness()
    await fill(harness)
    await fill(harness, BOB)
    others = await documents_of(harness, BOB)
    deletion = await harness.app.accounts.request_deletion(EVE)
    advance(harness.clock, WEEK - 60)
    assert (await sweep(harness.app)).accounts_deleted == 0
    advance(harness.clock, 61)
    assert (await sweep(harness.app)).accounts_deleted == 1
    assert await documents_of(harness, EVE) == []
    assert {user for user, _ in harness.agent.sessions} == {BOB.uid}
    assert harness.sign_ins.deleted == [EVE.uid]
    assert await documents_of(harness, BOB) == others
    found = await certificate(harness, deletion.certificate_id)
    assert found.state == "deleted"
    assert found.counts["conversations"] == 2
    assert found.counts["messages"] == 4
    assert found.backups_until is not None


async def test_restore_is_refused_once_the_deletion_has_begun() -> None:
    harness = new_harness()
    await fill(harness)
    await harness.app.accounts.request_deletion(EVE)
    advance(harness.clock, WEEK + 1)

    async def stay(_user: object) -> None:
        raise Unavailable("sign_ins", "away")

    harness.sign_ins.delete_user = stay  # type: ignore[method-assign, assignment]  # a fault
    assert (await sweep(harness.app)).failed == 1
    with pytest.raises(NoDeletion):
        await harness.app.accounts.restore(EVE)


async def test_who_comes_back_has_what_is_left_of_the_month() -> None:
    harness = new_harness(allowance_agent_tokens=20_000)
    await harness.app.accounts.request_deletion(EVE)
    await harness.app.accounts.restore(EVE)
    await fill(harness)
    used = (await harness.app.accounts.usage(EVE)).usage.meters["agent_tokens"].used
    assert used
    await harness.app.accounts.request_deletion(EVE)
    advance(harness.clock, WEEK + 1)
    await sweep(harness.app)
    back = signed_in(EVE, harness.clock.now(), uid="eve-again")
    left = (await harness.app.accounts.usage(back)).usage.meters["agent_tokens"]
    assert left.allowance == 20_000 - used
    await harness.whole_chat("Hello again.", back)
    again = (await harness.app.accounts.usage(back)).usage.meters["agent_tokens"]
    assert again.allowance == 20_000 - used


async def test_token_of_a_deleted_account_is_refused() -> None:
    harness = new_harness()
    before = signed_in(EVE, harness.clock.now())
    await fill(harness, before)
    await harness.app.accounts.request_deletion(before)
    advance(harness.clock, WEEK + 1)
    await sweep(harness.app)
    for work in (
        harness.whole_chat("Hello.", before),
        harness.app.accounts.read(before),
        harness.app.exports.begin(before),
    ):
        with pytest.raises(Unauthenticated):
            await work
    advance(harness.clock, 1)
    await harness.app.accounts.read(signed_in(EVE, harness.clock.now()))


async def test_agent_sessions_are_deleted_within_the_quota() -> None:
    harness = new_harness()
    for number in range(5):
        await harness.whole_chat(f"Conversation {number}.", EVE)
    deps = harness.dependencies()
    deletion = harness.app.history.deletion
    step = DeleteConversations(deps, deletion, 2)
    for expected in (2, 4):
        assert not await step.delete(EVE.uid)
        assert len(harness.agent.deleted) == expected
        advance(harness.clock, 61)
    assert await step.delete(EVE.uid)
    assert len(harness.agent.deleted) == 5
    assert AGENT_WRITES == 50


async def prepared() -> tuple[Harness, Simulation, str]:
    harness = new_harness()
    await fill(harness)
    deletion = await harness.app.accounts.request_deletion(EVE)
    advance(harness.clock, WEEK + 1)
    return harness, Simulation(harness), deletion.certificate_id


async def calls_of_a_deletion() -> list[str]:
    _harness, simulation, _ = await prepared()
    await simulation.process().run(sweep(simulation.processes[0].app))
    names = [call.name for call in simulation.journal.calls]
    await simulation.close()
    return [name for name in names if not name.startswith("avatars.")]


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_deletion_killed_at_any_call_is_finished_by_the_next_sweep(moment: str) -> None:
    seen: dict[str, int] = {}
    for name in await calls_of_a_deletion():
        seen[name] = seen.get(name, 0) + 1
        harness, simulation, number = await prepared()
        process = simulation.process()
        simulation.faults.add(name, die(moment), nth=seen[name], process=process)  # type: ignore[arg-type]
        with pytest.raises(ProcessDied):
            await process.run(sweep(process.app))
        await sweep(harness.app)
        assert await documents_of(harness, EVE) == [], (name, seen[name])
        assert not harness.agent.sessions
        assert EVE.uid in harness.sign_ins.deleted
        found = await certificate(harness, number)
        assert found.state == "deleted"
        assert found.counts["conversations"] == 2
        await simulation.close()


async def test_a_failure_of_any_call_leaves_the_deletion_to_a_later_sweep() -> None:
    seen: dict[str, int] = {}
    for name in await calls_of_a_deletion():
        seen[name] = seen.get(name, 0) + 1
        harness, simulation, _ = await prepared()
        process = simulation.process()
        error: OprinaError = Unavailable(name.partition(".")[0], "away")
        simulation.faults.add(name, fail(error), nth=seen[name], process=process)
        with suppress(OprinaError):
            await process.run(sweep(process.app))
        await sweep(harness.app)
        assert await documents_of(harness, EVE) == [], (name, seen[name])
        await simulation.close()


async def test_deletion_needs_the_key() -> None:
    harness = new_harness()
    with pytest.raises(Unavailable):
        await harness.app.accounts.request_deletion(replace(EVE, former=None))
