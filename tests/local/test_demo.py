"""The demo: that it holds, that it notices what does not, and that it can be read."""

import io
from collections.abc import AsyncIterator

import pytest

from infra.local.demo.__main__ import show
from infra.local.demo.caller import Event
from infra.local.demo.heard import Heard
from infra.local.demo.journal import Seen
from infra.local.demo.terminal import WIDTH, Page, coloured
from infra.local.simulators.agent_engine import AgentEngineState, Error, Message, Step, Text
from infra.local.simulators.all import Simulators
from infra.local.simulators.espeak import EspeakRequest
from infra.local.simulators.faults import ServiceFault
from infra.local.simulators.google_speech import SpeechSimulator
from infra.local.simulators.liveavatar import LiveAvatarAccount, LiveAvatarSettings
from tests.local.stacks import RATE


def half_a_second(_: EspeakRequest) -> bytes:
    return bytes(RATE // 2 * 2)


def brisk(agent: AgentEngineState | None = None) -> Simulators:
    """Time enough between the first words and the end of a text, and not much more."""
    return Simulators(
        liveavatar=LiveAvatarAccount(LiveAvatarSettings(connected_delay_seconds=0.02)),
        agent=agent or AgentEngineState(token_seconds=0.01, tool_seconds=0.8),
        speech=SpeechSimulator(synthesize=half_a_second),
    )


async def played(simulators: Simulators) -> tuple[int, list[str]]:
    out = io.StringIO()
    code = await show(Page(out, colours=False), simulators, patience=0.7, silence=5.0)
    return code, out.getvalue().splitlines()


async def test_a_whole_conversation_holds_and_fits_a_terminal() -> None:
    code, lines = await played(brisk())
    assert (code, [line for line in lines if "NOT SO" in line]) == (0, [])
    assert lines[-1].startswith("All ")
    assert len(lines) <= 60
    assert max(map(len, lines)) <= WIDTH


async def test_what_does_not_hold_is_said_and_ends_in_a_one() -> None:
    def silly(_: Message) -> list[Step]:
        return [Text("No. "), Error("SAFETY", "not today")]

    code, lines = await played(brisk(AgentEngineState(script=silly, token_seconds=0.0)))
    assert code == 1
    broken = [line.strip() for line in lines if "NOT SO" in line]
    assert "NOT SO: the agent looks at the clock" in broken


async def test_a_refusal_ends_it_with_its_reason() -> None:
    simulators = brisk()
    simulators.faults.add(
        ServiceFault(service="liveavatar", path="/v1/sessions/start", mode="500", times=0)
    )
    code, lines = await played(simulators)
    assert code == 1
    assert "POST /start_avatar answered 503" in " ".join(lines)


async def test_a_turn_is_heard_as_it_comes() -> None:
    async def turn() -> AsyncIterator[Event]:
        yield Event("turn", {}, 0.1)
        yield Event("text", {"text": "Hello."}, 0.2)
        yield Event("sentence", {"utterance_id": "u1", "text": "Hello."}, 0.2)
        yield Event("speech", {"state": "started", "utterance_id": "u1"}, 0.3)
        yield Event("speech", {"state": "ended", "utterance_id": "u1", "seconds": 0.5}, 0.8)
        yield Event("speech", {"state": "skipped", "code": "voice_failed"}, 0.9)
        yield Event("done", {"ended": "complete"}, 1.0)

    out = io.StringIO()
    heard = Heard(Page(out, colours=False))
    await heard.listen(turn())
    assert out.getvalue() == "   Hello. [the avatar begins to speak]\n"
    assert (heard.first_word, heard.text_ended, heard.lasted) == (0.3, 0.2, {"u1": 0.5})
    assert heard.problems == ["speech skipped: voice_failed"]
    assert heard.names[-1] == "done"


def test_the_journal_tells_what_was_cut_and_when() -> None:
    def utterance(started: str | None, ended: str, *, interrupted: bool) -> dict[str, object]:
        return {"started_at": started, "ended_at": ended, "interrupted": interrupted}

    seen = Seen(
        {
            "utterances": [
                utterance("2026-11-23T12:00:00Z", "2026-11-23T12:00:01Z", interrupted=False),
                utterance("2026-11-23T12:00:01Z", "2026-11-23T12:00:02.050Z", interrupted=True),
                utterance(None, "2026-11-23T12:00:02.050Z", interrupted=True),
            ]
        }
    )
    assert [len(part) for part in (seen.whole(), seen.cut(), seen.unsaid())] == [1, 1, 1]
    assert seen.silent_after(1795435202.0) == pytest.approx(0.05)


def test_tokens_are_broken_between_words_only() -> None:
    out = io.StringIO()
    page = Page(out, colours=False)
    for token in ["Once", *[" upon"] * 40, ",", " a", " time", "."]:
        page.token(token)
    page.end_text()
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert not any(line.strip().startswith((",", ".")) for line in lines)
    assert " ".join(out.getvalue().split()) == f"Once{' upon' * 40}, a time."


def test_colours_are_for_those_who_look() -> None:
    plain, bright = io.StringIO(), io.StringIO()
    Page(plain).line("well", "green")
    Page(bright, colours=True).line("well", "green")
    assert plain.getvalue() == "   well\n"
    assert bright.getvalue() == "   \x1b[32mwell\x1b[0m\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_no_color_is_respected() -> None:
    assert coloured(Terminal(), {"TERM": "xterm"})
    assert not coloured(Terminal(), {"TERM": "xterm", "NO_COLOR": "1"})
    assert not coloured(Terminal(), {"TERM": "dumb"})
    assert not coloured(io.StringIO(), {"TERM": "xterm"})
