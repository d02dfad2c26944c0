"""Another process on the services of a stack: `python -m tests.end_to_end.google.process ...`.

Arguments: FOLDER UID KIND COUNT. It reads the settings of the stack from FOLDER, prints `ready` and
waits for a line. Then it runs COUNT turns of the user at once, and prints one line of JSON: for each
turn how it ended, and its notices. KIND is `turns`, or `access` for only the part of a turn that gets
its access to Google.
"""

import asyncio
import json
import sys
from pathlib import Path

from common.bootstrap import App, build
from common.connections.access import AccessTokens
from common.conversations.running_turn import RunningChat
from common.domain.google.connection import GoogleConnection, connection_path
from common.domain.ids import UserId
from common.domain.user import User
from common.schemas.events import DoneEvent, NoticeEvent
from common.schemas.requests import ChatRequest
from common.settings import Settings
from common.transactions.idempotency import IdempotencyKey
from tests.support.harness import collect_events


async def run(folder: Path, user: UserId, kind: str, count: int) -> None:
    app = build(Settings.model_validate_json((folder / "stack.json").read_text()))
    path = connection_path(user)
    [document] = await app.sweeps._deps.store.get([path])  # opens the connection to the store, too
    known = GoogleConnection.read(document)
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    if kind == "access":
        work = [access(app, user, known) for _ in range(count)]
    else:
        work = [chat(app, User(user), number) for number in range(count)]
    say(json.dumps(await asyncio.gather(*work)))
    await app.close()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def chat(app: App, user: User, number: int) -> dict[str, object]:
    turn = await app.conversations.chat(
        user, ChatRequest(message=f"What is on my calendar? ({number})"), IdempotencyKey()
    )
    assert isinstance(turn, RunningChat)
    events = await collect_events(turn)
    done = next(event for event in events if isinstance(event, DoneEvent))
    notices = [event.code for event in events if isinstance(event, NoticeEvent)]
    return {"ended": done.ended, "notices": notices, "text": done.text}


async def access(app: App, user: UserId, known: GoogleConnection | None) -> dict[str, object]:
    found = await AccessTokens(app.sweeps._deps).for_turn(user, known)
    notices = [found.trouble] if found.trouble else []
    return {"ended": "complete", "notices": notices, "text": found.token or ""}


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), UserId(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
