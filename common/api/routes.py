"""The declaration of a function: its routes, and what each route takes, answers and refuses.

A declaration is data. Reading it creates no client and reads no setting. OpenAPI, the local stack, the
smoke test, the access commands and the tests are built on it (`infra/registry.py`).
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, Generic, Literal, TypeVar

from starlette.responses import Response
from typing_extensions import TypeAliasType

from common.api.requests import JSON, BodyKind, Model
from common.api.streaming import InProgress
from common.app import App
from common.domain.errors import Refused
from common.domain.user import User
from common.schemas.base import Answer
from common.transactions.idempotency import IdempotencyKey

SECONDS = 30.0
"""Deadline of a use case: until it returns an answer, or work that goes on in the response."""

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

Callers = Literal["users", "public", "internal"]
"""The callers that a route admits.

`users` send a Firebase ID token. `public` callers send no token. `internal` callers are service
accounts that IAM admits. Google removes the signature of their token behind that check, so the function
cannot verify it again.
"""

AnswerT = TypeVar("AnswerT", bound=Answer)
UseCase = Callable[[User, Model, App, IdempotencyKey], Awaitable[AnswerT | InProgress | Response]]

NO_FIELDS = frozenset({"method", "body", "request", "preferences", "Accept", "Idempotency-Key"})
"""Names in refusals that are no fields of a model. `request` is a part of a multipart body,
`preferences` are those of the account."""
PARAMETER = re.compile(r"\{([a-z_]+)\}")
ADDRESS = re.compile(r"(?:/api)?/([^/]+)")


@dataclass(frozen=True)
class Route(Generic[Model, AnswerT]):
    """One method at one path of a function. Decorates the use case that serves it.

    `path` starts at the root of the function. `{name}` stands for one segment, whose value becomes the
    field `name` of `request`. The other fields come from the body, or from the query of a method that
    has no body. `answer` is None for a use case that returns a Starlette response, such as a redirect.
    `answers` describes each status of an answer. `raises` lists the refusals of this route, without
    those that every route has. A `keyed` route honours `Idempotency-Key`. `events` is the union of the
    events that the route streams. `bodies` are the kinds of body that it takes: the first one where the
    Content-Type names none of them. `media_type` is that of an answer that is no JSON.
    """

    method: Method
    path: str
    request: type[Model]
    answer: type[AnswerT] | None
    _: KW_ONLY
    answers: Mapping[int, str]
    raises: Sequence[type[Refused]] = ()
    callers: Callers = "users"
    spends: bool = False
    keyed: bool = False
    events: TypeAliasType | None = None
    bodies: Sequence[BodyKind] = (JSON,)
    media_type: str | None = None
    seconds: float = SECONDS

    def __post_init__(self) -> None:
        unknown = set(self.parameters) - self.request.model_fields.keys()
        if unknown:
            raise ValueError(f"{self.path}: {self.request.__name__} has no field {unknown}")

    @property
    def only_reads(self) -> bool:
        """Return False if a call may change something, as those do that a browser is redirected by."""
        return self.method == "GET" and HTTPStatus.SEE_OTHER not in self.answers

    def __call__(self, use_case: UseCase[Model, AnswerT]) -> "Operation":
        return Operation(self, use_case)

    @property
    def parameters(self) -> list[str]:
        return PARAMETER.findall(self.path)

    @property
    def has_body(self) -> bool:
        return self.method in WITH_BODY

    def match(self, path: str) -> dict[str, str] | None:
        """Return the path's parameters, or None if this is another path."""
        found = self._pattern.fullmatch(path)
        return found.groupdict() if found else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        literal = re.escape(self.path).replace(r"\{", "{").replace(r"\}", "}")
        return re.compile(PARAMETER.sub(r"(?P<\1>[^/]+)", literal))


@dataclass(frozen=True)
class Operation:
    """A route with its use case, whose name and docstring are those of the operation."""

    route: Route[Any, Any]
    use_case: UseCase[Any, Any]

    @property
    def name(self) -> str:
        return self.use_case.__name__


@dataclass(frozen=True)
class Declaration:
    """A function: its name and its operations. The first route that matches a path serves it."""

    name: str
    operations: Sequence[Operation]

    def __post_init__(self) -> None:
        if self.internal and len({each.route.callers for each in self.operations}) > 1:
            raise ValueError(
                f"{self.name}: IAM admits callers to all routes of a function or to none"
            )

    @property
    def internal(self) -> bool:
        return any(each.route.callers == "internal" for each in self.operations)

    @property
    def spends(self) -> bool:
        """Return whether a call can cost money at the avatar's, the agent's or the voice's provider."""
        return any(each.route.spends for each in self.operations)

    @property
    def seconds(self) -> float:
        return max(each.route.seconds for each in self.operations)

    @cached_property
    def field_names(self) -> frozenset[str]:
        """Return the names that refusals may give to the parts of a request, except a caller's own."""
        models = (operation.route.request for operation in self.operations)
        return NO_FIELDS.union(*(model.model_fields for model in models))

    def at(self, path: str) -> dict[str, tuple[Operation, dict[str, str]]]:
        """Return the operations at `path` by method, each with the path's parameters."""
        found: dict[str, tuple[Operation, dict[str, str]]] = {}
        for operation in self.operations:
            parameters = operation.route.match(path)
            if parameters is not None:
                found.setdefault(operation.route.method, (operation, parameters))
        return found

    def path_of(self, path: str, root_path: str) -> str:
        """Return the path below this function.

        The function answers below `root_path` where a router has set one. Elsewhere it answers at the
        root of its own host, and there also at `/<name>` and `/api/<name>`.
        """
        if not root_path:
            name, root = split_address(path)
            root_path = root if name == self.name else ""
        return "/" + path.removeprefix(root_path).strip("/")


def split_address(path: str) -> tuple[str, str]:
    """Return the function that a path names, and the part of the path that names it.

    `/api/end-session/x` gives `end_session` and `/api/end-session`. The prefix `/api` is optional, and
    hyphens stand for underscores. Both results are empty for `/`.
    """
    found = ADDRESS.match(path)
    return (found[1].replace("-", "_"), found[0]) if found else ("", "")
