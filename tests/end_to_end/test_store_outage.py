"""Firestore refuses, is silent, or is lost during a request. Every caller gets an answer in
time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from common.adapters.firestore.store import FirestoreStore
from common.domain import deadlines
from common.domain.documents import Document, Query, Version, Write
from common.ports.dependencies import Dependencies
from common.settings import Settings
from tests.api.sse import events
from tests.end_to_end.scene import PROBLEM, AheadClock, Scene, StackUser, staged
from tests.support.machine import at_most

WITHIN = 4.0
SETTLED_WITHIN = 4 * deadlines.SETTLE + WITHIN
"""Reply and settlement are each retried for `SETTLE` seconds; a start is, too, before it is stopped."""
ID = "0b0d4c1c-6a3c-4a57-9c1e-0d2a35b1f2aa"
HERE = {"conversation_id": "some-conversation"}
SESSION = {"avatar_session_id": ID}
HALF_AN_HOUR = timedelta(minutes=30)


@asynccontextmanager
async def half_open() -> AsyncIterator[str]:
    """Accept connections, read, and never answer."""
    ends = asyncio.Event()

    async def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ends.wait()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ends.set()


@asynccontextmanager
async def refusing() -> AsyncIterator[str]:
    """Reserve a port that refuses connections."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    yield f"127.0.0.1:{port}"


def every_call(person: StackUser) -> dict[str, Awaitable[httpx.Response]]:
    follower = replace(person, headers={**person.headers, "accept": "text/event-stream"})
    keyed = replace(person, headers={**person.headers, "idempotency-key": "a-key-for-the-outage"})
    return {
        "start_avatar": person.call("start_avatar"),
        "start_avatar again": person.call("start_avatar", **HERE),
        "start_avatar keyed": keyed.call("start_avatar"),
        "chat": person.call("chat", message="hello"),
        "chat here": person.call("chat", message="hello", **HERE),
        "chat as a stream": follower.call("chat", message="hello"),
        "speak": person.call("speak", text="Good evening.", **SESSION),
        "interrupt": person.call("speak", interrupt=True, **SESSION),
        "keep_alive": person.call("keep_alive", **SESSION),
        "end_session": person.call("end_session", **SESSION),
        "sweep_expired": person.call("sweep_expired"),
        "sweep_expired of one": person.call("sweep_expired", **SESSION),
    }


async def test_every_function_answers_in_time_without_a_store(scene: Scene) -> None:
    """All calls run concurrently, so the test takes one deadline."""
    turns, running = scene.agent.turns, sessions(scene)
    await asyncio.gather(*(all_are_unavailable(scene, outage) for outage in (refusing, half_open)))
    assert scene.agent.turns == turns, "an agent is asked only by those who may"
    assert sessions(scene) == running


async def all_are_unavailable(scene: Scene, outage: Callable[[], Any]) -> None:
    async with (
        outage() as address,
        scene.process(store="firestore", firestore_emulator=address) as url,
    ):
        calls = every_call(scene.person(url))
        async with at_most(WITHIN):
            answers = await asyncio.gather(*calls.values())
    for name, answer in zip(calls, answers, strict=True):
        assert (name, answer.status_code) == (name, 503)
        assert answer.headers["content-type"] == PROBLEM
        assert answer.json()["code"] == "store_unavailable", name


def sessions(scene: Scene) -> set[str]:
    """Return the running sessions of the provider."""
    scene.provider.settle()
    return {s.id for s in scene.provider.sessions.values() if s.state == "running"}


# ── lost during a request ────────────────────────────────────────────────────────────────────────


