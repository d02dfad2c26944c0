"""Rules that random walks seldom need: the shortest sequence that breaks without each of them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from common.domain.errors import Ambiguous, OprinaError, SessionOver
from common.schemas.answers import ChatAnswer
from common.speech.speech_output import SpeechOutput
from common.transactions.transaction import _Attempt
from tests.reliability.fault_injection import (
    Simulation,
    delay,
    freeze,
    refuse,
    simulate,
    unconfirmed,
)
from tests.reliability.walks import mutants, session_mutants
from tests.reliability.walks.mutants import Mutant
from tests.support.harness import (
    ADA,
    answer_of,
    begin_speech,
    chat,
    chat_answer,
    leave,
    start,
    sweep,
)
from tests.support.simulation.journal import Call

Scenario = Callable[[Simulation], Awaitable[list[str]]]


async def a_newer_turn_speaks_while_the_older_one_still_silences(
    simulation: Simulation,
) -> list[str]:
    """The caller of the older turn leaves. The store is slow to say whether it may silence."""
    here, harness = simulation.process(), simulation.harness
    started = await here.run(start(here.app))
    talk = {"conversation_id": started.conversation_id}
    harness.agent.replies.append(["This is a long answer. ", "It has a second sentence. "] * 3)
    harness.agent.replies.append(["The newer answer is this sentence. "])
    older = await here.run(chat(here.app, "One.", **talk), "older")  # type: ignore[arg-type]  # fields of the request
    await asyncio.sleep(3)
    simulation.faults.add("store.get", delay(1.4), where=of_request("older"))
    leaving = asyncio.create_task(here.run(leave(older), "older"))
    await asyncio.sleep(0.1)
    newer = await here.run(chat_answer(here.app, "Two.", **talk), "newer")  # type: ignore[arg-type]  # fields of the request
    await leaving
    played = harness.avatars.session(started.avatar_session_id).player.played
    spoken = [
        call.args[0]
        for call in simulation.journal.calls
        if call.name == "connection.finish" and call.request == "newer"
    ]
    cut = [name for name in spoken if played[name].interrupted]
    return [f"the newer turn was cut, and is told to be {newer.ended}"] if cut else []


async def a_turn_thaws_between_its_commit_and_its_question(simulation: Simulation) -> list[str]:
    """Meanwhile a newer turn of another process has waited for it in vain, and asked."""
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    first: Any = await here.run(chat_answer(here.app))
    talk: Any = {"conversation_id": first.conversation_id}
    simulation.faults.add("store.commit", freeze(6, "after"), nth=1, process=here)
    older = asyncio.create_task(here.run(chat_answer(here.app, "Older.", **talk)))
    await asyncio.sleep(1)
    await there.run(chat_answer(there.app, "Newer.", **talk))
    await asyncio.wait({older})
    asked = [call.message.rpartition("\n\n")[2] for call in harness.agent.asked]
    return ["the older turn asked last"] if asked[-1] == "Older." else []


async def a_thawed_turn_finishes_what_the_sweep_settled(simulation: Simulation) -> list[str]:
    """The process is frozen while its agent writes; the sweep takes it for dead."""
    here, elsewhere = simulation.process(), simulation.process()
    harness = simulation.harness
    harness.agent.replies.append([1.0, "The beginning. ", 20.0, "And the end. "])
    simulation.faults.add("store.commit", freeze(90, "after"), nth=4, process=here)
    asking = asyncio.create_task(here.run(answer_of(await here.run(chat(here.app)))))
    for _ in range(8):
        await asyncio.sleep(10)
        await elsewhere.run(sweep(elsewhere.app))
    answer = await asking
    assert isinstance(answer, ChatAnswer)
    (turn,) = await harness.documents("turns")
    assert turn["settled_by"] == "sweep"
    stored = (await harness.messages(answer.conversation_id))[-1][1]
    return [] if stored == answer.text else [f"answered {answer.text!r}, and stored {stored!r}"]


async def a_session_expires_while_a_commit_is_unconfirmed(simulation: Simulation) -> list[str]:
    """The commit holds late; in between the session reaches its longest time."""
    here, harness = simulation.process(), simulation.harness
    started = await here.run(start(here.app))
    left = (started.expires_at - harness.clock.now()).total_seconds()
    await asyncio.sleep(left - 1)
    simulation.faults.add("store.commit", unconfirmed(held=True, late=4, silent=2), nth=1)
    try:
        await here.run(speech(here, started.avatar_session_id))
    except Ambiguous:
        return []
    except OprinaError as error:
        await asyncio.sleep(5)
        admitted = await harness.documents("turns")
        return [f"told {error.code}, and the turn was admitted"] if admitted else []
    return ["it was spoken"]


async def a_sweep_ends_a_start_that_goes_live(simulation: Simulation) -> list[str]:
    """A start is frozen for 70 s before its last commit; the sweep is about to stop it."""
    here, elsewhere = simulation.process(), simulation.process()
    simulation.faults.add("vault.keep", freeze(70, "after"), process=here)
    simulation.faults.add("avatars.stop", delay(20), process=elsewhere)
    starting = asyncio.create_task(here.run(start(here.app)))
    await asyncio.sleep(61)
    sweeping = asyncio.create_task(elsewhere.run(sweep(elsewhere.app)))
    try:
        await starting
    except SessionOver:
        return []
    finally:
        await sweeping
    return ["a session is handed out that is being ended"]


async def a_start_fails_while_the_store_is_away(simulation: Simulation) -> list[str]:
    """The store is away from the second commit on, so no commit says that the session ends."""
    here, elsewhere, harness = simulation.process(), simulation.process(), simulation.harness
    simulation.faults.add("store.*", refuse(), process=here, where=lambda _: vault_holds())

    def vault_holds() -> bool:
        return simulation.journal.count("vault.keep") > 0

    with suppress(OprinaError):
        await here.run(start(here.app))
    early = simulation.journal.count("avatars.stop")
    await asyncio.sleep(61)
    await elsewhere.run(sweep(elsewhere.app))
    found = [f"{early} stops before a commit says so"] if early else []
    return found + [f"{session.id} runs after the sweep" for session in harness.avatars.running()]


# ── the rules ────────────────────────────────────────────────────────────────────────────────────


def speaks_beside_the_older_turn(patch: pytest.MonkeyPatch) -> None:
    async def only_ready(self: SpeechOutput) -> None:
        await self._ready()

    patch.setattr(SpeechOutput, "_wait_for_the_earlier_turn", only_ready)


def refuses_though_a_commit_may_hold(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_Attempt, "unconfirmed", property(lambda _: False, lambda *_: None))


RULES: dict[Mutant, Scenario] = {
    speaks_beside_the_older_turn: a_newer_turn_speaks_while_the_older_one_still_silences,
    mutants.acts_without_a_fresh_look: a_turn_thaws_between_its_commit_and_its_question,
    mutants.does_not_correct_an_early_settlement: a_thawed_turn_finishes_what_the_sweep_settled,
    refuses_though_a_commit_may_hold: a_session_expires_while_a_commit_is_unconfirmed,
    session_mutants.is_stopped_though_no_commit_says_so: a_start_fails_while_the_store_is_away,
    session_mutants.goes_live_though_it_was_ended: a_sweep_ends_a_start_that_goes_live,
}


def name(value: object) -> str:
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(("mutant", "scenario"), RULES.items(), ids=name)
async def test_a_scenario_shows_the_missing_rule(
    mutant: Mutant, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    async with simulate(max_session_seconds=120) as simulation:
        assert await scenario(simulation)


@pytest.mark.parametrize("scenario", RULES.values(), ids=name)
async def test_a_scenario_holds_with_its_rule(scenario: Scenario) -> None:
    async with simulate(max_session_seconds=120) as simulation:
        assert await scenario(simulation) == []


async def speech(here: Any, session: str) -> Any:
    return await answer_of(await begin_speech(here.app, session, "Some words.", ADA))


def of_request(name: str) -> Callable[[Call], bool]:
    return lambda call: call.request == name
