"""The deletion of an account, killed at any step, over both stores. The sweep finishes it.

Afterwards the uid is searched for in every document, in the secrets and in the agent's sessions.
"""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from common.domain.accounts.profile import GRACE
from common.domain.ids import UserId
from common.domain.user import User
from tests.support.google_consent import give_consent
from tests.support.harness import Harness, advance, sweep
from tests.support.simulation.faults import die
from tests.support.simulation.process import ProcessDied
from tests.support.simulation.simulation import Simulation
from tests.unit.accounts.people import EVE, documents_of, fill, names

READS = ("store.get", "store.query", "avatars.active", "avatars.credits", "avatars.record")
"""A process that dies at one of these has changed nothing since the call before."""


def person(number: int) -> User:
    uid = UserId(f"eve-{number}")
    return replace(EVE, uid=uid, email=f"{uid}@example.test", former=(f"hash-{uid}",))


async def prepare(harness: Harness, user: User) -> None:
    """Give the person something of everything, a Google connection and a running avatar among it."""
    await give_consent(harness.app, harness.google, user)
    await fill(harness, user)
    await harness.start(user)
    await harness.app.accounts.request_deletion(user)
    advance(harness.clock, GRACE.total_seconds() + 1)


async def found(request: pytest.FixtureRequest, harness: Harness, user: User) -> list[str]:
    """Return the path of each document that has the uid in its path or in a field."""
    if "firestore" not in request.node.name:
        return await documents_of(harness, user)
    address = request.getfixturevalue("firestore_address")
    project = request.getfixturevalue("firestore_project")
    answer = await asyncio.to_thread(
        httpx.post,
        f"http://{address}/v1/projects/{project}/databases/(default)/documents:runQuery",
        json={"structuredQuery": {"from": [{"allDescendants": True}]}},
        headers={"authorization": "Bearer owner"},
        timeout=30,
    )
    documents: list[dict[str, Any]] = [
        row["document"] for row in answer.json() if "document" in row
    ]
    assert documents
    return [each["name"] for each in documents if names(each["name"], each["fields"], user)]


async def left(request: pytest.FixtureRequest, harness: Harness, user: User) -> list[str]:
    """Return everything that the services still hold of the person."""
    return [
        *await found(request, harness, user),
        *(
            f"agent session {session}"
            for owner, session in harness.agent.sessions
            if owner == user.uid
        ),
        *(f"secret of {session}" for session in harness.vault.kept),
        *(f"grant {consent}" for consent in harness.grants.kept),
        *([] if user.uid in harness.sign_ins.deleted else ["the user of Firebase"]),
    ]


async def steps(simulation: Simulation, request: pytest.FixtureRequest) -> list[str]:
    """Return the calls with an effect of a whole deletion, which leaves nothing."""
    user, process = person(0), simulation.process()
    await prepare(simulation.harness, user)
    assert len(await found(request, simulation.harness, user)) > 15
    before = len(simulation.journal.calls)
    await process.run(sweep(process.app))
    assert await left(request, simulation.harness, user) == []
    names = [call.name for call in simulation.journal.calls[before:]]
    return [name for name in names if name not in READS]


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_deletion_killed_at_any_step_leaves_nothing(
    simulation: Simulation, request: pytest.FixtureRequest, moment: Any
) -> None:
    stride = 4 if "firestore" in request.node.name else 1  # a step takes 30 times as long there
    harness, deaths, seen = simulation.harness, 0, dict[str, int]()
    for number, name in enumerate(await steps(simulation, request), 1):
        seen[name] = seen.get(name, 0) + 1
        if number % stride:
            continue
        user, process = person(number), simulation.process()
        await prepare(harness, user)
        simulation.faults.add(name, die(moment), nth=seen[name], process=process)
        try:
            await process.run(sweep(process.app))
        except ProcessDied:
            deaths += 1
        simulation.faults.clear()
        for _ in range(2):  # a session that was being stopped is tried again after 30 s
            advance(harness.clock, 61)
            await sweep(harness.app)
        assert await left(request, harness, user) == [], (name, seen[name])
    assert deaths > 15 // stride
