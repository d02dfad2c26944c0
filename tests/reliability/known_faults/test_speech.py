"""Known faults of speech: its deadlines, its interruptions, its limits."""

import asyncio
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest

from common.domain.errors import Invalid, OprinaError, Refused
from tests.reliability.fault_injection import Effect, Simulation, busy, delay, refuse
from tests.reliability.known_faults.known import fixed, start_and_wait
from tests.support.harness import chat_answer, new_harness, speak, start, sweep
from tests.support.simulation.process import SimulatedProcess

SENTENCE = "This is one of the sentences of the reply. "
TURN_SECONDS = 580
FOR_EVER = timedelta(days=365)


def time() -> float:
    return asyncio.get_running_loop().time()


async def begin_with_a_silent_voice(simulation: Simulation, here: SimulatedProcess) -> Any:
    """Start a session. Its next reply is long, and each call of the voice fails after 15 s."""
    started = await start_and_wait(simulation, here)
    simulation.faults.add("voice.synthesize", delay(15))
    simulation.faults.add("voice.synthesize", refuse())
    simulation.harness.agent.replies.append([SENTENCE * 60])
    return started


# ── a voice that does not answer ─────────────────────────────────────────────────────────────────


@fixed("A7, attack 1", "a voice that hangs makes a turn longer than any request may be")
async def test_a_turn_ends_in_time_though_the_voice_hangs(simulation: Simulation) -> None:
    here = simulation.process()
    started = await begin_with_a_silent_voice(simulation, here)
    began = time()
    await here.run(chat_answer(here.app, conversation_id=started.conversation_id))
    assert time() - began <= TURN_SECONDS


@fixed("A7, attack 1", "a voice that fails is asked again for each sentence")
@pytest.mark.parametrize("effect", [busy(), refuse()], ids=["throttled", "away"])
async def test_a_voice_that_fails_is_given_up(simulation: Simulation, effect: Effect) -> None:
    here = simulation.process()
    started = await start_and_wait(simulation, here)
    simulation.faults.add("voice.synthesize", effect)
    simulation.harness.agent.replies.append([SENTENCE * 60])
    same: dict[str, Any] = {"conversation_id": started.conversation_id}
    reply = await here.run(chat_answer(here.app, **same), "chat")
    assert reply.text
    assert simulation.journal.count("voice.synthesize", "chat") <= 5


@fixed("A7", "the sweep frees the lease of a turn that still runs")
async def test_the_sweep_leaves_a_turn_that_runs(simulation: Simulation) -> None:
    here, there = simulation.process(), simulation.process()
    simulation.harness.avatars.idle = FOR_EVER
    started = await begin_with_a_silent_voice(simulation, here)
    turn = here.spawn(chat_answer(here.app, conversation_id=started.conversation_id))
    freed = 0
    while not turn.done():
        await asyncio.sleep(60)
        freed += (await there.run(sweep(there.app))).leases_freed
    assert freed == 0


@fixed("attack 2", "a turn that outlives its lease is charged in full, and its answer denies it")
async def test_the_answer_of_a_turn_agrees_with_the_ledger(simulation: Simulation) -> None:
    here, there = simulation.process(), simulation.process()
    simulation.harness.avatars.idle = FOR_EVER
    started = await begin_with_a_silent_voice(simulation, here)
    turn = here.spawn(chat_answer(here.app, conversation_id=started.conversation_id))
    while not turn.done():
        await asyncio.sleep(60)
        await there.run(sweep(there.app))
    usage = turn.result().usage
    assert usage is not None
    assert (usage.agent_tokens, 0) == await simulation.harness.used("agent_tokens")
    assert (usage.voice_characters, 0) == await simulation.harness.used("voice_characters")


# ── interruptions ────────────────────────────────────────────────────────────────────────────────


@fixed("A8", "a request that is refused cuts the speech of the turn that runs")
async def test_a_refused_request_interrupts_no_one(simulation: Simulation) -> None:
    here, there = simulation.process(), simulation.process()
    started = await start_and_wait(simulation, here)
    simulation.faults.add("store.commit", delay(3), process=there)
    simulation.faults.add("store.commit", refuse(), process=there)
    simulation.harness.agent.replies.append([SENTENCE * 6])
    turn = here.spawn(chat_answer(here.app, conversation_id=started.conversation_id))
    await asyncio.sleep(0.5)
    with pytest.raises(OprinaError):
        await there.run(speak(there.app, started.avatar_session_id, "Hi."))
    assert (await turn).ended == "complete"


