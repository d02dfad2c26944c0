import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import grpc  # type: ignore[import-untyped]  # it ships no types
import grpc.aio  # type: ignore[import-untyped]  # it ships no types
from google.api_core.exceptions import GoogleAPICallError, ServiceUnavailable
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.cloud.firestore import (
    AsyncClient,
    AsyncWriteBatch,
    DocumentSnapshot,
    FieldFilter,
    Increment,
)

from common.adapters.firestore.client import Connection, connect
from common.domain import documents, errors
from common.domain.document_values import plain_time
from common.domain.documents import Create, Delete, Document, Query, Update, Version, Write

READ_ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.1
CONNECTING_SECONDS = 0.005

Code = grpc.StatusCode
READY = grpc.ChannelConnectivity.READY
CONFLICTS = {Code.ALREADY_EXISTS, Code.NOT_FOUND, Code.FAILED_PRECONDITION, Code.ABORTED}
REFUSALS = {
    Code.INVALID_ARGUMENT,
    Code.OUT_OF_RANGE,
    Code.PERMISSION_DENIED,
    Code.UNAUTHENTICATED,
    Code.UNIMPLEMENTED,
}
READ_REFUSALS = REFUSALS | {Code.NOT_FOUND, Code.FAILED_PRECONDITION}  # no database, no index

Snapshots = list[DocumentSnapshot[Any]]


