"""Odd answers of the avatar's provider, on its wire, at each call, carried out or not."""

import asyncio
from typing import Any

import pytest

from common.domain import errors
from common.schemas.answers import EndSessionAnswer, StartAvatarAnswer
from tests.reliability.attacks.interleaving import LONG, result_of
from tests.reliability.attacks.wire_provider import (
    ODD_ANSWERS,
    OddAnswer,
    WireProvider,
    settle_down,
)
from tests.support.harness import Harness, end, keep_alive, new_harness, start, sweep
from tests.support.simulation.audit import discrepancies

RAN = 20
CALLS = {
    "token": "POST /v1/sessions/token",
    "start": "POST /v1/sessions/start",
    "stop": "POST /v1/sessions/stop",
    "keep alive": "POST /v1/sessions/keep-alive",
    "record": "GET /v1/sessions/",
    "list": "GET /v1/sessions",
}
HAPPENS = [(call, True) for call in ("start", "stop", "keep alive")]
CASES = [*((call, False) for call in CALLS), *HAPPENS]


def is_honest(result: Any) -> bool:
    """A failure of ours says when to come back; an answer that we cannot use is a 502."""
    if not isinstance(result, errors.OprinaError):
        return True
    return isinstance(result, errors.Refused | errors.Failed) or bool(result.retry_after)


async def live_of(app: Any, wire: WireProvider, odd: OddAnswer | None) -> list[Any]:
    """Start, keep alive and end a session. Return each result, or the error."""
    results = []
    wire.odd = odd if odd and odd.path.endswith(("token", "start")) else None
    started = await result_of(start(app))
    results.append(started)
    wire.odd = odd
    if isinstance(started, StartAvatarAnswer):
        await asyncio.sleep(RAN)
        results.append(await result_of(keep_alive(app, started.avatar_session_id)))
        results.append(await result_of(end(app, started.avatar_session_id)))
    await settle_down()
    results.append(await result_of(sweep(app)))
    return results


async def clean(harness: Harness, wire: WireProvider) -> list[str]:
    """Sweep with a provider that is well again. Return a line for all that is left."""
    wire.odd = None
    app = harness.another(avatars=wire.adapter())
    for _ in range(5):
        await asyncio.sleep(61)
        await sweep(app)
    left = [f"runs: {session.id}" for session in harness.avatars.running()]
    left += [f"not ended: {s['state']}" for s in await harness.documents("avatar_sessions")]
    left += [f"a slot: {slot}" for slot in await harness.documents("users/ada/slots")]
    used, reserved = await harness.used("avatar_seconds")
    if reserved:
        left.append(f"{reserved} s are reserved, {used} s used")
    return left + await discrepancies(harness)


TIMES = [1, 1_000] if LONG else [1]


@pytest.mark.parametrize("times", TIMES, ids=["once", "always"][: len(TIMES)])
@pytest.mark.parametrize(
    ("call", "happens"), CASES, ids=[f"{call}{', done' * done}" for call, done in CASES]
)
async def test_an_odd_answer_leaves_nothing_and_charges_what_ran(
    call: str, happens: bool, times: int
) -> None:
    broken = {}
    for name, answer in ODD_ANSWERS.items():
        harness = new_harness()
        wire = WireProvider(harness.avatars)
        app = harness.another(avatars=wire.adapter())
        odd = OddAnswer(CALLS[call], answer, happens, times)
        results = await live_of(app, wire, odd)
        found = [f"dishonest: {each!r}" for each in results if not is_honest(each)]
        left = await clean(harness, wire)
        if not isinstance(
            results[0], StartAvatarAnswer
        ):  # not charged: no user received it (ADR 4)
            left = [line for line in left if "charged 0 s" not in line]
        found += left
        found += [f"asked {host}" for host in wire.hosts - {"avatar.test"}]
        if found:
            broken[name] = found
        await harness.store.close()
    assert broken == {}


async def test_a_provider_that_is_well_charges_what_ran() -> None:
    harness = new_harness()
    wire = WireProvider(harness.avatars)
    results = await live_of(harness.another(avatars=wire.adapter()), wire, None)
    ended = results[2]
    assert isinstance(ended, EndSessionAnswer)
    assert (ended.state, ended.seconds) == ("ended", RAN)
    assert await clean(harness, wire) == []
