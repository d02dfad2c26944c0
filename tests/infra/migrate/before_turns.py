"""The documents that the version before turns wrote, and a run of the migration over them.

`data/before_turns.json` was written by that version, with its tests' fakes: two people, three
conversations with an interrupted answer among them, a key, a live session, and a turn whose process
died. Bodies have the encoding of the SQLite store.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from common.adapters.sqlite import values
from common.domain.documents import Create, Document, Query, Version, Write
from common.ports.store import Store
from infra.migrate.runner import MigrationRun
from infra.migrate.steps import migrations

WRITTEN_AT = datetime(2026, 11, 11, 12, 4, 40, tzinfo=UTC)
OVER = WRITTEN_AT + timedelta(minutes=10)
"""The turn that runs has ended at the latest."""
FILE = Path(__file__).parent / "data" / "before_turns.json"
STORY = "01m72n8mg04tff59tdwh9edd1r"
PLAN = "01m72nbn2m2ayznv5x72dy9f7w"
HELLO = "01m757rc2ma18x2zwtsbg1ym2q"
LIVE = "01m757xvvmjht7y9gm9ec2h7yd"
COLLECTIONS = (
    *("conversations", "turns", "avatar_sessions", "ended_sessions", "idempotency"),
    *("users/ada/usage", "users/eve/usage", "users/eve/slots", "migrations"),
    *(f"conversations/{each}/messages" for each in (STORY, PLAN, HELLO, LIVE)),
)


def old_documents() -> list[Create]:
    stored = json.loads(FILE.read_text())
    return [Create(path, values.load(json.dumps(body))) for path, body in stored.items()]


async def load(store: Store, documents: Sequence[Create] = ()) -> None:
    await store.commit(documents or old_documents())


async def contents(store: Store) -> dict[str, dict[str, object]]:
    """Return every document, without the times of the migration's own progress."""
    found: dict[str, dict[str, object]] = {}
    for collection in COLLECTIONS:
        for document in await store.query(Query(collection, limit=500)):
            found[document.path] = {
                name: value
                for name, value in (document.fields or {}).items()
                if collection != "migrations" or not name.endswith("_at")
            }
    return found


class Killed(BaseException):
    """The process was killed."""


@dataclass
class KilledStore:
    """Kills its process at the call with this number, before or after the call has its effect."""

    inner: Store
    at: int | None = None
    after: bool = False
    calls: list[str] = field(default_factory=list)

    async def get(self, paths: Sequence[str]) -> list[Document]:
        self._die("get", after=False)
        return await self.inner.get(paths)

    async def query(self, query: Query) -> list[Document]:
        self._die("query", after=False)
        return await self.inner.query(query)

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        self._die("commit", after=False)
        versions = await self.inner.commit(writes)
        if self.after and len(self.calls) - 1 == self.at:
            raise Killed
        return versions

    async def close(self) -> None:
        await self.inner.close()

    def _die(self, call: str, *, after: bool) -> None:
        self.calls.append(call)
        if len(self.calls) - 1 == self.at and self.after is after:
            raise Killed


@dataclass
class FixedClock:
    at: datetime = OVER

    def now(self) -> datetime:
        return self.at


async def no_pause(_: int) -> None:
    """Wait for no time between two tries."""


async def run(
    store: Store,
    *,
    at: datetime = OVER,
    dry_run: bool = False,
    lines: list[str] | None = None,
    page: int = 1,
) -> bool:
    """Migrate. The progress is written after each `page` of documents."""
    said: list[str] = [] if lines is None else lines
    over = MigrationRun(store, FixedClock(at), no_pause, said.append, dry_run, page)
    return await over.run(migrations(store))
