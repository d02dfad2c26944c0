"""The side of a framework's process: it answers each line of JSON with one line of JSON."""

import asyncio
import json
import os
import sys
import time
from typing import Any, Protocol

from bench.frameworks.pace import Listener, PacedReply


class Framework(Protocol):
    """A framework as the bench measures it."""

    version: str

    async def speak(self, listener: Listener) -> None:
        """Feed the listener's steps to the framework's pipeline.

        The listener hears each text that the pipeline gives to its voice.
        """

    async def split(self, tokens: list[str], language: str) -> list[str]:
        """Return the sentences that the framework's splitter makes of a stream."""


def serve(framework: Framework) -> None:
    """Answer questions until there are no more. Other output goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        answer = asyncio.run(_answer(framework, json.loads(line)))
        print(json.dumps(answer), file=answers, flush=True)


async def _answer(framework: Framework, question: dict[str, Any]) -> dict[str, Any]:
    match question["ask"]:
        case "version":
            return {"version": framework.version}
        case "speak":
            listener = Listener(PacedReply.parse(question["reply"]))
            await framework.speak(listener)
            return listener.figures()
        case _:
            before = time.process_time()
            language = question["language"]
            pieces = [await framework.split(tokens, language) for tokens in question["replies"]]
            return {"pieces": pieces, "cpu": time.process_time() - before}
