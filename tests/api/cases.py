"""The declared operations as cases of parametrized tests, with example requests.

A new function is a case by its declaration.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from common.api.requests import JSON
from common.api.routes import Declaration, Method, Operation, Route
from common.domain.errors import NotFound
from infra.registry import declarations
from tests.support.recordings import wav_file

MISSING = "nothing-here"
SESSION = ("start_avatar", "chat", "speak", "keep_alive", "end_session")
"""The calls of one avatar session, in their order. For tests that follow a session."""
EXAMPLES: dict[str, Any] = {
    "avatar_id": "some-avatar",
    "voice": "en-US-Neural2-F",
    "quality": "high",
    "language": "en-US",
    "message": "Hello.",
    "text": "Hello.",
    "interrupt": False,
    "speak": False,
    "wait": True,
    "preferences": {"language": "en-US"},
    "mail": True,
    "calendar": True,
    "return_to": "https://api.oprina.test/settings",
    "message_id": "0000000001-1",
    "before": "0000000002-0",
    "after": "0000000001-0",
    "cursor": "WyIyMDI2LTExLTIzVDEyOjAwOjAwKzAwOjAwIiwgImMxIl0",
}
BY_TYPE = {
    "string": "example",
    "boolean": False,
    "integer": 1,
    "number": 1.5,
    "array": [],
    "object": {},
}
LEFT_OUT = {"confirm", "yes", "edit", "regenerate"}
"""Fields that are an alternative to the others of their request."""


@dataclass(frozen=True)
class Case:
    """One operation. As text it is the operation's name, which is the id of a test."""

    declaration: Declaration
    operation: Operation

    def __str__(self) -> str:
        return self.operation.name

    @property
    def function(self) -> str:
        return self.declaration.name

    @property
    def route(self) -> Route[Any, Any]:
        return self.operation.route

    @property
    def methods(self) -> list[str]:
        """The methods of the route's path, in the order of the Allow header."""
        served = self.declaration.at(self.path({}))
        return [name for each in served for name in (each, *(["HEAD"] * (each == "GET")))]

    @property
    def other_method(self) -> str:
        """A method that the route's path does not serve."""
        methods: tuple[str, ...] = get_args(Method)
        return next(each for each in methods if each not in self.methods)

    def path(self, fields: dict[str, Any]) -> str:
        """Return the route's path with its parameters, which are examples if `fields` has none."""
        path: str = self.route.path
        for name in self.route.parameters:
            path = path.replace(f"{{{name}}}", str(fields.get(name, MISSING)))
        return path

    def without_parameters(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {name: each for name, each in fields.items() if name not in self.route.parameters}

    def example(self, session: str = MISSING, conversation: str = MISSING) -> dict[str, Any]:
        """Return a valid request with every field of the model that fits to the others."""
        known = {**EXAMPLES, "avatar_session_id": session, "conversation_id": conversation}
        schema = self.route.request.model_json_schema()
        sound = {"audio": wav_file()} if "audio" in self.route.request.model_fields else {}
        return {
            name: known[name] if name in known and "examples" not in found else _example(found)
            for name, found in schema.get("properties", {}).items()
            if name not in LEFT_OUT
        } | (sound if self.route.bodies[0] is not JSON else {})


def _example(schema: dict[str, Any]) -> Any:
    if "examples" in schema:
        return schema["examples"][0]
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    return kinds[0]["enum"][0] if "enum" in kinds[0] else BY_TYPE[kinds[0]["type"]]


def cases(holds: Callable[[Route[Any, Any]], bool] = lambda _: True) -> list[Case]:
    found = (
        Case(each, operation) for each in declarations().values() for operation in each.operations
    )
    return [case for case in found if holds(case.route)]


ALL = cases()
FOR_USERS = cases(lambda route: route.callers == "users")
WITH_BODY = cases(lambda route: route.has_body and route.bodies[0] is JSON)
KEYED = cases(lambda route: route.keyed and route.bodies[0] is JSON)
OF_OWNERS = cases(lambda route: NotFound in route.raises and route.answer is not None)
"""Operations on something that belongs to a user. The files of the page, which have no answer model,
belong to none."""
