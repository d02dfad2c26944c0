"""The use cases on fakes: a SQLite store in memory, and a fake of everything that costs money.

The functions at the end are the only place of the tests that calls the entry points of `App` by name.
"""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

from common.adapters.sqlite.store import SqliteStore
from common.api.streaming import InProgress
from common.app import App, assemble
from common.conversations.running_turn import RunningChat
from common.domain.avatar_session import session_paths
from common.domain.documents import Query
from common.domain.ids import AvatarSessionId, UserId
from common.domain.user import User
from common.observability.instrumentation import PARTS, TimedPort
from common.ports.dependencies import Dependencies
from common.ports.store import Store
from common.schemas.answers import (
    ChatAnswer,
    EndSessionAnswer,
    KeepAliveAnswer,
    SpeakAnswer,
    StartAvatarAnswer,
    SweepAnswer,
)
from common.schemas.base import Answer
from common.schemas.events import ChatEvent
from common.schemas.requests import (
    ChatRequest,
    EndSessionRequest,
    KeepAliveRequest,
    SpeakRequest,
    StartAvatarRequest,
    SweepRequest,
)
from common.settings import Settings
from common.transactions.idempotency import IdempotencyKey
from tests.support.fakes.agent import FakeAgent
from tests.support.fakes.avatars import FakeAvatars
from tests.support.fakes.google import FakeGoogle, MemoryGrants
from tests.support.fakes.recognition import FakeRecognition
from tests.support.fakes.sign_ins import FakeSignIns
from tests.support.fakes.store import CountingStore
from tests.support.fakes.tasks import MemoryTasks
from tests.support.fakes.vault import MemoryVault
from tests.support.fakes.voice import FakeVoice
from tests.support.virtual_time import LoopClock

ADA = User(UserId("ada"))
BOB = User(UserId("bob"))


class KnownUsers:
    """An identity whose tokens are user ids."""

    async def verify(self, bearer: str) -> User:
        return User(UserId(bearer))


async def _pause(number: int) -> None:
    """Sleep longer before each further attempt, like the app. On virtual time this costs nothing."""
    await asyncio.sleep(0.01 * 2**number)


async def _close_nothing() -> None:
    return None


def assemble_app(deps: Dependencies) -> App:
    return assemble(deps, KnownUsers(), _close_nothing)


@dataclass
class Harness:
    """`app`, and over the same services as many more as `another` builds: other processes."""

    settings: Settings
    store: CountingStore
    clock: LoopClock
    avatars: FakeAvatars
    agent: FakeAgent
    voice: FakeVoice
    recognition: FakeRecognition
    vault: MemoryVault
    tasks: MemoryTasks
    google: FakeGoogle
    grants: MemoryGrants
    sign_ins: FakeSignIns
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.app = self.another()

    def ports(self) -> dict[str, Any]:
        """Return the services by their name in `Dependencies`."""
        names = (
            *("store", "avatars", "agent", "voice", "recognition"),
            *("vault", "tasks", "google", "grants", "sign_ins"),
        )
        return {name: getattr(self, name) for name in names}

    def dependencies(self, **instead: Any) -> Dependencies:
        parts = {
            **self.ports(),
            "clock": self.clock,
            "new_id": lambda: f"id{next(self.numbers):08d}",
            "pause": _pause,
            "settings": self.settings,
        }
        return Dependencies(**{**parts, **instead})

    def another(self, **instead: Any) -> App:
        return assemble(self.dependencies(**instead), KnownUsers(), self.store.close)

    async def start(self, user: User = ADA, **fields: Any) -> StartAvatarAnswer:
        return await start(self.app, user, **fields)

    async def chat(self, message: str = "Hello.", user: User = ADA, **fields: Any) -> RunningChat:
        turn = await chat(self.app, message, user, **fields)
        assert isinstance(turn, RunningChat)
        return turn

    async def whole_chat(
        self, message: str = "Hello.", user: User = ADA, **fields: Any
    ) -> ChatAnswer:
        return await chat_answer(self.app, message, user, **fields)

    async def document(self, path: str) -> dict[str, Any]:
        (found,) = await self.store.inner.get([path])
        return dict(found.fields or {})

    async def documents(self, collection: str) -> list[dict[str, Any]]:
        return [dict(d.fields or {}) for d in await self.store.inner.query(Query(collection))]

    async def session(self, session: str) -> dict[str, Any]:
        """Return the document of a running session, or the record of an ended one."""
        running, record = [await self.document(p) for p in session_paths(AvatarSessionId(session))]
        return record or running

    async def sessions(self) -> list[dict[str, Any]]:
        return await self.documents("avatar_sessions") + await self.documents("ended_sessions")

    async def messages(self, conversation: str) -> list[tuple[str, str]]:
        """Return role and text of each message, in the order of their ids."""
        kept = await self.documents(f"conversations/{conversation}/messages")
        return [(message["role"], message["text"]) for message in kept]

    async def unsettled_turns(self) -> list[dict[str, Any]]:
        return [turn for turn in await self.documents("turns") if turn["due_at"] is not None]

    async def used(self, meter: str, user: User = ADA) -> tuple[int, int]:
        """Return what is used and what is reserved of this month's `meter`."""
        month = self.clock.now().strftime("%Y-%m")
        ledger = await self.document(f"users/{user.uid}/usage/{month}")
        return ledger.get(f"{meter}_used", 0), ledger.get(f"{meter}_reserved", 0)


