"""Conditions of the provider, the agent and the voice: a naive way breaks, a careful way does not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from common.domain.documents import Create, Update
from common.domain.errors import (
    Ambiguous,
    Conflict,
    Failed,
    Unavailable,
    Upstream,
    UpstreamNotFound,
)
from common.domain.ids import AvatarSessionId, ConversationId, UserId, UtteranceId
from common.ports.dependencies import Dependencies
from common.ports.vault import StoredTokens
from tests.reliability.conditions.account import both_ways
from tests.reliability.fault_injection import (
    Simulation,
    answer,
    answer_4xx,
    busy,
    delay,
    fail,
    lose_late,
    refuse,
    unconfirmed,
)
from tests.support.fakes.agent import ToolEffect

TURN, LEASE, MAIL = "turns/t", "leases/l", ConversationId("mail")
USER = UserId("ada")
SECOND = bytes(48_000)


async def start_session(deps: Dependencies) -> tuple[AvatarSessionId, str]:
    token = await deps.avatars.create_session_token("avatar", "high", 600)
    started = await deps.avatars.start(token)
    return token.session, started.ws_url


def running(simulation: Simulation) -> list[AvatarSessionId]:
    return [session.id for session in simulation.harness.avatars.running()]


# ── connections ──────────────────────────────────────────────────────────────────────────────────


@both_ways
@pytest.mark.parametrize("seconds", [0.1, 1.5, 3.0])
async def test_a_late_connection_means_no_session_that_is_over(
    simulation: Simulation, seconds: float, careful: bool
) -> None:
    here = simulation.process()
    session, url = await here.run(start_session(here.deps))
    simulation.faults.add("avatars.connect", delay(seconds))

    async def connect() -> None:
        try:
            async with asyncio.timeout(5.0 if careful else 0.5):
                await here.deps.avatars.connect(url)
        except TimeoutError:
            await here.deps.avatars.stop(session, "gone")

    await here.run(connect())
    assert running(simulation) == ([session] if careful or seconds < 0.5 else [])


@both_ways
@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.4, 1.0])
async def test_a_loser_that_learns_late_does_not_interrupt_the_winner(
    simulation: Simulation, seconds: float, careful: bool
) -> None:
    winner, loser = simulation.process(), simulation.process()
    session, url = await winner.run(start_session(winner.deps))
    await simulation.harness.store.inner.commit([Create(LEASE, {"holder": None})])
    (lease,) = await simulation.harness.store.inner.get([LEASE])
    simulation.faults.add("store.commit", lose_late(seconds))

    async def take_turn(deps: Dependencies, name: str) -> None:
        take = deps.store.commit([Update(LEASE, {"holder": name}, read=lease.version)])
        admitted = asyncio.ensure_future(take)
        connection = await deps.avatars.connect(url)
        await asyncio.wait({admitted}, timeout=None if careful else 0.05)
        if admitted.done() and admitted.exception() is not None:
            return
        await connection.interrupt()
        await connection.speak(UtteranceId(name), 3 * SECOND)
        await connection.finish(UtteranceId(name))
        await asyncio.wait({admitted})

    await asyncio.gather(
        winner.run(take_turn(winner.deps, "winner")), loser.run(take_turn(loser.deps, "loser"))
    )
    await asyncio.sleep(5)
    said = simulation.harness.avatars.sessions[session].player.played
    assert said[UtteranceId("winner")].interrupted is not (careful or seconds == 0)


# ── what the provider answers ────────────────────────────────────────────────────────────────────


async def stop_carefully(deps: Dependencies, session: AvatarSessionId) -> bool:
    """Return whether the session is over, by the provider's own record."""
    for _ in range(3):
        try:
            await deps.avatars.stop(session, "user")
        except Upstream:
            await deps.pause(0)
        if not (await deps.avatars.record(session)).running:
            return True
    return False


async def stop_naively(deps: Dependencies, session: AvatarSessionId) -> bool:
    """Return whether the session is over: a 2xx says yes, and so does a refusal."""
    try:
        await deps.avatars.stop(session, "user")
    except Failed:
        return True
    except Upstream:
        return False
    return True


@both_ways
@pytest.mark.parametrize("fault", [answer_4xx(418), answer(None)], ids=["4xx", "nonsense"])
@pytest.mark.parametrize("nth", [1, None], ids=["once", "always"])
async def test_a_stop_is_believed_only_with_the_providers_record(
    simulation: Simulation, fault: Any, nth: int | None, careful: bool
) -> None:
    here = simulation.process()
    session, _ = await here.run(start_session(here.deps))
    simulation.faults.add("avatars.stop", fault, nth=nth)
    stop = stop_carefully if careful else stop_naively
    is_over = await here.run(stop(here.deps, session))
    assert (is_over == (not running(simulation))) is careful


