"""Everything that belongs to a person, as one JSON file that is written while it is read.

    {"format": 1, "exported_at", "profile": {...}, "usage": [...], "connections": [...],
     "sessions": [...], "conversations": [{..., "messages": [...]}], "complete": true}

Each list is in the order of its ids, which is the order of time for messages and usage. A file that
could not be read to its end has `"complete": false` and the problem's code, and is JSON all the same.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from common.accounts.changes import read_profile
from common.domain.accounts import belongings
from common.domain.errors import OprinaError
from common.domain.ids import UserId
from common.domain.user import User
from common.observability.log import log
from common.ports.dependencies import Dependencies
from common.transactions.account import account_paths
from common.transactions.pages import read_all
from common.transactions.transaction import Transactions

SECONDS = 540.0
"""Time for the whole file, also if the store hangs. The function has 600 s."""
FORMAT = 1


class FileWriter:
    """Writes the JSON of one object piece by piece, and can close it at any place."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._first = True

    def begin(self, name: str | None, bracket: str) -> str:
        """Open an object or a list, under `name` inside of an object."""
        text = self._before(name) + bracket
        self._open.append("}" if bracket == "{" else "]")
        self._first = True
        return text

    def item(self, name: str | None, value: object) -> str:
        text = self._before(name) + json.dumps(value, ensure_ascii=False)
        self._first = False
        return text

    def end(self) -> str:
        self._first = False
        return self._open.pop()

    def end_to(self, depth: int) -> str:
        """Close what is open, except the outermost `depth`."""
        return "".join(self.end() for _ in range(len(self._open) - depth))

    def _before(self, name: str | None) -> str:
        comma = "" if self._first else ",\n"
        return comma + (f"{json.dumps(name)}: " if name is not None else "")


@dataclass(frozen=True)
class ExportUseCase:
    deps: Dependencies

    async def begin(self, caller: User) -> AsyncIterator[bytes]:
        """Read the profile, and return the chunks of the file. Raises errors of the first read."""
        deps, now = self.deps, self.deps.clock.now()
        transactions = Transactions(deps.store, deps.clock, deps.pause)
        documents = await transactions.read(*account_paths(caller, now))
        profile = read_profile(documents, caller, deps.settings, now).document
        head = {"uid": caller.uid, "email": caller.email}
        head |= belongings.export_fields(profile, belongings.PROFILE)
        return self._write(caller.uid, {"exported_at": now.isoformat(), "profile": head})

    async def _write(self, user: UserId, head: dict[str, Any]) -> AsyncIterator[bytes]:
        """Yield the file. A failure ends it with `complete: false`."""
        writer, problem = FileWriter(), None
        until = asyncio.get_running_loop().time() + SECONDS
        yield writer.begin(None, "{").encode()
        for name, value in {"format": FORMAT, **head}.items():
            yield writer.item(name, value).encode()
        try:
            async with aclosing(self._lists(user, writer)) as texts:
                while (text := await _next(texts, until)) is not None:
                    yield text.encode("utf-8", "backslashreplace")
        except TimeoutError:
            problem = "deadline_exceeded"
        except OprinaError as error:
            problem = error.code
            log.warning("an export was cut: %s", error.code)
        rest = writer.end_to(1)
        if problem is not None:
            rest += writer.item("problem", problem)
        yield (rest + writer.item("complete", problem is None) + writer.end() + "\n").encode()

    async def _lists(self, user: UserId, writer: FileWriter) -> AsyncGenerator[str, None]:
        store = self.deps.store
        yield writer.begin("usage", "[")
        async for ledger in read_all(store, belongings.below(user, "usage")):
            yield writer.item(None, belongings.export_month(ledger))
        yield writer.end()
        yield writer.begin("connections", "[")
        async for found in read_all(store, belongings.below(user, "connections")):
            yield writer.item(None, belongings.export_fields(found, belongings.CONNECTION))
        yield writer.end()
        yield writer.begin("sessions", "[")
        for collection in ("ended_sessions", "avatar_sessions"):
            async for session in read_all(store, belongings.documents_of(collection, user)):
                yield writer.item(None, belongings.export_fields(session, belongings.SESSION))
        yield writer.end()
        yield writer.begin("conversations", "[")
        async for conversation in read_all(store, belongings.documents_of("conversations", user)):
            yield writer.begin(None, "{")
            fields = belongings.export_fields(conversation, belongings.CONVERSATION)
            for name, value in fields.items():
                yield writer.item(name, value)
            yield writer.begin("messages", "[")
            async for message in read_all(store, belongings.messages_of(conversation.id)):
                yield writer.item(None, belongings.export_fields(message, belongings.MESSAGE))
            yield writer.end() + writer.end()
        yield writer.end()


async def _next(texts: AsyncGenerator[str, None], until: float) -> str | None:
    """Return the next text, or None at the end. Raises TimeoutError at `until` (event loop time)."""
    if asyncio.get_running_loop().time() >= until:  # a text that is there already needs no wait
        raise TimeoutError
    async with asyncio.timeout_at(until):
        return await anext(texts, None)
