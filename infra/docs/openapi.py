"""`python -m infra.docs.openapi` writes docs/openapi.json: what callers may rely on, from the
models that check it and the errors that refuse it.
"""

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from common.api.requests import CAP, KEY
from common.domain import errors
from common.schemas import answers, requests
from common.schemas.base import Answer, Request
from common.schemas.events import ChatEvent
from infra.docs.openapi_schemas import Error, Json, Problem, ref, schemas

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "openapi.json"


@dataclass(frozen=True)
class Call:
    """A function, as its callers see it. `answers` are the statuses of an answer, and what each says;
    what it takes is the query of a `get`."""

    name: str
    says: str
    request: type[Request]
    answer: type[Answer]
    answers: dict[int, str]
    refusals: Sequence[Error] = ()
    events: bool = False
    internal: bool = False
    anybody: bool = False
    method: str = "post"


CALLS = (
    Call(
        "start_avatar",
        "Starts an avatar, or hands out the one that the conversation has already.",
        requests.StartAvatarRequest,
        answers.StartAvatarAnswer,
        {201: "The avatar runs.", 200: "It was running already: nothing new is paid."},
        (
            errors.NotFound,
            errors.QuotaExceeded,
            errors.TooManySessions,
            errors.AvatarStarting,
            errors.SessionOver,
        ),
    ),
    Call(
        "chat",
        "Says something to the agent; the answer comes as it is written, and the avatar speaks it.",
        requests.ChatRequest,
        answers.ChatAnswer,
        {200: "The turn: as events, `turn` first and `done` last; or whole, as JSON."},
        (errors.NotFound, errors.QuotaExceeded, errors.TurnInProgress),
        events=True,
    ),
    Call(
        "speak",
        "Makes the avatar say a text, or stop.",
        requests.SpeakRequest,
        answers.SpeakAnswer,
        {200: "How it went."},
        (errors.NotFound, errors.QuotaExceeded, errors.SessionOver),
    ),
    Call(
        "keep_alive",
        "Somebody is there: the avatar is not ended for being idle.",
        requests.KeepAliveRequest,
        answers.KeepAliveAnswer,
        {200: "Until when it stays."},
        (errors.NotFound, errors.SessionOver),
    ),
    Call(
        "end_session",
        "Ends an avatar session; doing it again gives the same answer.",
        requests.EndSessionRequest,
        answers.EndSessionAnswer,
        {200: "What it cost."},
        (errors.NotFound,),
    ),
    Call(
        "sweep_expired",
        "Ends what should not run any more. For Cloud Scheduler and Cloud Tasks; IAM guards it.",
        requests.SweepRequest,
        answers.SweepAnswer,
        {200: "What was done."},
        (errors.TooEarly,),
        internal=True,
    ),
    Call(
        "health",
        "Whether it serves; with `deep`, whether the services behind it answer.",
        requests.HealthRequest,
        answers.HealthAnswer,
        {200: "It is well.", 503: "Some service behind it is `down`."},
        anybody=True,
        method="get",
    ),
)
ALWAYS: tuple[Error, ...] = (
    errors.Unauthenticated,
    errors.KeyInFlight,
    errors.KeyReused,
)
"""What every public function may refuse with, besides a request that is `Invalid`."""


def document() -> Json:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Oprina",
            "version": project["version"],
            "description": project["description"],
        },
        "servers": [
            {"url": "http://localhost:8080", "description": "`make run`"},
            {
                "url": "https://{region}-{project}.cloudfunctions.net",
                "variables": {
                    "region": {"default": "us-central1"},
                    "project": {"default": "oprina"},
                },
            },
        ],
        "security": [{"idToken": []}],
        "paths": {f"/{call.name}": {call.method: _operation(call)} for call in CALLS},
        "components": {
            "schemas": schemas(
                {call.request for call in CALLS if call.method == "post"},
                {call.answer for call in CALLS} | set(get_args(ChatEvent)) | {Problem},
            ),
            "securitySchemes": {
                "idToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A Firebase ID token.",
                }
            },
            "parameters": {
                "IdempotencyKey": {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "required": False,
                    "description": "One effect and one answer for all requests with the same key.",
                    "schema": {"type": "string", "pattern": f"^{KEY.pattern}$"},
                }
            },
        },
    }


