"""The requests and answers of a store: documents by path, queries, and conditional writes.

A path is `collection/id` or `collection/id/collection/id`; its ids match `ids.ID`. Values are None,
bool, int, float, str, aware `datetime` (UTC, microseconds), and lists and string-keyed maps of
these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime
from typing import Any, Literal

from common.domain.document_values import RESERVED, check_field, plain, plain_fields
from common.domain.ids import ID

Fields = Mapping[str, Any]
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""For a time that a stored document lacks."""
LATEST = datetime(9999, 12, 31, tzinfo=UTC)
"""For a time to act at that a stored document lacks: then nothing is done."""
Version = Any
"""Whatever an adapter needs to know later that a document is unchanged. Never looked into.

A write that leaves every field as it was leaves the version as it was, too: a guard has to write
something that differs (a lease's holder, a state), or two that read the same both pass it.
"""


@dataclass(frozen=True)
class Document:
    """A document as it was read; `fields` is None if there is no document at `path`."""

    path: str
    fields: Fields | None
    version: Version = None

    @property
    def exists(self) -> bool:
        return self.fields is not None

    @property
    def id(self) -> str:
        return self.path.rpartition("/")[2]

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - fields are JSON-like
        return default if self.fields is None else self.fields.get(name, default)


def read_fields(shape: type, document: Document) -> dict[str, Any]:
    """Return the fields of `document` that the dataclass `shape` knows.

    Unknown fields are left out and missing ones keep their default: two revisions of a function
    serve side by side, and a rollback reads what a newer revision wrote.
    """
    return known_fields(shape, document.fields or {})


def known_fields(shape: type, stored: Fields) -> dict[str, Any]:
    """Return the entries of a stored map that the dataclass `shape` knows, without its `id`."""
    known = {entry.name for entry in dataclass_fields(shape)} - {"id"}
    return {name: value for name, value in stored.items() if name in known}


@dataclass(frozen=True)
class Increment:
    """Adds to a whole number where it stands, without having read it; a missing one counts as 0."""

    by: int


@dataclass(frozen=True)
class Create:
    """Holds only if nothing stands at `path`."""

    path: str
    fields: Fields


@dataclass(frozen=True)
class Update:
    """Replaces the named top-level fields, at least one.

    Holds only if the document exists, and, where `read` is given, is unchanged since that version
    was read.
    """

    path: str
    fields: Fields
    read: Version = None


@dataclass(frozen=True)
class Delete:
    """Holds always, unless `read` is given (unchanged since) or `must_exist` is set."""

    path: str
    read: Version = None
    must_exist: bool = False


Write = Create | Update | Delete


def after(
    documents: Mapping[str, Document], writes: Sequence[Write], versions: Mapping[str, Version]
) -> dict[str, Document]:
    """Return the documents as they stand after a commit, as far as they were known before it."""
    found = dict(documents)
    for write in writes:
        if isinstance(write, Delete):
            found[write.path] = Document(write.path, None)
        elif isinstance(write, Create):
            found[write.path] = Document(write.path, write.fields, versions.get(write.path))
        elif write.path in found:
            before = found[write.path].fields or {}
            new = {name: _apply(before.get(name), value) for name, value in write.fields.items()}
            found[write.path] = Document(write.path, {**before, **new}, versions.get(write.path))
    return found


def _apply(before: Any, value: Any) -> Any:  # noqa: ANN401 - fields are JSON-like
    return (before or 0) + value.by if isinstance(value, Increment) else value


RANGES = ("<", "<=", ">", ">=")


@dataclass(frozen=True)
class Where:
    """One condition on a top-level field. Only documents that have the field are found.

    `contains`: the field is a list that has the value among its items.
    """

    field: str
    op: Literal["==", "<", "<=", ">", ">=", "contains"]
    value: Any


@dataclass(frozen=True)
class Query:
    """A query of one collection; `users/u1/slots` names a nested one.

    The documents are ordered by `order_by`, then by id. At most `limit` are found, after the document
    `after`, a result of the same query, if it is given.

    Any number of equalities, at most one `contains`, and a range over at most one field, which must
    be `order_by`. Values compare within their kind; kinds are ordered None, bool, number, time,
    text. Descending needs an `order_by`, which the id then follows downwards.
    """

    collection: str
    where: Sequence[Where] = field(default=())
    order_by: str | None = None
    descending: bool = False
    limit: int = 100
    after: Document | None = None


def due_documents(collection: str, now: datetime, limit: int) -> Query:
    """Return the query of the documents whose `due_at` has passed, the oldest first."""
    return Query(collection, (Where("due_at", "<=", now),), "due_at", limit=limit)


def check_path(path: str) -> None:
    """Raise ValueError unless `path` names one document and nothing else."""
    _check_segments(path, odd=0)


def collection_of(path: str) -> str:
    return path.rpartition("/")[0]


def checked_writes(writes: Sequence[Write]) -> list[Write]:
    """Return the writes with plain values. Raises ValueError for what no store could take."""
    if len({write.path for write in writes}) < len(writes):
        raise ValueError("several writes on one path in a commit")
    return [_checked_write(write) for write in writes]


def checked_query(query: Query) -> Query:
    """Return the query with plain values. Raises ValueError if no store can answer it."""
    _check_segments(query.collection, odd=1)
    if query.limit < 1:
        raise ValueError("a query needs a limit of at least 1")
    if query.order_by is not None:
        check_field(query.order_by)
    elif query.descending:
        raise ValueError("a query backwards by id, which Firestore does not do: order by a field")
    where = [_checked_where(condition, query.order_by) for condition in query.where]
    if sum(condition.op == "contains" for condition in where) > 1:
        raise ValueError("several `contains` in a query, which Firestore does not do")
    after = None if query.after is None else _checked_cursor(query.after, query)
    return replace(query, where=where, after=after)


def _check_segments(path: str, *, odd: int) -> None:
    segments = path.split("/")
    good = all(ID.fullmatch(segment) and not RESERVED.fullmatch(segment) for segment in segments)
    if not good or len(segments) % 2 != odd:
        raise ValueError(f"not a {'collection' if odd else 'document'}'s path: {path!a}")


def _checked_write(write: Write) -> Write:
    check_path(write.path)
    if isinstance(write, Delete):
        return write
    if isinstance(write, Update) and not write.fields:
        raise ValueError("an update needs at least one field")
    increments = {name: by for name, by in write.fields.items() if isinstance(by, Increment)}
    others = {name: value for name, value in write.fields.items() if name not in increments}
    plain_fields({name: step.by for name, step in increments.items()})
    return replace(write, fields=plain_fields(others) | increments)


def _checked_where(condition: Where, order_by: str | None) -> Where:
    check_field(condition.field)
    if condition.op == "contains" and not isinstance(condition.value, str | int):
        raise ValueError("`contains` asks for a text or a whole number")
    if condition.op in RANGES and condition.field != order_by:
        raise ValueError("a range over a field that is not the query's order")
    if condition.op in RANGES and condition.value is None:
        raise ValueError("a range from or to nothing")
    return replace(condition, value=plain(condition.value))


def _checked_cursor(after: Document, query: Query) -> Document:
    check_path(after.path)
    found = collection_of(after.path) == query.collection and after.fields is not None
    if not found or (query.order_by is not None and query.order_by not in (after.fields or {})):
        raise ValueError("a cursor that is no result of the query")
    return replace(after, fields=plain_fields(after.fields or {}))