@dataclass
class FirestoreProxy:
    """Forwards to the emulator until it is cut; then it refuses connections."""

    to: str
    at: str = ""
    _server: asyncio.Server | None = None
    _pipes: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FirestoreProxy"]:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.at = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            self.cut()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._pipes:
            writer.transport.abort()

    async def _connected(self, there: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        host, _, port = self.to.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        self._pipes |= {back, writer}
        for source, sink in ((there, writer), (reader, back)):
            task = asyncio.create_task(_pumped(source, sink))
            self._tasks.add(task)


async def _pumped(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


@dataclass
class LimitedStore:
    """A store that loses Firestore after a number of reads or commits."""

    inner: FirestoreStore
    proxy: FirestoreProxy
    after: str
    left: int = 1

    async def get(self, paths: Sequence[str]) -> list[Document]:
        found = await self.inner.get(paths)
        self._count("read")
        return found

    async def query(self, query: Query) -> list[Document]:
        found = await self.inner.query(query)
        self._count("read")
        return found

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        versions = await self.inner.commit(writes)
        self._count("commit")
        return versions

    async def close(self) -> None:
        await self.inner.close()

    def _count(self, kind: str) -> None:
        self.left -= kind == self.after
        if self.left == 0:
            self.proxy.cut()


@pytest.fixture(scope="module")
async def emulated(
    tmp_path_factory: pytest.TempPathFactory, firestore_address: str
) -> AsyncIterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("stack")
    on: dict[str, Any] = {"store": "firestore", "firestore_emulator": firestore_address}
    async with staged(folder, project="demo-outage", **on) as scene:
        yield scene


@asynccontextmanager
async def doomed(scene: Scene, after: str, times: int = 1) -> AsyncIterator[str]:
    """Yield a process that loses Firestore after its first `times` reads or commits."""
    address = scene.local.settings.firestore_emulator or ""
    async with FirestoreProxy(address).serving() as proxy:
        inner = FirestoreStore(scene.local.settings.project, emulator=proxy.at)

        def made(deps: Dependencies) -> Dependencies:
            return replace(deps, store=LimitedStore(inner, proxy, after, times))

        async with scene.process(made) as url:
            yield url
        await inner.close()


async def test_store_lost_after_the_first_read(emulated: Scene) -> None:
    """Nothing was changed, and work that had begun is cancelled.

    All calls run concurrently, each in a process of its own.
    """
    scene = emulated
    person = scene.person()
    begun = await person.start()
    talks = {"conversation_id": begun["conversation_id"]}
    speaks = {"avatar_session_id": begun["avatar_session_id"]}
    running = sessions(scene)
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("start_avatar", {}),
        ("chat", {"message": "Tell me a story."}),
        ("chat", {"message": "Tell me a story.", **talks}),
        ("speak", {"text": "Good evening.", **speaks}),
        ("keep_alive", speaks),
        ("end_session", speaks),
    ]

    async def called(function: str, body: dict[str, Any]) -> httpx.Response:
        async with doomed(scene, "read") as url:
            caller = scene.person(url) if function == "start_avatar" else person
            return await replace(caller, url=url).call(function, **body)

    async with at_most(2 * WITHIN):
        answers = await asyncio.gather(*(called(*each) for each in bodies))
    for (function, _), answer in zip(bodies, answers, strict=True):
        assert (function, answer.status_code) == (function, 503), answer.text
        assert answer.json()["code"].startswith("store_")
    assert sessions(scene) == running, "what was not committed was not started"
    assert scene.agent.open_streams == 0
    document = await scene.session(begun["avatar_session_id"])
    assert document["state"] == "live"
    for meter in ("agent_tokens", "voice_characters"):
        assert await scene.meter(person, meter) == (0, 0)
    assert (await person.chat(**talks))["ended"] == "complete"


@dataclass(frozen=True)
class LostCase:
    """The answer of a process that lost Firestore after its first commit, and the user's
    session."""

    person: StackUser
    told: httpx.Response
    session: str = ""


@pytest.fixture(scope="module")
async def gone(emulated: Scene) -> dict[str, LostCase]:
    """Yield three cases, which run concurrently: each retries the store until its deadline."""
    scene = emulated
    starter, talker, ender = (scene.person() for _ in range(3))
    ending = {"avatar_session_id": (await ender.start())["avatar_session_id"]}
    known = set(scene.provider.sessions)
    streamed = {**talker.headers, "accept": "text/event-stream"}

    async def called(person: StackUser, function: str, **body: Any) -> httpx.Response:
        async with doomed(scene, "commit") as url:
            return await replace(person, url=url).call(function, **body)

    async with at_most(SETTLED_WITHIN):
        start, chat, end = await asyncio.gather(
            called(starter, "start_avatar"),
            called(replace(talker, headers=streamed), "chat", message="hello"),
            called(ender, "end_session", **ending),
        )
    [started] = set(scene.provider.sessions) - known
    return {
        "start": LostCase(starter, start, started),
        "chat": LostCase(talker, chat),
        "end": LostCase(ender, end, ending["avatar_session_id"]),
    }


@pytest.fixture
async def later(emulated: Scene) -> AsyncIterator[str]:
    """Yield a process whose clock is late enough to sweep stuck sessions and turns."""
    async with emulated.process(lambda made: replace(made, clock=AheadClock(HALF_AN_HOUR))) as url:
        yield f"{url}/sweep_expired"


async def test_store_lost_between_the_commits_of_a_start(
    emulated: Scene, gone: dict[str, LostCase], later: str
) -> None:
    """The provider runs the session, but the commit fails, and no commit can say that it ends.

    The next sweep stops the session, releases the reservation and charges the seconds that it ran.
    """
    scene, start = emulated, gone["start"]
    assert (start.told.status_code, start.told.json()["code"]) == (503, "store_unavailable")
    seen = await scene.journal(start.session)
    assert seen["started_at"] is not None
    assert (seen["state"], seen["end_reason"]) == ("running", None)
    assert (await scene.session(start.session))["state"] == "starting"
    assert (await scene.meter(start.person, "avatar_seconds"))[1] > 0
    assert (await scene.http.post(later)).json()["stuck"] >= 1
    document = await scene.session(start.session)
    assert document["state"] == "ended"
    assert (await scene.journal(start.session))["state"] == "ended"
    assert await scene.meter(start.person, "avatar_seconds") == (document["seconds"], 0)


async def test_store_lost_while_a_session_ends(
    emulated: Scene, gone: dict[str, LostCase], later: str
) -> None:
    """The session is stopped but the commit fails: the next sweep charges its seconds."""
    scene, end = emulated, gone["end"]
    assert end.told.status_code == 503
    assert end.session not in sessions(scene)
    await scene.http.post(later)
    document = await scene.session(end.session)
    assert (document["state"], document["end_reason"]) == ("ended", "user")
    assert document["seconds"] < 60
    assert await scene.meter(end.person, "avatar_seconds") == (document["seconds"], 0)


async def test_store_lost_while_the_agent_writes(
    emulated: Scene, gone: dict[str, LostCase], later: str
) -> None:
    """The caller gets the whole reply, and an event says that it was not stored.

    A sweep settles the turn. It charges the reservation: nothing that the agent used was stored.
    """
    scene, chat = emulated, gone["chat"]
    told = events(chat.told.content)
    assert told[-1].data["text"].startswith("Hello!")
    [error] = [event.data for event in told if event.name == "error"]
    assert error["code"].startswith("store_")
    await scene.http.post(later)
    assert await scene.meter(chat.person, "agent_tokens") == (Settings().turn_tokens, 0)
    here = {"conversation_id": told[0].data["conversation_id"]}
    assert (await chat.person.chat(**here))["ended"] == "complete"