# ── calls ────────────────────────────────────────────────────────────────────────────────────────


def _operation(call: Call) -> Json:
    operation: Json = {
        "operationId": call.name,
        "summary": call.says,
        **({"parameters": _query(call)} if call.method == "get" else {"requestBody": _body(call)}),
        "responses": _responses(call),
    }
    if call.internal or call.anybody:
        return {**operation, "security": []}
    return {"parameters": [{"$ref": "#/components/parameters/IdempotencyKey"}], **operation}


def _body(call: Call) -> Json:
    return {
        "required": any(field.is_required() for field in call.request.model_fields.values()),
        "description": f"At most {CAP} bytes of JSON in UTF-8.",
        "content": _json(call.request),
    }


def _query(call: Call) -> list[Json]:
    schema = call.request.model_json_schema()
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": each,
        }
        for name, each in schema["properties"].items()
    ]


def _responses(call: Call) -> Json:
    """An answer and a problem may have one status: the media type tells them apart."""
    responses = _refused(call)
    for status, says in call.answers.items():
        answer, refused = _success(call, says), responses.get(str(status))
        if refused:
            answer["description"] += f" {refused['description']}"
            answer = {**refused, **answer, "content": {**answer["content"], **refused["content"]}}
        responses[str(status)] = answer
    return dict(sorted(responses.items()))


def _success(call: Call, says: str) -> Json:
    content = _json(call.answer)
    if call.events:
        content["text/event-stream"] = {
            "schema": {
                "type": "string",
                "description": "Each event's data is one line of JSON, without the member `event`.",
            },
            "x-events": {_event_name(event): ref(event) for event in get_args(ChatEvent)},
        }
    return {"description": says, "content": content}


def _refused(call: Call) -> Json:
    """By status, with every code that it may come with."""
    found = sorted(_problems(call))
    return {
        str(status): _problem_answer(status, [says for _, says in said])
        for status, said in groupby(found, lambda each: each[0])
    }


def _problems(call: Call) -> Iterator[tuple[int, str]]:
    sent = ((400, "not JSON, or a bad key"), (413, "too large"), (422, "a wrong field"))
    asked = ((400, "a field twice, or a bad key"), (422, "a wrong field"))
    for status, why in asked if call.method == "get" else sent:
        yield status, f"`{errors.Invalid.code}`: {why}."
    for error in (*call.refusals, *(() if call.internal or call.anybody else ALWAYS)):
        yield error.status, f"`{error.code}`: {error.title}."
    for upstream in (errors.Unavailable, errors.Ambiguous, errors.Failed):
        yield upstream.status, f"`<service>_{upstream.kind}`: {upstream.title}."
    yield errors.OprinaError.status, f"`{errors.OprinaError.code}`: {errors.OprinaError.title}."


def _problem_answer(status: int, says: list[str]) -> Json:
    answer: Json = {
        "description": " ".join(says),
        "content": {"application/problem+json": {"schema": ref(Problem)}},
    }
    if status in {
        errors.Unavailable.status,
        errors.KeyInFlight.status,
        errors.QuotaExceeded.status,
    }:
        seconds = {"schema": {"type": "integer"}, "description": "Seconds; where it helps."}
        answer["headers"] = {"Retry-After": seconds}
    return answer


def _json(model: type[BaseModel]) -> Json:
    return {"application/json": {"schema": ref(model)}}


def _event_name(event: type[Answer]) -> str:
    return str(event.model_fields["event"].default)


def text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(text(), encoding="utf-8")
