"""Queries as SQL, and the indexes that keep them from reading whole collections.

Names of fields become part of the SQL text. `documents.checked_query` admits plain words only.
"""

from dataclasses import dataclass

from common.adapters.sqlite.values import kind, to_comparable
from common.domain.documents import RANGES, Document, Query, Where


@dataclass(frozen=True)
class Shape:
    """The parts of a query that decide its index: fields compared with `==`, and the order."""

    equal: tuple[str, ...]
    order_by: str | None

    @property
    def index(self) -> str:
        return f"by {' '.join('=' + name for name in self.equal)} {self.order_by or 'id'}"

    def create_index(self) -> str:
        """Return the statement that creates the index.

        The index covers the documents that have all the fields: a query finds no others.
        """
        columns = ["collection", *(_value(name) for name in self.equal)]
        if self.order_by is not None:
            columns += [_kind(self.order_by), _value(self.order_by)]
        where = f" WHERE {' AND '.join(self.present())}" if self.present() else ""
        return (
            f'CREATE INDEX IF NOT EXISTS "{self.index}" ON documents'
            f" ({', '.join([*columns, 'id'])}){where}"
        )

    def present(self) -> list[str]:
        """Return the conditions that a document has the fields."""
        names = self.equal if self.order_by is None else (*self.equal, self.order_by)
        return [f"{_value(name)} IS NOT NULL" for name in dict.fromkeys(names)]


def shape(query: Query) -> Shape:
    equal = {condition.field for condition in query.where if condition.op == "=="}
    return Shape(tuple(sorted(equal)), query.order_by)


def select(query: Query) -> tuple[str, list[str | float]]:
    """Return the statement that selects path, body and version of each result, and its parameters.

    The statement names its index, so it fails if there is none instead of reading all documents.
    """
    conditions = _Conditions([], [])
    conditions.add("collection = ?", query.collection)
    for text in shape(query).present():
        conditions.add(text)
    for condition in query.where:
        if condition.op == "contains":
            _add_contains(conditions, condition)
            continue
        if condition.op != "==":
            conditions.add(f"{_kind(condition.field)} = ?", kind(condition.value))
        sign = condition.op.replace("==", "=")
        conditions.add(f"{_value(condition.field)} {sign} ?", to_comparable(condition.value))
    if query.after is not None:
        _add_cursor(conditions, query, query.after)
    statement = (
        f'SELECT path, body, version FROM documents INDEXED BY "{shape(query).index}"'  # noqa: S608 - see the module's docstring
        f" WHERE {' AND '.join(conditions.texts)} ORDER BY {_order(query)} LIMIT ?"
    )
    return statement, [*conditions.parameters, query.limit]


@dataclass(frozen=True)
class _Conditions:
    texts: list[str]
    parameters: list[str | float]

    def add(self, text: str, *parameters: str | float) -> None:
        self.texts.append(text)
        self.parameters.extend(parameters)


def _add_contains(conditions: _Conditions, condition: Where) -> None:
    """Look into the list of each document that the other conditions find, along their index."""
    items = f"SELECT 1 FROM json_each(body, '$.{condition.field}') WHERE value = ?"  # noqa: S608 - see the module's docstring
    conditions.add(f"json_type(body, '$.{condition.field}') = 'array'")
    conditions.add(f"EXISTS ({items})", to_comparable(condition.value))


def _add_cursor(conditions: _Conditions, query: Query, after: Document) -> None:
    if query.order_by is None:
        conditions.add("id > ?", after.id)
        return
    sign = "<" if query.descending else ">"
    name, last = query.order_by, after.get(query.order_by)
    conditions.add(f"{_kind(name)} {sign}= ?", kind(last))  # where reading the index begins
    if _has_range(query):
        conditions.add(f"{_value(name)} {sign}= ?", to_comparable(last))
    later = f"{_value(name)} {sign} ? OR ({_value(name)} = ? AND id {sign} ?)"
    conditions.add(
        f"({_kind(name)} {sign} ? OR {later})",
        *(kind(last), to_comparable(last), to_comparable(last), after.id),
    )


def _order(query: Query) -> str:
    direction = " DESC" if query.descending else ""
    columns = ["id"]
    if query.order_by is not None:
        columns.insert(0, _value(query.order_by))
    if query.order_by is not None and not _has_range(query):
        columns.insert(0, _kind(query.order_by))
    return ", ".join(column + direction for column in columns)


def _has_range(query: Query) -> bool:
    """Tell whether the query compares with `<` or `>`.

    Then all results are of the same kind. Ordering by the kind would make SQLite sort them again.
    """
    return any(condition.op in RANGES for condition in query.where)


def _value(name: str) -> str:
    return f"json_extract(body, '$.{name}')"


def _kind(name: str) -> str:
    value = _value(name)
    return f"CASE typeof({value}) WHEN 'text' THEN substr({value}, 1, 1) ELSE '2' END"
