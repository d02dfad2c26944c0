"""What the store is asked and told: documents by path, queries, and writes with preconditions.

A path is `collection/id` or `collection/id/collection/id`; its ids match `ids.ID`. Values are None,
bool, int, float, str, aware `datetime` (UTC, microseconds), and lists and string-keyed maps of these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Fields = Mapping[str, Any]
Version = Any
"""Whatever an adapter needs to know later that a document is unchanged. Never looked into."""


@dataclass(frozen=True)
class Document:
    """What stood at `path` when it was read; `fields` is None where nothing did."""

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
    """Replaces the named top-level fields. Holds only if the document exists, and, where `read` is
    given, is unchanged since that version was read.
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


@dataclass(frozen=True)
class Where:
    """One condition on a top-level field. Only documents that have the field are found."""

    field: str
    op: Literal["==", "<", "<=", ">", ">="]
    value: Any


@dataclass(frozen=True)
class Query:
    """Documents of one collection (`users/u1/slots` names a nested one), ordered by `order_by`, then
    by id, at most `limit`, after the document `after` (a result of the same query) if it is given.

    Any number of equalities, and a range over at most one field, which must be `order_by`.
    """

    collection: str
    where: Sequence[Where] = field(default=())
    order_by: str | None = None
    descending: bool = False
    limit: int = 100
    after: Document | None = None
