"""A process that connects or disconnects dies at any step, or any call fails: the sweep finishes it."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any

import pytest

from common.app import App
from common.domain.errors import Ambiguous, OprinaError, Unavailable
from common.domain.google.connection import connection_path
from common.domain.google.consent import COLLECTION, LIFE
from tests.support.google_consent import give_consent
from tests.support.harness import ADA, Harness, advance, new_harness, sweep
from tests.support.simulation.faults import Effect, die, fail
from tests.support.simulation.process import ProcessDied
from tests.support.simulation.simulation import Simulation

Work = Callable[[App, Harness], Coroutine[Any, Any, object]]


async def connect(app: App, harness: Harness) -> str:
    return await give_consent(app, harness.google, ADA)


async def disconnect(app: App, _: Harness) -> object:
    return await app.connections.disconnect(ADA)


WORKS: dict[str, tuple[Work, bool]] = {
    "connect": (connect, False),
    "connect again": (connect, True),
    "disconnect": (disconnect, True),
}
"""Each kind of work, and whether a connection exists before."""


async def prepared(*, connected: bool) -> tuple[Harness, Simulation]:
    harness = new_harness()
    if connected:
        assert await connect(harness.app, harness) == "connected"
    return harness, Simulation(harness)


async def calls_of(name: str) -> list[tuple[str, int]]:
    """Return the calls of the work: each with how many of its name came before, and itself."""
    work, connected = WORKS[name]
    harness, simulation = await prepared(connected=connected)
    process = simulation.process()
    await process.run(work(process.app, harness))
    names = [call.name for call in simulation.journal.calls]
    await simulation.close()
    return [(each, names[: number + 1].count(each)) for number, each in enumerate(names)]


def effects() -> Iterator[tuple[str, Effect]]:
    yield "dies before", die("before")
    yield "dies after", die("after")
    yield "unavailable", fail(Unavailable("google", "away"))
    yield "ambiguous", fail(Ambiguous("google", "no answer"))


async def is_consistent(harness: Harness, where: object) -> None:
    """Check that there is one connection whose token works, or nothing at all.

    A token that Google issued and that this project never saw cannot be revoked.
    """
    connection = await harness.document(connection_path(ADA.uid))
    consents = await harness.documents(COLLECTION)
    kept = harness.grants.kept
    if not connection:
        assert (consents, kept) == ([], {}), where
        return
    assert connection["state"] == "connected", where
    assert [each["state"] for each in consents] == ["held"], where
    assert list(kept) == [connection["consent"]], where
    assert not set(kept.values()) & harness.google.revoked, where


@pytest.mark.parametrize("name", WORKS)
async def test_work_that_stops_at_any_call_is_finished_by_the_sweep(name: str) -> None:
    work, connected = WORKS[name]
    calls = await calls_of(name)
    assert {"google.exchange", "grants.keep"} <= {c for c, _ in calls} or name == "disconnect"
    for call, nth in calls:
        for kind, effect in effects():
            harness, simulation = await prepared(connected=connected)
            process = simulation.process()
            simulation.faults.add(call, effect, nth=nth, process=process)
            with suppress(ProcessDied, OprinaError):
                await process.run(work(process.app, harness))
            for _ in range(2):
                advance(harness.clock, LIFE.total_seconds() + 1)
                await sweep(harness.app)
            await is_consistent(harness, (call, nth, kind))
            await simulation.close()


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_disconnect_after_its_first_commit_always_revokes(moment: str) -> None:
    """The person was told nothing, and the grant goes all the same."""
    calls = await calls_of("disconnect")
    committed = next(number for number, (call, _) in enumerate(calls) if call == "store.commit")
    for call, nth in calls[committed + 1 :]:
        harness, simulation = await prepared(connected=True)
        [token] = harness.grants.kept.values()
        process = simulation.process()
        simulation.faults.add(call, die(moment), nth=nth, process=process)  # type: ignore[arg-type]
        with suppress(ProcessDied):
            await process.run(disconnect(process.app, harness))
        advance(harness.clock, 31)
        await sweep(harness.app)
        assert await harness.document(connection_path(ADA.uid)) == {}, (call, nth)
        assert await harness.documents(COLLECTION) == []
        assert harness.grants.kept == {}
        assert token in harness.google.revoked
        await simulation.close()
