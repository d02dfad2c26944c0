import asyncio
import contextlib
import os
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
    """`Store` in a file, or in memory with the path ":memory:".

    Several processes may share a file; each waits up to `busy_seconds` for another. A call blocks
    the event loop for a fraction of a millisecond. It lets other tasks run before it begins, as a
    remote store does, so races of tasks are possible here, too. A power cut may lose the last
    commits, but never a part of one.
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
        with self._open() as database:
            found = _read(database, paths)
        return [found.get(path, Document(path, None)) for path in paths]

    async def query(self, query: Query) -> list[Document]:
        checked = documents.checked_query(query)
        await asyncio.sleep(0)
        with self._open() as database:
            self._index(database, sql.shape(checked))
            return [_document(*row[:3]) for row in database.execute(*sql.select(checked))]

    async def commit(self, writes: Sequence[Write]) -> dict[str, Version]:
        checked = documents.checked_writes(writes)
        await asyncio.sleep(0)
        if not checked:
            return {}
        with self._open() as database, _transaction(database):
            return _write(database, checked)

    async def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None
            self._indexed.clear()  # the file at the path may be another one at the next call

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._opened is None:
                self._opened = _connect(self._path, self._busy_seconds)
            yield self._opened
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # a malformed statement is a bug
                raise
            raise errors.Unavailable("store", error.sqlite_errorname) from error

    def _index(self, database: sqlite3.Connection, shape: sql.Shape) -> None:
        if shape not in self._indexed:
            database.execute(shape.create_index())
            self._indexed.add(shape)


def _create_private(path: str | Path) -> None:
    """Create the file with permissions for its owner alone. SQLite's journals take them over."""
    with contextlib.suppress(OSError):  # connecting says why
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _connect(path: str | Path, busy_seconds: float) -> sqlite3.Connection:
    if path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        _create_private(path)
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
        if database.in_transaction:  # SQLite rolls back by itself when the disk is full
            database.execute("ROLLBACK")
        raise


def _read(database: sqlite3.Connection, paths: Sequence[str]) -> dict[str, Document]:
    marks = ", ".join("?" * len(paths))
    rows = database.execute(
        f"SELECT path, body, version FROM documents WHERE path IN ({marks})",  # noqa: S608 - question marks
        paths,
    )
    return {row[0]: _document(*row) for row in rows}


def _document(path: str, body: str, version: int) -> Document:
    return Document(path, values.load(body), version)


def _write(database: sqlite3.Connection, writes: Sequence[Write]) -> dict[str, Version]:
    before = _read(database, [write.path for write in writes])
    stored = {write.path: before.get(write.path, Document(write.path, None)) for write in writes}
    for write in writes:
        _check_precondition(write, stored[write.path])
    version = _next_version(database)
    versions = {}
    for write in writes:
        if isinstance(write, Delete):
            database.execute("DELETE FROM documents WHERE path = ?", [write.path])
        else:
            versions[write.path] = _put(database, stored[write.path], write.fields, version)
    return versions


def _check_precondition(write: Write, stored: Document) -> None:
    unchanged = isinstance(write, Create) or write.read in {None, stored.version}
    if isinstance(write, Create):
        holds = not stored.exists
    elif isinstance(write, Delete):
        holds = unchanged and (stored.exists or not write.must_exist)
    else:
        holds = unchanged and stored.exists
    if not holds:
        raise errors.Conflict(f"{type(write).__name__} of {write.path}")


def _next_version(database: sqlite3.Connection) -> int:
    """Return the version of this commit.

    So a document that was deleted and created again has another version.
    """
    database.execute("UPDATE commits SET last = last + 1")
    (last,) = database.execute("SELECT last FROM commits").fetchone()
    return int(last)


def _put(
    database: sqlite3.Connection, stored: Document, fields: Fields, version: Version
) -> Version:
    """Merge the fields into the document. A write that changes nothing keeps the version."""
    merged = {**(stored.fields or {})}
    merged |= {name: _merged_value(value, merged.get(name)) for name, value in fields.items()}
    body = values.dump(merged)
    if stored.fields is not None and body == values.dump(stored.fields):
        return stored.version
    database.execute(
        "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?)",
        [stored.path, documents.collection_of(stored.path), stored.id, body, version],
    )
    return version


def _merged_value(value: Any, before: Any) -> Any:  # noqa: ANN401 - fields are JSON-like
    """Return the new value of a field. An increment counts a value that is no number as 0.

    Firestore does the same.
    """
    if not isinstance(value, Increment):
        return value
    is_number = isinstance(before, int | float) and not isinstance(before, bool)
    return within_range(before + value.by) if is_number else value.by
