"""Filters of Google's list calls (AIP-160), over proto-plus messages.

    name:key AND labels.app=oprina
    create_time>="2026-01-01T00:00:00Z" AND NOT state:(DISABLED OR DESTROYED)
    expire_time:*

`:` finds a part of a text, and `:*` any value that is set. The other operators compare texts, and times
where both sides are times. `OR` binds closer than `AND`, which may be left out, as AIP-160 has it.
"""

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from grpc import StatusCode  # type: ignore[import-untyped]  # grpcio ships no types

from infra.local.emulators.grpc_server import refuse

Predicate = Callable[[dict[str, Any]], bool]

_FIELD = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+)*")
_OPERATOR = re.compile(r"\s*(<=|>=|!=|=|<|>|:)\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_BARE = re.compile(r'[^\s()"]+')
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}


def parse_filter(text: str, kind: Any) -> Callable[[Any], bool]:  # noqa: ANN401 - a proto-plus type
    """Return the predicate of a filter over messages of type `kind`. An empty filter admits all.

    Raises Refusal(INVALID_ARGUMENT) for a filter that is no such expression, or names another field.
    """
    if not text.strip():
        return lambda _message: True
    parser = _Parser(text, set(kind.meta.fields))
    predicate = parser.parse()
    return lambda message: predicate(kind.to_dict(message, use_integers_for_enums=False))


@dataclass
class _Parser:
    text: str
    fields: set[str]
    at: int = 0

    def parse(self) -> Predicate:
        predicate = self._conjunction()
        if self.at < len(self.text):
            self._refuse()
        return predicate

    def _conjunction(self) -> Predicate:
        terms = [self._disjunction()]
        while self._word("AND") or (self.at < len(self.text) and self._peek() != ")"):
            terms.append(self._disjunction())
        return lambda found: all(term(found) for term in terms)

    def _disjunction(self) -> Predicate:
        terms = [self._term()]
        while self._word("OR"):
            terms.append(self._term())
        return lambda found: any(term(found) for term in terms)

    def _term(self) -> Predicate:
        if self._word("NOT") or self._symbol("-"):
            inner = self._term()
            return lambda found: not inner(found)
        if self._symbol("("):
            inner = self._conjunction()
            self._expect(")")
            return inner
        return self._restriction()

    def _restriction(self) -> Predicate:
        field = self._match(_FIELD)[0]
        if field.partition(".")[0] not in self.fields:
            self._refuse()
        sign = self._match(_OPERATOR)[1]
        return self._values(field, sign)

    def _values(self, field: str, sign: str) -> Predicate:
        """Parse a value, or a group of values: `(A OR B)`."""
        if not self._symbol("("):
            value = self._value()
            return lambda found: _holds(found, field, sign, value)
        terms = [self._values(field, sign)]
        every = False
        while not self._symbol(")"):
            every = self._word("AND") or every
            if not every:
                self._word("OR")
            terms.append(self._values(field, sign))
        combine = all if every else any
        return lambda found: combine(term(found) for term in terms)

    def _value(self) -> str:
        quoted = _QUOTED.match(self.text, self.at)
        if quoted:
            self.at = quoted.end()
            return re.sub(r"\\(.)", r"\1", quoted[1])
        return self._match(_BARE)[0]

    def _word(self, word: str) -> bool:
        match = re.compile(rf"\s*{word}(?=[\s(])").match(self.text, self.at)
        if match:
            self.at = match.end()
        self._skip()
        return bool(match)

    def _symbol(self, symbol: str) -> bool:
        self._skip()
        if self._peek() != symbol:
            return False
        self.at += 1
        return True

    def _expect(self, symbol: str) -> None:
        if not self._symbol(symbol):
            self._refuse()
        self._skip()

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        self._skip()
        match = pattern.match(self.text, self.at)
        if match is None:
            self._refuse()
        self.at = match.end()
        return match

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _skip(self) -> None:
        while self._peek().isspace():
            self.at += 1

    def _refuse(self) -> NoReturn:
        refuse(StatusCode.INVALID_ARGUMENT, f"Invalid filter: {self.text}")


def _holds(found: dict[str, Any], field: str, sign: str, wanted: str) -> bool:
    values = list(_lookup(found, field.split(".")))
    if field == "name":  # the last part of a resource name is its id
        values += [value.rpartition("/")[2] for value in values]
        values = values[1:] if sign == ":" else values
    if sign == ":":
        return any(wanted == "*" or wanted.lower() in value.lower() for value in values)
    if sign == "!=":
        return not _holds(found, field, "=", wanted)
    return any(_compare(value, sign, wanted) for value in values)


def _lookup(value: Any, path: Sequence[str]) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the texts at a path. Lists are searched in each element."""
    if isinstance(value, list):
        for each in value:
            yield from _lookup(each, path)
    elif path and isinstance(value, dict):
        if path[0] in value:
            yield from _lookup(value[path[0]], path[1:])
    elif isinstance(value, dict):
        yield from value or ()
    elif value not in (None, "", 0, False):
        yield str(value)


def _compare(value: str, sign: str, wanted: str) -> bool:
    moments = _moment(value), _moment(wanted)
    if None in moments:
        return _COMPARE[sign](value, wanted)
    return _COMPARE[sign](*moments)


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
