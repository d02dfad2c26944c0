"""The demo: its checks, its output, and the classes that read the conversation."""

import io
from collections.abc import AsyncIterator

import pytest

from clients.python.oprina.models import (
    ChatEvent,
    DoneEvent,
    SentenceEvent,
    SpeechEvent,
    TextEvent,
    TurnEvent,
)
from infra.local.demo.__main__ import show
from infra.local.demo.journal import SessionJournal
from infra.local.demo.terminal import WIDTH, TerminalPage, use_colours
from infra.local.demo.turn_view import TurnView
from infra.local.simulators.agent_engine import AgentEngineState, Error, Message, Step, Text
from infra.local.simulators.all import Simulators
from infra.local.simulators.espeak import EspeakRequest
from infra.local.simulators.faults import ServiceFault
from infra.local.simulators.google_speech import SpeechSimulator
from infra.local.simulators.liveavatar import LiveAvatarAccount, LiveAvatarSettings
from tests.local.stacks import RATE


def half_a_second(_: EspeakRequest) -> bytes:
    return bytes(RATE // 2 * 2)


def quick_simulators(agent: AgentEngineState | None = None) -> Simulators:
    """Return simulators that leave just enough time between the first words and the end of a
    text."""
    return Simulators(
        liveavatar=LiveAvatarAccount(LiveAvatarSettings(connected_delay_seconds=0.02)),
        agent=agent or AgentEngineState(token_seconds=0.01, tool_seconds=0.8),
        speech=SpeechSimulator(synthesize=half_a_second),
    )


async def play(simulators: Simulators) -> tuple[int, list[str]]:
    out = io.StringIO()
    code = await show(TerminalPage(out, colours=False), simulators, patience=0.7, silence=5.0)
    return code, out.getvalue().splitlines()


async def test_conversation_passes_its_checks_and_fits_a_terminal() -> None:
    code, lines = await play(quick_simulators())
    assert (code, [line for line in lines if "FAILED" in line]) == (0, [])
    assert lines[-1].startswith("All ")
    assert len(lines) <= 80
    assert max(map(len, lines)) <= WIDTH


async def test_failed_check_is_shown_with_exit_code_1() -> None:
    def refuse(_: Message) -> list[Step]:
        return [Text("No. "), Error("SAFETY", "not today")]

    code, lines = await play(quick_simulators(AgentEngineState(script=refuse, token_seconds=0.0)))
    assert code == 1
    failed = [line.strip() for line in lines if "FAILED" in line]
    assert "FAILED: the agent calls get_time" in failed


async def test_refused_request_ends_the_demo_with_its_reason() -> None:
    simulators = quick_simulators()
    simulators.faults.add(
        ServiceFault(service="liveavatar", path="/v1/sessions/start", mode="500", times=0)
    )
    code, lines = await play(simulators)
    assert code == 1
    assert "POST /start_avatar answered 503" in " ".join(lines)


async def test_turn_view_shows_and_keeps_the_events() -> None:
    times = iter(tenth / 10 for tenth in range(20))

    async def turn() -> AsyncIterator[ChatEvent]:
        yield TurnEvent(turn_id="t", conversation_id="c", message_id="m")
        yield TextEvent(text="Hello.")
        yield SentenceEvent(utterance_id="u1", text="Hello.")
        yield SpeechEvent(state="started", utterance_id="u1")
        yield SpeechEvent(state="ended", utterance_id="u1", seconds=0.5)
        yield SpeechEvent(state="skipped", code="voice_failed")
        yield DoneEvent(ended="complete", turn_id="t", text="Hello.", spoken="Hello.")

    out = io.StringIO()
    view = TurnView(TerminalPage(out, colours=False), clock=lambda: next(times))
    await view.follow(turn())
    assert out.getvalue() == "   Hello. [the avatar begins to speak]\n"
    assert (view.first_word, view.text_ended, view.lasted) == (0.4, 0.2, {"u1": 0.5})
    assert view.problems == ["speech skipped: voice_failed"]
    assert (view.names[-1], view.ended) == ("done", "complete")


def test_journal_tells_complete_interrupted_and_dropped_apart() -> None:
    def utterance(started: str | None, ended: str, *, interrupted: bool) -> dict[str, object]:
        return {"started_at": started, "ended_at": ended, "interrupted": interrupted}

    journal = SessionJournal(
        {
            "utterances": [
                utterance("2026-11-23T12:00:00Z", "2026-11-23T12:00:01Z", interrupted=False),
                utterance("2026-11-23T12:00:01Z", "2026-11-23T12:00:02.050Z", interrupted=True),
                utterance(None, "2026-11-23T12:00:02.050Z", interrupted=True),
            ]
        }
    )
    assert [
        len(part)
        for part in (
            journal.complete,
            journal.interrupted,
            journal.dropped,
        )
    ] == [1, 1, 1]
    assert journal.seconds_to_silence(1795435202.0) == pytest.approx(0.05)


def test_streamed_text_breaks_between_words_only() -> None:
    out = io.StringIO()
    page = TerminalPage(out, colours=False)
    for token in ["Once", *[" upon"] * 40, ",", " a", " time", "."]:
        page.token(token)
    page.end_text()
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert not any(line.strip().startswith((",", ".")) for line in lines)
    assert " ".join(out.getvalue().split()) == f"Once{' upon' * 40}, a time."


def test_colours_are_used_only_if_asked_for() -> None:
    plain, bright = io.StringIO(), io.StringIO()
    TerminalPage(plain).line("well", "green")
    TerminalPage(bright, colours=True).line("well", "green")
    assert plain.getvalue() == "   well\n"
    assert bright.getvalue() == "   \x1b[32mwell\x1b[0m\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_need_a_terminal_without_no_color() -> None:
    assert use_colours(Terminal(), {"TERM": "xterm"})
    assert not use_colours(Terminal(), {"TERM": "xterm", "NO_COLOR": "1"})
    assert not use_colours(Terminal(), {"TERM": "dumb"})
    assert not use_colours(io.StringIO(), {"TERM": "xterm"})
