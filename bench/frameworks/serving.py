"""A rival's side of the pipe: each line of JSON that comes is a question, and is answered by one."""

import asyncio
import json
import os
import sys
import time
from typing import Any, Protocol

from bench.frameworks.pace import Listener, Reply


class Rival(Protocol):
    version: str

    async def speak(self, listener: Listener) -> None:
        """Feeds the listener's steps to the rival's own pipeline; tells it of each text that the
        pipeline gives to its voice."""

    async def split(self, tokens: list[str], language: str) -> list[str]:
        """The sentences that the rival's own splitter makes of a stream."""


def serve(rival: Rival) -> None:
    """Until there are no more questions. Whatever else is printed goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        found = asyncio.run(_answer(rival, json.loads(line)))
        print(json.dumps(found), file=answers, flush=True)


async def _answer(rival: Rival, question: dict[str, Any]) -> dict[str, Any]:
    match question["ask"]:
        case "version":
            return {"version": rival.version}
        case "speak":
            listener = Listener(Reply.read(question["reply"]))
            await rival.speak(listener)
            return listener.answer()
        case _:
            before = time.process_time()
            made = [
                await rival.split(tokens, question["language"]) for tokens in question["replies"]
            ]
            return {"pieces": made, "cpu": time.process_time() - before}
