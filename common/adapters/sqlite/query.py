"""Queries as SQL, and the indexes that keep them from reading whole collections.

Names of fields become part of the SQL text. `documents.checked_query` admits plain words only.
"""

from dataclasses import dataclass

from common.adapters.sqlite.values import kind, to_comparable
from common.domain.documents import RANGES, Query, Where


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
    After a cursor it reads the index from there on: the documents with the same value, those with a
    later value of the same kind, and those of the later kinds, each up to the limit.
    """
    statements: list[str] = []
    parameters: list[str | float] = []
    for start in _starts(query):
        conditions = _filters(query)
        conditions.texts.extend(start.conditions.texts)
        conditions.parameters.extend(start.conditions.parameters)
        columns = ", ".join(f"{column} AS order_{n}" for n, column in enumerate(_columns(query)))
        statements.append(
            f'SELECT path, body, version, {columns} FROM documents INDEXED BY "{shape(query).index}"'  # noqa: S608 - see the module's docstring
            f" WHERE {' AND '.join(conditions.texts)} ORDER BY {_order(query, start.columns)} LIMIT ?"
        )
        parameters += [*conditions.parameters, query.limit]
    if len(statements) == 1:
        return statements[0], parameters
    names = [f"order_{n}" for n in range(len(_columns(query)))]
    parts = " UNION ALL ".join(f"SELECT * FROM ({each})" for each in statements)  # noqa: S608 - as above
    return f"{parts} ORDER BY {_order(query, names)} LIMIT ?", [*parameters, query.limit]


def _filters(query: Query) -> "_Conditions":
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
    return conditions


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


@dataclass(frozen=True)
class _Start:
    """A place where reading the index begins, and the columns by which its results are in order.

    Ordering by a kind that all results share would make SQLite sort them again.
    """

    conditions: _Conditions
    columns: list[str]


def _starts(query: Query) -> list[_Start]:
    """Return where reading the index begins: one place, or three after a cursor without a range.

    SQLite compares rows, `(a, b) > (?, ?)`, along an index of columns only, not of expressions.
    """
    after, name, columns = query.after, query.order_by, _columns(query)
    if after is None:
        return [_Start(_Conditions([], []), columns)]
    if name is None:
        return [_Start(_Conditions(["id > ?"], [after.id]), columns)]
    sign = "<" if query.descending else ">"
    value = after.get(name)
    last = to_comparable(value)
    if _has_range(query):
        beyond = _Conditions([], [])
        beyond.add(f"{_value(name)} {sign}= ?", last)
        beyond.add(f"({_value(name)} {sign} ? OR id {sign} ?)", last, after.id)
        return [_Start(beyond, columns)]
    of_kind = _Conditions([f"{_kind(name)} = ?", f"{_value(name)} {sign} ?"], [kind(value), last])
    same_value = _Conditions([f"{_kind(name)} = ?", f"{_value(name)} = ?"], [kind(value), last])
    same_value.add(f"id {sign} ?", after.id)
    later_kinds = _Conditions([f"{_kind(name)} {sign} ?"], [kind(value)])
    return [
        _Start(same_value, columns[2:]),
        _Start(of_kind, columns[1:]),
        _Start(later_kinds, columns),
    ]


def _columns(query: Query) -> list[str]:
    if query.order_by is None:
        return ["id"]
    kinds = [] if _has_range(query) else [_kind(query.order_by)]
    return [*kinds, _value(query.order_by), "id"]


def _order(query: Query, columns: list[str]) -> str:
    direction = " DESC" if query.descending else ""
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
