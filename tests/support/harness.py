"""The whole house on fakes: services over a real SQLite in memory, everything paid for faked."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

from common.adapters.sqlite.store import SqliteStore
from common.bootstrap import App, assemble
from common.conversations.turn import Turn
from common.domain.avatar_session import session_paths
from common.domain.documents import Document, Query, Version, Write
from common.domain.ids import AvatarSessionId, UserId
from common.domain.user import User
from common.observability.instrumentation import PARTS, TimedPort
from common.ports.dependencies import Dependencies
from common.ports.store import Store
from common.schemas.answers import ChatAnswer, StartAvatarAnswer
from common.schemas.events import ChatEvent
from common.schemas.requests import ChatRequest, StartAvatarRequest
from common.settings import Settings
from common.transactions.idempotency import IdempotencyKey
from tests.support.fakes.agent import FakeAgent
from tests.support.fakes.avatars import FakeAvatars
from tests.support.fakes.tasks import MemoryTasks
from tests.support.fakes.vault import MemoryVault
from tests.support.fakes.voice import FakeVoice
from tests.support.virtual_time import LoopClock

ADA = User(UserId("ada"))
BOB = User(UserId("bob"))


class CountingStore:
    """Counts round trips, and may hold them up or let them fail. `before` is awaited before
    each."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.trips: Counter[str] = Counter()
        self.before: Callable[[str], Awaitable[None]] | None = None

    async def get(self, paths: Sequence[str]) -> list[Document]:
        await self._count("read")
        return await self.inner.get(paths)

    async def query(self, query: Query) -> list[Document]:
        await self._count("query")
        return await self.inner.query(query)

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        await self._count("commit")
        return await self.inner.commit(writes)

    async def close(self) -> None:
        await self.inner.close()

    async def _count(self, kind: str) -> None:
        self.trips[kind] += 1
        if self.before is not None:
            await self.before(kind)


class KnownUsers:
    """A token is a user's name."""

    async def verify(self, bearer: str) -> User:
        return User(UserId(bearer))


async def _no_pause(_: int) -> None:
    return None


@dataclass
class Harness:
    """`app` and, over the same world, as many more as `another` makes: other processes."""

    settings: Settings
    store: CountingStore
    clock: LoopClock
    avatars: FakeAvatars
    agent: FakeAgent
    voice: FakeVoice
    vault: MemoryVault
    tasks: MemoryTasks
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.app = self.another()

    def another(self, **instead: Any) -> App:
        parts = {
            "store": self.store,
            "avatars": self.avatars,
            "agent": self.agent,
            "voice": self.voice,
            "vault": self.vault,
            "tasks": self.tasks,
            "clock": self.clock,
            "new_id": lambda: f"id{next(self.numbers):08d}",
            "pause": _no_pause,
            "settings": self.settings,
        }
        return assemble(Dependencies(**{**parts, **instead}), KnownUsers(), self.store.close)

    async def start(self, user: User = ADA, **fields: Any) -> StartAvatarAnswer:
        return await self.app.avatars.start(user, StartAvatarRequest(**fields), IdempotencyKey())

    async def chat(self, message: str = "Hello.", user: User = ADA, **fields: Any) -> Turn:
        turn = await self.app.conversations.chat(
            user, ChatRequest(message=message, **fields), IdempotencyKey()
        )
        assert isinstance(turn, Turn)
        return turn

    async def whole_chat(
        self, message: str = "Hello.", user: User = ADA, **fields: Any
    ) -> ChatAnswer:
        return await (await self.chat(message, user, **fields)).answer()

    async def document(self, path: str) -> dict[str, Any]:
        (found,) = await self.store.inner.get([path])
        return dict(found.fields or {})

    async def documents(self, collection: str) -> list[dict[str, Any]]:
        return [dict(d.fields or {}) for d in await self.store.inner.query(Query(collection))]

    async def session(self, session: str) -> dict[str, Any]:
        """Wherever it stands: as one that runs, or as the record of one that has ended."""
        running, record = [await self.document(p) for p in session_paths(AvatarSessionId(session))]
        return record or running

    async def sessions(self) -> list[dict[str, Any]]:
        return await self.documents("avatar_sessions") + await self.documents("ended_sessions")

    async def used(self, meter: str, user: User = ADA) -> tuple[int, int]:
        """Used and reserved of this month."""
        month = self.clock.now().strftime("%Y-%m")
        ledger = await self.document(f"users/{user.uid}/usage/{month}")
        return ledger.get(f"{meter}_used", 0), ledger.get(f"{meter}_reserved", 0)


def new_harness(
    store: Store | None = None, *, agent: FakeAgent | None = None, **settings: Any
) -> Harness:
    clock = LoopClock()
    return Harness(
        settings=Settings(**settings),
        store=CountingStore(store or SqliteStore(":memory:")),
        clock=clock,
        avatars=FakeAvatars(clock),
        agent=agent or FakeAgent(),
        voice=FakeVoice(),
        vault=MemoryVault(lambda: clock.now().timestamp()),
        tasks=MemoryTasks(),
    )


async def collect_events(turn: Turn) -> list[ChatEvent]:
    events = []
    while news := await turn.news():
        events += news
    await turn.over()
    return events


def bare(deps: Dependencies) -> Dependencies:
    """The ports themselves, without what notes their times."""
    ports = {name: getattr(deps, name) for name in PARTS}
    inner: dict[str, Any] = {
        name: port._port for name, port in ports.items() if isinstance(port, TimedPort)
    }
    return replace(deps, **inner)


def advance(clock: LoopClock, seconds: float) -> None:
    """A jump without anything happening in between: nobody was there."""
    clock.epoch += timedelta(seconds=seconds)
