import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from common.adapters.sqlite import query as sql
from common.adapters.sqlite import values
from common.domain import documents, errors
from common.domain.document_values import within_range
from common.domain.documents import (
    Create,
    Delete,
    Document,
    Fields,
    Increment,
    Query,
    Version,
    Write,
)

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS documents (
    path TEXT PRIMARY KEY,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    version INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS commits (last INTEGER NOT NULL);
INSERT INTO commits SELECT 0 WHERE NOT EXISTS (SELECT * FROM commits);
"""


class SqliteStore:
    """`Store` in a file, or in memory as ":memory:".

    Two processes may share a file; each waits up to `busy_seconds` for the other. Calls block the
    event loop for the fraction of a millisecond that they take, and give way to other tasks before
    they begin, as a store that is far away would: what races there races here. A power cut may lose
    the last commits, never a part of one.
    """

    def __init__(self, path: str | Path, *, busy_seconds: float = 1.0) -> None:
        self._path = path
        self._busy_seconds = busy_seconds
        self._opened: sqlite3.Connection | None = None
        self._indexed: set[sql.Shape] = set()

    async def get(self, paths: Sequence[str]) -> list[Document]:
        for path in paths:
            documents.check_path(path)
        await asyncio.sleep(0)
        with self._database() as database:
            found = _found(database, paths)
        return [found.get(path, Document(path, None)) for path in paths]

    async def query(self, query: Query) -> list[Document]:
        asked = documents.checked_query(query)
        await asyncio.sleep(0)
        with self._database() as database:
            self._index(database, sql.shape(asked))
            return [_document(*row) for row in database.execute(*sql.select(asked))]

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        asked = documents.checked_writes(writes)
        await asyncio.sleep(0)
        if not asked:
            return {}
        with self._database() as database, _transaction(database):
            return _write(database, asked)

    async def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None
            self._indexed.clear()  # another file may stand at the path when it is opened again

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._opened is None:
                self._opened = _open(self._path, self._busy_seconds)
            yield self._opened
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # a statement that is none: a bug
                raise
            raise errors.Unavailable("store", error.sqlite_errorname) from error

    def _index(self, database: sqlite3.Connection, shape: sql.Shape) -> None:
        if shape not in self._indexed:
            database.execute(shape.create_index())
            self._indexed.add(shape)


def _open(path: str | Path, busy_seconds: float) -> sqlite3.Connection:
    if path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
    try:
        database.executescript(SCHEMA)
    except sqlite3.Error:
        database.close()
        raise
    return database


@contextlib.contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # a full disk has rolled it back already
            database.execute("ROLLBACK")
        raise


def _found(database: sqlite3.Connection, paths: Sequence[str]) -> dict[str, Document]:
    places = ", ".join("?" * len(paths))
    rows = database.execute(
        f"SELECT path, body, version FROM documents WHERE path IN ({places})",  # noqa: S608 - question marks
        paths,
    )
    return {row[0]: _document(*row) for row in rows}


def _document(path: str, body: str, version: int) -> Document:
    return Document(path, values.load(body), version)


def _write(database: sqlite3.Connection, writes: Sequence[Write]) -> dict[str, Version]:
    before = _found(database, [write.path for write in writes])
    there = {write.path: before.get(write.path, Document(write.path, None)) for write in writes}
    for write in writes:
        _check_holds(write, there[write.path])
    version = _next_version(database)
    versions = {}
    for write in writes:
        if isinstance(write, Delete):
            database.execute("DELETE FROM documents WHERE path = ?", [write.path])
        else:
            versions[write.path] = _put(database, there[write.path], write.fields, version)
    return versions


def _check_holds(write: Write, there: Document) -> None:
    unchanged = isinstance(write, Create) or write.read in {None, there.version}
    if isinstance(write, Create):
        holds = not there.exists
    elif isinstance(write, Delete):
        holds = unchanged and (there.exists or not write.must_exist)
    else:
        holds = unchanged and there.exists
    if not holds:
        raise errors.Conflict(f"{type(write).__name__} of {write.path}")


def _next_version(database: sqlite3.Connection) -> int:
    """One for each commit, so that a document deleted and made again has another one."""
    database.execute("UPDATE commits SET last = last + 1")
    (last,) = database.execute("SELECT last FROM commits").fetchone()
    return int(last)


def _put(
    database: sqlite3.Connection, there: Document, fields: Fields, version: Version
) -> Version:
    merged = {**(there.fields or {})}
    merged |= {name: _settled(value, merged.get(name)) for name, value in fields.items()}
    body = values.dump(merged)
    if there.fields is not None and body == values.dump(there.fields):
        return there.version
    database.execute(
        "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?)",
        [there.path, documents.collection_of(there.path), there.id, body, version],
    )
    return version


def _settled(value: Any, before: Any) -> Any:  # noqa: ANN401 - fields are JSON-like
    """What an increment comes to; Firestore counts whatever is no number as 0, too."""
    if not isinstance(value, Increment):
        return value
    counted = isinstance(before, int | float) and not isinstance(before, bool)
    return within_range(before + value.by) if counted else value.by