@fixed("A8", "of two messages at once, the refused one cuts the other: neither is answered")
@pytest.mark.parametrize("seconds", [0.4, 1.0])
async def test_of_two_messages_at_once_one_is_answered_in_full(
    simulation: Simulation, seconds: float
) -> None:
    here, there = simulation.process(), simulation.process()
    started = await start_and_wait(simulation, here)
    simulation.faults.add("store.commit", delay(seconds), process=there)
    simulation.harness.agent.replies.extend([[0.3, SENTENCE * 3], ["I am the second. "]])
    same: dict[str, Any] = {"conversation_id": started.conversation_id}
    late = there.spawn(chat_answer(there.app, "Two.", **same))
    early = here.spawn(chat_answer(here.app, "One.", **same))
    await asyncio.wait({early, late})
    ends = [turn.result().ended for turn in (early, late) if turn.exception() is None]
    assert ends.count("complete") == 1


@fixed("B2", "a speak cannot be stopped from another process")
async def test_a_speak_is_stopped_from_another_process(simulation: Simulation) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    harness.avatars.reports_interrupts_to_all = False
    started = await start_and_wait(simulation, here)
    text = "".join(f"Sentence number {n} of a rather long text. " for n in range(1, 51))
    speaking = here.spawn(speak(here.app, started.avatar_session_id, text))
    await asyncio.sleep(10)
    await there.run(speak(there.app, started.avatar_session_id, None))
    stopped = time()
    spoken = await speaking
    said = harness.avatars.session(started.avatar_session_id).player.played.values()
    assert not [each for each in said if each.started and each.started > stopped + 2]
    assert spoken.ended == "interrupted"


# ── lengths, languages, memory ───────────────────────────────────────────────────────────────────


@fixed("attack 3", "a text that is longer when spoken fails as a whole")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1" * 1_251, id="digits"),
        pytest.param(", ".join(["$9,999.99"] * 100), id="prices"),
        pytest.param("न" * 1_700, id="Devanagari"),
    ],
)
async def test_a_text_that_is_longer_when_spoken_is_spoken_or_refused(
    simulation: Simulation, text: str
) -> None:
    here = simulation.process()
    started = await start_and_wait(simulation, here)
    try:
        spoken = await here.run(speak(here.app, started.avatar_session_id, text))
    except Invalid as error:  # more characters when spoken than a turn may have
        refused = error
    else:
        assert spoken.ended == "complete"
        return
    assert [name for name, _ in refused.fields] == ["text"]


@fixed("attack 4", "a voice or language that cannot speak is accepted, and billed")
@pytest.mark.parametrize(
    "fields", [{"language": "de-DE"}, {"voice": "nonsense"}, {"voice": "x\r\ny"}], ids=str
)
async def test_a_voice_that_cannot_speak_is_refused(
    simulation: Simulation, fields: dict[str, Any]
) -> None:
    here = simulation.process()
    try:
        started = await here.run(start(here.app, **fields))
    except Refused:
        return  # told at once, before anything is billed
    await here.run(speak(here.app, started.avatar_session_id, "Hello."))
    (call,) = [call for call in simulation.journal.calls if call.name == "voice.synthesize"]
    _, voice, language = call.args
    assert not voice or voice.startswith(language)


@fixed("B10", "a session is swept as idle in the middle of a speech")
async def test_a_session_that_speaks_is_not_idle(simulation: Simulation) -> None:
    here, there, harness = simulation.process(), simulation.process(), simulation.harness
    harness.avatars.idle = FOR_EVER
    started = await start_and_wait(simulation, here)
    harness.voice.seconds_per_character = 1 / 4.5  # Mandarin
    text = "这是一个很长的故事，讲给大家听。" * 100
    speaking = here.spawn(speak(here.app, started.avatar_session_id, text))
    while not speaking.done():
        await asyncio.sleep(60)
        await there.run(sweep(there.app))
    assert (await harness.session(started.avatar_session_id))["end_reason"] != "idle"


@fixed("B3", "a turn keeps all of its sound until it ends")
async def test_a_turn_does_not_keep_sent_sound() -> None:
    harness = new_harness()
    started = await harness.start()
    await asyncio.sleep(6)
    harness.agent.replies.append([SENTENCE * 80])
    turn = asyncio.ensure_future(harness.whole_chat(conversation_id=started.conversation_id))
    tracemalloc.start()
    try:
        await asyncio.sleep(150)  # of 206 s
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        await turn
        await harness.store.close()
    assert kept < 2_000_000