@both_ways
@pytest.mark.parametrize("held", [True, False])
async def test_a_start_that_is_not_confirmed_is_stopped(
    simulation: Simulation, held: bool, careful: bool
) -> None:
    here = simulation.process()
    simulation.faults.add("avatars.start", unconfirmed(held=held))

    async def start_or_stop(deps: Dependencies) -> None:
        token = await deps.avatars.create_session_token("avatar", "high", 600)
        try:
            await deps.avatars.start(token)
        except Ambiguous:
            if careful:
                await deps.avatars.stop(token.session, "stuck")

    await here.run(start_or_stop(here.deps))
    assert (not running(simulation)) is (careful or not held)


# ── an agent whose tools have effects ────────────────────────────────────────────────────────────


async def send_mail(deps: Dependencies, *, careful: bool) -> None:
    """Ask the agent once: after the commit that guards it, or beside it."""
    while True:
        commit = deps.store.commit([Create(TURN, {"state": "running"})])
        asking = None if careful else asyncio.ensure_future(ask(deps))
        try:
            await commit
        except Conflict:
            return  # the turn is there: it is asked already
        except Upstream:
            await deps.pause(5)
        else:
            await (asking or ask(deps))
            return
        finally:
            if asking is not None:
                await asyncio.wait({asking})


async def ask(deps: Dependencies) -> None:
    await deps.agent.reply(USER, MAIL, "Mail my boss.", lambda _: None)


@both_ways
async def test_a_tools_effect_happens_once_though_the_store_is_away(
    simulation: Simulation, careful: bool
) -> None:
    simulation.harness.agent.sessions.add((USER, MAIL))
    simulation.harness.agent.replies.extend([[ToolEffect("send_mail", 0.3), "Sent."]] * 5)
    simulation.faults.add("store.commit", refuse(), nth=1)
    here = simulation.process()
    await here.run(send_mail(here.deps, careful=careful), "mail")
    assert simulation.journal.tool_effects("mail") == {"send_mail": 1 if careful else 2}


@both_ways
async def test_a_reply_cut_after_a_tool_is_not_repeated(
    simulation: Simulation, careful: bool
) -> None:
    agent = simulation.harness.agent
    agent.sessions.add((USER, MAIL))
    lost = UpstreamNotFound("agent", "answered 404")
    agent.replies.extend([[ToolEffect("send_mail"), lost], [ToolEffect("send_mail"), "Sent."]])
    here = simulation.process()

    async def ask_again_if_lost(deps: Dependencies) -> None:
        seen: list[object] = []
        try:
            await deps.agent.reply(USER, MAIL, "Mail my boss.", seen.append)
        except UpstreamNotFound:
            if not (careful and seen):
                await ask(deps)

    await here.run(ask_again_if_lost(here.deps))
    assert simulation.journal.tool_effects() == {"send_mail": 1 if careful else 2}


# ── each service is away once, or for 10 s ───────────────────────────────────────────────────────

SESSION = AvatarSessionId("s")
TOKENS = StoredTokens("ws://a", "ws://b", "c")
CALLS: dict[str, Callable[[Dependencies], Awaitable[Any]]] = {
    "agent": lambda deps: deps.agent.create_session(USER, MAIL),
    "avatars": lambda deps: deps.avatars.active(),
    "store": lambda deps: deps.store.get(["users/ada"]),
    "tasks": lambda deps: deps.tasks.expire(SESSION, deps.clock.now()),
    "vault": lambda deps: deps.vault.keep(SESSION, TOKENS, deps.clock.now()),
    "voice": lambda deps: deps.voice.synthesize("Hello.", "v", "en-US"),
}


@both_ways
@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("away", ["once", "for ten seconds", "throttled once"])
async def test_a_service_that_comes_back_is_asked_again(
    simulation: Simulation, service: str, away: str, careful: bool
) -> None:
    if away == "for ten seconds":
        fault = simulation.faults.add(f"{service}.*", refuse(), seconds=10)
    else:
        effect = refuse() if away == "once" else busy()
        fault = simulation.faults.add(f"{service}.*", effect, nth=1)
    here, loop = simulation.process(), asyncio.get_running_loop()

    async def call_until_answered(deadline: float) -> bool:
        while loop.time() < deadline:
            try:
                await CALLS[service](here.deps)
            except Unavailable:
                await asyncio.sleep(0.5)
            else:
                return True
        return False

    assert await here.run(call_until_answered(15.0 if careful else 0.4)) is careful
    assert fault.bit


@both_ways
async def test_a_queue_that_is_away_costs_no_avatar(simulation: Simulation, careful: bool) -> None:
    """A failed expiry task is survived, because a sweep ends the session, too."""
    simulation.faults.add("tasks.expire", fail(Ambiguous("tasks", "no answer"), "after"))
    here = simulation.process()

    async def begin(deps: Dependencies) -> None:
        session, _ = await start_session(deps)
        try:
            await deps.tasks.expire(session, deps.clock.now())
        except Upstream:
            if not careful:
                await deps.avatars.stop(session, "stuck")

    await here.run(begin(here.deps))
    assert bool(running(simulation)) is careful
    assert simulation.harness.tasks.scheduled
