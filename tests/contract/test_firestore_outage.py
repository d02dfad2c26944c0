"""FirestoreStore while Firestore refuses, is silent, closes connections, and comes back."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc  # type: ignore[import-untyped]  # it ships no types
import grpc.aio  # type: ignore[import-untyped]  # it ships no types
import pytest
from google.cloud.firestore_v1 import types

from common.adapters.firestore.store import READ_ATTEMPTS, FirestoreStore
from common.domain.documents import Create, Query
from common.domain.errors import (
    Ambiguous,
    Busy,
    Conflict,
    Failed,
    OprinaError,
    Unavailable,
    Upstream,
)

SHORT_SECONDS = 0.3
GENEROUS_SECONDS = 20.0
Code = grpc.StatusCode
Call = Callable[[FirestoreStore], Awaitable[Any]]


async def get(store: FirestoreStore) -> Any:
    return await store.get(["users/ada"])


async def query(store: FirestoreStore) -> Any:
    return await store.query(Query("users", order_by="n"))


async def commit(store: FirestoreStore) -> Any:
    return await store.commit([Create("users/ada", {"n": 1})])


class Scripted:
    """A Firestore without documents that answers by a script.

    The next item of the script is the status of the next call; None is silence. After the end of
    the script every call succeeds.
    """

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.calls: list[str] = []
        self.reached = asyncio.Event()
        self.port = 0

    async def _act(self, method: str, context: Any) -> None:
        self.calls.append(method)
        self.reached.set()
        if not self.script:
            return
        status = self.script.pop(0)
        if status is None:
            await asyncio.Event().wait()
        await context.abort(status, "as the script says")

    async def commit(self, request: types.CommitRequest, context: Any) -> types.CommitResponse:
        await self._act("commit", context)
        done = types.WriteResult(update_time={"seconds": 1})
        return types.CommitResponse(write_results=[done for _ in request.writes])

    async def get(self, request: types.BatchGetDocumentsRequest, context: Any) -> Any:
        await self._act("get", context)
        for path in request.documents:
            yield types.BatchGetDocumentsResponse(missing=path)

    async def query(self, _: types.RunQueryRequest, context: Any) -> Any:
        await self._act("query", context)
        yield types.RunQueryResponse(read_time={"seconds": 1})

    def handler(self) -> Any:
        asked, told = types.CommitRequest.deserialize, types.CommitResponse.serialize
        methods = {"Commit": grpc.unary_unary_rpc_method_handler(self.commit, asked, told)}
        for name, method, request, response in (
            (
                "BatchGetDocuments",
                self.get,
                types.BatchGetDocumentsRequest,
                types.BatchGetDocumentsResponse,
            ),
            ("RunQuery", self.query, types.RunQueryRequest, types.RunQueryResponse),
        ):
            methods[name] = grpc.unary_stream_rpc_method_handler(
                method, request.deserialize, response.serialize
            )
        return grpc.method_handlers_generic_handler("google.firestore.v1.Firestore", methods)


@contextlib.asynccontextmanager
async def serving(firestore: Scripted, port: int = 0) -> AsyncIterator[str]:
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((firestore.handler(),))
    firestore.port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield f"127.0.0.1:{firestore.port}"
    finally:
        await server.stop(0)


@contextlib.asynccontextmanager
async def mute(port: int = 0) -> AsyncIterator[str]:
    """Accept connections, and never answer."""
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", port)
    try:
        yield "{}:{}".format(*server.sockets[0].getsockname())
    finally:
        server.close()
        for writer in held:
            writer.transport.abort()
        await server.wait_closed()


@contextlib.asynccontextmanager
async def store_at(address: str, deadline: float = SHORT_SECONDS) -> AsyncIterator[FirestoreStore]:
    store = FirestoreStore(
        "demo-outage", emulator=address, deadline_seconds=deadline, jitter=lambda: 0.0
    )
    try:
        async with asyncio.timeout(GENEROUS_SECONDS):
            yield store
    finally:
        await store.close()


def refused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def until_it_works(call: Call, store: FirestoreStore) -> Any:
    """Call until the store works again, within the time of `store_at`."""
    while True:
        with contextlib.suppress(Upstream):
            return await call(store)


CALLS = pytest.mark.parametrize("call", [get, query, commit], ids=lambda call: call.__name__)


@CALLS
async def test_refused_connection_is_unavailable(call: Call) -> None:
    async with store_at(f"127.0.0.1:{refused_port()}") as store:
        for _ in range(3):
            with pytest.raises(Unavailable):
                await call(store)


@CALLS
async def test_silent_server_is_unavailable(call: Call) -> None:
    """Also for commits: nothing is sent before a connection is open."""
    async with mute() as address, store_at(address) as store:
        for _ in range(3):
            with pytest.raises(Unavailable):
                await call(store)


@CALLS
async def test_server_that_falls_silent_leaves_commits_ambiguous(call: Call) -> None:
    firestore = Scripted(*[None] * 8)
    async with serving(firestore) as address, store_at(address) as store:
        for _ in range(2):
            with pytest.raises(Ambiguous if call is commit else Unavailable) as told:
                await call(store)
            assert told.value.status == 503
            assert told.value.service == "store"

    if call is commit:
        assert len(firestore.calls) == 2
    else:  # each read is tried again
        assert len(firestore.calls) > 2


@pytest.mark.parametrize("call", [get, query])
async def test_read_without_an_answer_leaves_time_for_the_next(call: Call) -> None:
    firestore = Scripted(None)
    async with serving(firestore) as address, store_at(address, deadline=2.0) as store:
        await call(store)
    assert len(firestore.calls) == 2


@CALLS
async def test_cut_connection_leaves_commits_ambiguous(call: Call) -> None:
    firestore = Scripted(None)
    async with contextlib.AsyncExitStack() as server:
        address = await server.enter_async_context(serving(firestore))
        async with store_at(address, deadline=1.0) as store:
            calling = asyncio.ensure_future(call(store))
            await firestore.reached.wait()
            await server.aclose()

            with pytest.raises(Ambiguous if call is commit else Unavailable):
                await calling


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (Code.ALREADY_EXISTS, Conflict),
        (Code.NOT_FOUND, Conflict),
        (Code.FAILED_PRECONDITION, Conflict),
        (Code.ABORTED, Conflict),
        (Code.UNAVAILABLE, Ambiguous),
        (Code.DEADLINE_EXCEEDED, Ambiguous),
        (Code.INTERNAL, Ambiguous),
        (Code.UNKNOWN, Ambiguous),
        (Code.CANCELLED, Ambiguous),
        (Code.DATA_LOSS, Ambiguous),
        (Code.RESOURCE_EXHAUSTED, Busy),
        (Code.INVALID_ARGUMENT, Failed),
        (Code.PERMISSION_DENIED, Failed),
        (Code.UNAUTHENTICATED, Failed),
    ],
    ids=str,
)
async def test_commit_is_sent_once_whatever_the_answer(
    status: Any, kind: type[OprinaError]
) -> None:
    firestore = Scripted(status)
    async with serving(firestore) as address, store_at(address, GENEROUS_SECONDS) as store:
        with pytest.raises(OprinaError) as told:
            await commit(store)

    assert type(told.value) is kind
    assert firestore.calls == ["commit"]


@pytest.mark.parametrize("call", [get, query], ids=["get", "query"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (Code.ABORTED, Unavailable),
        (Code.DEADLINE_EXCEEDED, Unavailable),
        (Code.INTERNAL, Unavailable),
        (Code.UNKNOWN, Unavailable),
        (Code.CANCELLED, Unavailable),
        (Code.RESOURCE_EXHAUSTED, Busy),
        (Code.FAILED_PRECONDITION, Failed),
        (Code.NOT_FOUND, Failed),
        (Code.PERMISSION_DENIED, Failed),
    ],
    ids=str,
)
async def test_failed_read_has_the_right_error(
    call: Call, status: Any, kind: type[OprinaError]
) -> None:
    firestore = Scripted(status)
    async with serving(firestore) as address, store_at(address, GENEROUS_SECONDS) as store:
        with pytest.raises(OprinaError) as told:
            await call(store)

    assert type(told.value) is kind
    assert len(firestore.calls) == 1


@pytest.mark.parametrize("call", [get, query], ids=["get", "query"])
async def test_read_is_retried_while_firestore_is_unavailable(call: Call) -> None:
    firestore = Scripted(*[Code.UNAVAILABLE] * (READ_ATTEMPTS - 1))
    async with serving(firestore) as address, store_at(address, GENEROUS_SECONDS) as store:
        await call(store)
        assert len(firestore.calls) == READ_ATTEMPTS

        firestore.script = [Code.UNAVAILABLE] * READ_ATTEMPTS
        with pytest.raises(Unavailable):
            await call(store)
        assert len(firestore.calls) == 2 * READ_ATTEMPTS


async def test_each_call_is_one_round_trip() -> None:
    firestore = Scripted()
    async with serving(firestore) as address, store_at(address, GENEROUS_SECONDS) as store:
        await store.get([f"users/{n}" for n in range(50)])
        await store.commit([Create(f"users/{n}", {"n": n}) for n in range(50)])
        await store.query(Query("users", order_by="n"))

    assert firestore.calls == ["get", "commit", "query"]


@CALLS
async def test_server_that_comes_up_later_is_used(call: Call) -> None:
    port = refused_port()
    async with store_at(f"127.0.0.1:{port}") as store:
        for _ in range(3):
            with pytest.raises(Unavailable):
                await call(store)
        async with serving(Scripted(), port):
            await until_it_works(call, store)


@CALLS
async def test_server_that_replaces_a_silent_one_is_used(call: Call) -> None:
    async with contextlib.AsyncExitStack() as silence:
        address = await silence.enter_async_context(mute())
        async with store_at(address) as store:
            with pytest.raises(Unavailable):
                await call(store)
            await silence.aclose()
            async with serving(Scripted(), int(address.rpartition(":")[2])):
                await until_it_works(call, store)


@CALLS
async def test_restarted_server_is_used(call: Call) -> None:
    async with contextlib.AsyncExitStack() as first:
        firestore = Scripted()
        address = await first.enter_async_context(serving(firestore))
        async with store_at(address) as store:
            await call(store)
            await first.aclose()
            with pytest.raises(Upstream):
                await call(store)
            async with serving(Scripted(), firestore.port):
                await until_it_works(call, store)


class DroppingProxy:
    """Forwards bytes to a server. `drops_answers` drops the server's bytes."""

    def __init__(self, address: str) -> None:
        self.host, _, self.port = address.partition(":")
        self.drops_answers = False
        self.writers: list[asyncio.StreamWriter] = []
        self.pumps: list[asyncio.Task[None]] = []

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to_there = await asyncio.open_connection(self.host, int(self.port))
        self.writers += [writer, to_there]
        self.pumps.append(asyncio.create_task(self.pump(reader, to_there, heard=lambda: True)))
        self.pumps.append(
            asyncio.create_task(self.pump(there, writer, lambda: not self.drops_answers))
        )

    @staticmethod
    async def pump(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: Callable[[], bool]
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if heard():
                    writer.write(data)

    async def close(self) -> None:
        for pump in self.pumps:
            pump.cancel()
        await asyncio.gather(*self.pumps, return_exceptions=True)
        for writer in self.writers:
            writer.transport.abort()


@contextlib.asynccontextmanager
async def proxied(address: str) -> AsyncIterator[tuple[DroppingProxy, str]]:
    proxy = DroppingProxy(address)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    try:
        yield proxy, "{}:{}".format(*server.sockets[0].getsockname())
    finally:
        server.close()
        await proxy.close()
        await server.wait_closed()


async def test_ambiguous_commit_may_have_been_written(
    firestore_address: str, firestore_project: str, firestore_store: FirestoreStore
) -> None:
    """The commit reaches the emulator, but its answer is dropped."""
    async with proxied(firestore_address) as (proxy, address):
        store = FirestoreStore(firestore_project, emulator=address, deadline_seconds=1.0)
        await until_it_works(get, store)
        proxy.drops_answers = True

        with pytest.raises(Ambiguous):
            await store.commit([Create("users/ada", {"n": 1})])
        with pytest.raises(Unavailable):
            await store.get(["users/ada"])
        there = await firestore_store.get(["users/ada"])

        proxy.drops_answers = False
        await proxy.close()  # the dropped bytes are lost; only a new connection works
        assert await until_it_works(get, store) == there
        assert [document.fields for document in there] == [{"n": 1}]
        await store.close()