class FirestoreStore:
    """`Store` on Firestore, or on its emulator at the address `emulator` (`host:port`).

    The first call connects. A call is sent only over an open connection, so a call that could not
    be sent is `Unavailable`, never `Ambiguous`. Reads are tried up to four times, commits once,
    both within `deadline_seconds`. `jitter` returns numbers from 0 to 1.
    """

    def __init__(
        self,
        project: str,
        database: str = "(default)",
        *,
        emulator: str | None = None,
        deadline_seconds: float = 3.0,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._project = project
        self._database = database
        self._emulator = emulator
        self._deadline = deadline_seconds
        self._jitter = jitter
        self._connection: asyncio.Task[Connection] | None = None

    async def get(self, paths: Sequence[str]) -> list[Document]:
        for path in paths:
            documents.check_path(path)
        if not paths:
            return []
        snapshots = await self._read(lambda client: self._get(client, paths))
        found = {document.path: document for document in map(_document, snapshots)}
        return [found[path] for path in paths]

    async def query(self, query: Query) -> list[Document]:
        checked = documents.checked_query(query)
        return [
            _document(snapshot)
            for snapshot in await self._read(lambda client: self._query(client, checked))
        ]

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        checked = documents.checked_writes(writes)
        if not checked:
            return {}
        results = await self._commit(checked)
        return {
            write.path: result.update_time
            for write, result in zip(checked, results, strict=True)
            if not isinstance(write, Delete)
        }

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with contextlib.suppress(GoogleAuthError, OSError):
            _, channel = await connection
            await channel.close()

    async def _get(self, client: AsyncClient, paths: Sequence[str]) -> Snapshots:
        references = [client.document(path) for path in dict.fromkeys(paths)]
        answers = client.get_all(references, timeout=self._deadline, retry=None)
        return [snapshot async for snapshot in answers]

    async def _query(self, client: AsyncClient, query: Query) -> Snapshots:
        answers = _library_query(client, query).stream(timeout=self._deadline, retry=None)
        return [snapshot async for snapshot in answers]

    async def _read(self, read: Callable[[AsyncClient], Awaitable[Snapshots]]) -> Snapshots:
        try:
            async with asyncio.timeout(self._deadline):
                return await self._read_with_retries(read)
        except TimeoutError:
            raise errors.Unavailable("store", "no answer in time") from None
        except GoogleAPICallError as error:
            raise _read_failure(error) from error

    async def _read_with_retries(
        self, read: Callable[[AsyncClient], Awaitable[Snapshots]]
    ) -> Snapshots:
        """Read. An attempt without an answer leaves time for another one."""
        for attempt in range(1, READ_ATTEMPTS):
            try:
                async with asyncio.timeout(self._deadline / 2**attempt):
                    return await read(await self._connect())
            except (ServiceUnavailable, TimeoutError):
                await asyncio.sleep(self._jitter() * FIRST_PAUSE_SECONDS * 2**attempt)
        return await read(await self._connect())

    async def _commit(self, writes: Sequence[Write]) -> list[Any]:
        sent = False
        try:
            async with asyncio.timeout(self._deadline):
                batch = _batch(await self._connect(), writes)
                sent = True
                return await batch.commit(timeout=self._deadline, retry=None)
        except TimeoutError:
            kind = errors.Ambiguous if sent else errors.Unavailable
            raise kind("store", "no answer in time") from None
        except GoogleAPICallError as error:
            raise _commit_failure(error) from error

    async def _connect(self) -> AsyncClient:
        client, channel = await self._open_connection()
        # Not channel_ready(): when it is cancelled, gRPC keeps a callback on the event loop.
        while channel.get_state(try_to_connect=True) is not READY:  # noqa: ASYNC110 - see above
            await asyncio.sleep(CONNECTING_SECONDS)
        return client

    async def _open_connection(self) -> Connection:
        """Return the connection that all calls share. A call that gives up does not close it."""
        if self._connection is None:
            self._connection = asyncio.create_task(
                connect(self._project, self._database, self._emulator)
            )
        connection = self._connection
        try:
            return await asyncio.shield(connection)
        except DefaultCredentialsError:  # a mistake of the deployment
            self._connection = None
            raise
        except (GoogleAuthError, OSError):  # the message may quote the metadata server's answer
            self._connection = None
            raise errors.Unavailable("store", "no credentials") from None


def _library_query(client: AsyncClient, query: Query) -> Any:  # noqa: ANN401 - the library's type
    direction = "DESCENDING" if query.descending else "ASCENDING"
    built: Any = client.collection(query.collection).limit(query.limit)
    for condition in query.where:
        op = "array_contains" if condition.op == "contains" else condition.op
        built = built.where(filter=FieldFilter(condition.field, op, condition.value))
    if query.order_by is not None:
        built = built.order_by(query.order_by, direction=direction)
    built = built.order_by("__name__", direction=direction)
    return built if query.after is None else built.start_after(_cursor(query, query.after))


def _cursor(query: Query, after: Document) -> dict[str, Any]:
    ordered = {} if query.order_by is None else {query.order_by: after.get(query.order_by)}
    return {**ordered, "__name__": after.id}


def _batch(client: AsyncClient, writes: Sequence[Write]) -> AsyncWriteBatch:
    batch = client.batch()
    for write in writes:
        _add(client, batch, write)
    return batch


def _add(client: AsyncClient, batch: AsyncWriteBatch, write: Write) -> None:
    reference = client.document(write.path)
    match write:
        case Create():
            batch.create(reference, _library_fields(write.fields))
        case Update():
            batch.update(
                reference, _library_fields(write.fields), _if_unchanged(client, write.read)
            )
        case Delete():
            option = _if_unchanged(client, write.read)
            if option is None and write.must_exist:
                option = client.write_option(exists=True)
            batch.delete(reference, option)


def _if_unchanged(client: AsyncClient, read: Version) -> Any:  # noqa: ANN401 - the library's type
    return None if read is None else client.write_option(last_update_time=read)


def _library_fields(fields: documents.Fields) -> dict[str, Any]:
    return {
        name: Increment(value.by) if isinstance(value, documents.Increment) else value
        for name, value in fields.items()
    }


def _document(snapshot: DocumentSnapshot[Any]) -> Document:
    fields = {name: _plain(value) for name, value in (snapshot.to_dict() or {}).items()}
    return Document(
        snapshot.reference.path, fields if snapshot.exists else None, snapshot.update_time
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - fields are JSON-like
    """Replace the library's own class of times, which has nanoseconds, by datetime."""
    if isinstance(value, datetime):
        return plain_time(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _read_failure(error: GoogleAPICallError) -> errors.Upstream:
    code = _code(error)
    if code is Code.RESOURCE_EXHAUSTED:
        return errors.Busy("store", code.name)
    if code in READ_REFUSALS:
        return errors.Failed("store", code.name)
    return errors.Unavailable("store", code.name)


def _commit_failure(error: GoogleAPICallError) -> errors.OprinaError:
    code = _code(error)
    if code in CONFLICTS:
        return errors.Conflict(code.name)
    if code is Code.RESOURCE_EXHAUSTED:
        return errors.Busy("store", code.name)
    if code in REFUSALS:
        return errors.Failed("store", code.name)
    return errors.Ambiguous("store", code.name)


def _code(error: GoogleAPICallError) -> Any:  # noqa: ANN401 - a grpc.StatusCode, which has no types
    return error.grpc_status_code or Code.UNKNOWN
