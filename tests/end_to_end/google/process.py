"""Another process on the services of a stack: `python -m tests.end_to_end.google.process ...`.

Arguments: FOLDER UID COUNT. It reads the settings of the stack from FOLDER, prints `ready` and waits
for a line. Then it runs COUNT turns of the user at once, and prints one line of JSON: for each turn how
it ended, its notices and its text. A turn that the store refuses is sent again, as a caller does.
"""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path

from common.app import App
from common.bootstrap import build
from common.conversations.running_turn import RunningChat
from common.domain.errors import Ambiguous, Unavailable
from common.domain.google.connection import connection_path
from common.domain.ids import UserId
from common.domain.user import User
from common.schemas.events import DoneEvent, NoticeEvent
from common.schemas.requests import ChatRequest
from common.settings import Settings
from common.transactions.idempotency import IdempotencyKey
from tests.support.harness import collect_events

ATTEMPTS = 20
"""A loaded emulator takes seconds for a commit, and the store's client gives up earlier."""


async def run(folder: Path, user: UserId, count: int) -> None:
    app = build(Settings.model_validate_json((folder / "stack.json").read_text()))
    await app.sweeps._deps.store.get([connection_path(user)])  # opens the connection to the store
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    turns = [chat(app, User(user), number) for number in range(count)]
    say(json.dumps(await asyncio.gather(*turns)))
    await app.close()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def chat(app: App, user: User, number: int) -> dict[str, object]:
    turn = await admitted(app, user, ChatRequest(message=f"What is on my calendar? ({number})"))
    events = await collect_events(turn)
    done = next(event for event in events if isinstance(event, DoneEvent))
    notices = [event.code for event in events if isinstance(event, NoticeEvent)]
    return {"ended": done.ended, "notices": notices, "text": done.text}


async def admitted(app: App, user: User, request: ChatRequest) -> RunningChat:
    """Begin a turn. A request that the store refused, or did not confirm, is sent again.

    A turn that was admitted without a confirmation does not run, and asks for no token.
    """
    for _ in range(ATTEMPTS):
        with suppress(Unavailable, Ambiguous):
            turn = await app.conversations.chat(user, request, IdempotencyKey())
            assert isinstance(turn, RunningChat)
            return turn
    raise AssertionError("the store refused every attempt")


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), UserId(sys.argv[2]), int(sys.argv[3])))
