"""SIGTERM ends the turns of a process in order."""

import subprocess
import sys

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


def test_sigterm_settles_running_turns_and_goes_on_to_the_servers_handler() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout == "incomplete | Once upon a time.  | 0 | the server's own handler\n"
