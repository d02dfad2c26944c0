"""SIGTERM ends the turns of a process in order."""

import subprocess
import sys

import pytest

from infra.deploy.shell import ROOT

PROGRAM = """
import asyncio, signal
from common.api.shutdown import end_turns_on_sigterm
from tests.support.fakes.agent import FakeAgent
from tests.support.harness import new_harness

async def main():
    served = []
    signal.signal(signal.SIGTERM, lambda *_: served.append("the server's own handler"))
    harness = new_harness(agent=FakeAgent(["Once upon a time. ", 600.0]))
    end_turns_on_sigterm(harness.app)
    turn = await harness.chat("Tell me a story.")
    while not turn.reply.shown.parts:
        await asyncio.sleep(0.01)
    signal.raise_signal(signal.SIGTERM)
    answer = await asyncio.wait_for(turn.answer(), 60)
    print(answer.ended, "|", answer.text, "|", len(await harness.unsettled_turns()), "|", *served)

asyncio.run(main())
"""


ONCE = "    signal.raise_signal(signal.SIGTERM)\n"
AGAIN = ONCE + "    await asyncio.sleep(0)\n" + ONCE
AFTERWARDS = "signal.raise_signal(signal.SIGTERM)\n"


def run(program: str) -> tuple[str, str]:
    """Return what a program writes to its standard output and error."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout, done.stderr


@pytest.mark.parametrize(("signals", "served"), [(ONCE, 1), (ONCE + ONCE, 2), (AGAIN, 2)])
def test_sigterm_settles_running_turns_and_goes_on_to_the_servers_handler(
    signals: str, served: int
) -> None:
    handlers = " ".join(["the server's own handler"] * served)
    written = f"incomplete | Once upon a time.  | 0 | {handlers}\n"
    assert run(PROGRAM.replace(ONCE, signals)) == (written, "")


def test_a_sigterm_after_the_servers_end_is_no_error() -> None:
    written, errors = run(PROGRAM + AFTERWARDS)
    assert written.startswith("incomplete")
    assert errors == ""