def new_harness(
    store: Store | None = None, *, agent: FakeAgent | None = None, **settings: Any
) -> Harness:
    clock = LoopClock()
    settings = {"connections_url": "https://api.oprina.test/connections", **settings}
    return Harness(
        settings=Settings(**settings),
        store=CountingStore(store or SqliteStore(":memory:")),
        clock=clock,
        avatars=FakeAvatars(clock),
        agent=agent or FakeAgent(),
        voice=FakeVoice(),
        recognition=FakeRecognition(),
        vault=MemoryVault(lambda: clock.now().timestamp()),
        tasks=MemoryTasks(),
        google=FakeGoogle(clock),
        grants=MemoryGrants(),
        sign_ins=FakeSignIns(),
    )


async def collect_events(turn: RunningChat) -> list[ChatEvent]:
    events = []
    while news := await turn.next_events():
        events += news
    await turn.over()
    return events


def bare(deps: Dependencies) -> Dependencies:
    """Return the ports without the wrappers that time their calls."""
    ports = {name: getattr(deps, name) for name in PARTS}
    inner: dict[str, Any] = {
        name: port._port for name, port in ports.items() if isinstance(port, TimedPort)
    }
    return replace(deps, **inner)


def advance(clock: LoopClock, seconds: float) -> None:
    """Move the wall clock without running anything that would have been due meanwhile."""
    clock.epoch += timedelta(seconds=seconds)


# ── the entry points of App ──────────────────────────────────────────────────────────────────────


def idempotency_key(user: User, function: str, key: str | None, body: object) -> IdempotencyKey:
    """Return the key as the endpoint makes it of a request's header and body. None: no key."""
    if key is None:
        return IdempotencyKey()
    return IdempotencyKey.of(user.uid, function, key, str(body).encode())


async def start(
    app: App, user: User = ADA, *, key: str | None = None, **fields: Any
) -> StartAvatarAnswer:
    request = StartAvatarRequest(**fields)
    return await app.avatars.start(
        user, request, idempotency_key(user, "start_avatar", key, request)
    )


async def chat(
    app: App, message: str = "Hello.", user: User = ADA, *, key: str | None = None, **fields: Any
) -> RunningChat | ChatAnswer:
    """Begin a turn. Returns the running turn, or the stored answer of the key's first turn."""
    request = ChatRequest(message=message, **fields)
    return await app.conversations.chat(user, request, idempotency_key(user, "chat", key, request))


async def chat_answer(
    app: App, message: str = "Hello.", user: User = ADA, *, key: str | None = None, **fields: Any
) -> ChatAnswer:
    """Run a turn to its end."""
    answer = await answer_of(await chat(app, message, user, key=key, **fields))
    assert isinstance(answer, ChatAnswer)
    return answer


async def begin_speech(
    app: App,
    session: str,
    text: str | None,
    user: User = ADA,
    *,
    key: str | None = None,
    **fields: Any,
) -> InProgress | Answer:
    """Begin to speak `text`. None: only interrupt."""
    request = SpeakRequest(avatar_session_id=session, text=text, interrupt=text is None, **fields)
    return await app.speeches.speak(user, request, idempotency_key(user, "speak", key, request))


async def speak(
    app: App, session: str, text: str | None, user: User = ADA, **fields: Any
) -> SpeakAnswer:
    """Speak `text` to its end. None: only interrupt."""
    answer = await answer_of(await begin_speech(app, session, text, user, **fields))
    assert isinstance(answer, SpeakAnswer)
    return answer


async def answer_of(work: InProgress | Answer) -> Answer:
    """Wait for work in progress. A stored answer is returned as it is."""
    return work if isinstance(work, Answer) else await work.answer()


async def wait_for_text(work: RunningChat | ChatAnswer) -> None:
    """Wait until the first text of a running turn arrives."""
    if isinstance(work, RunningChat):
        while not any(event.event == "text" for event in await work.next_events()):
            pass


async def leave(work: InProgress | Answer) -> None:
    """Cancel work in progress, as a caller does who disconnects."""
    if not isinstance(work, Answer):
        await work.cancel()


async def keep_alive(
    app: App, session: str, user: User = ADA, *, key: str | None = None
) -> KeepAliveAnswer:
    request = KeepAliveRequest(avatar_session_id=session)
    return await app.avatars.keep_alive(
        user, request, idempotency_key(user, "keep_alive", key, request)
    )


async def end(
    app: App, session: str, user: User = ADA, *, key: str | None = None
) -> EndSessionAnswer:
    request = EndSessionRequest(avatar_session_id=session)
    return await app.avatars.end(user, request, idempotency_key(user, "end_session", key, request))


async def sweep(app: App, session: str | None = None) -> SweepAnswer:
    """Run the periodic sweep, or with `session` the expiry task of that session."""
    return await app.sweeps.sweep(SweepRequest(avatar_session_id=session))
