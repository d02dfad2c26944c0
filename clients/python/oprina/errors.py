"""The errors of the client.

ApiError
├── ConnectionLostError        no whole answer: the network, a time-out, or a stream that ended early
├── UnexpectedAnswerError      an answer that the API does not describe
└── ProblemError               a problem document (RFC 9457), or a status without one
    ├── InvalidRequestError    400, 405, 408, 413, 422
    ├── AuthenticationError    401
    ├── PermissionDeniedError  403
    ├── NotFoundError          404
    ├── ConflictError          409, 410
    ├── LimitReachedError      425, 429
    └── ServiceError           500 and above
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

INVALID, UNAUTHENTICATED, DENIED, MISSING = (400, 405, 408, 413, 422), 401, 403, 404
CONFLICT, LIMIT, SERVICE = (409, 410), (425, 429), 500
FRONT_END = "unknown"
"""The code of an answer without a problem document, such as those of Google's front end."""


class ApiError(Exception):
    """Base of all errors of the client."""


class ConnectionLostError(ApiError):
    """No whole answer came. The request may have had its effect."""


class UnexpectedAnswerError(ApiError):
    """An answer does not have the form that the API describes."""


@dataclass(frozen=True)
class WrongField:
    """A field that the API refused, and why."""

    field: str
    problem: str


class ProblemError(ApiError):
    """The API refused a request, or failed.

    `code` tells problems apart, `detail` is for a person. `retry_after` is in seconds. `come_back_at`
    is when the same request may succeed: after `retry_after`, or when the month's allowance is
    renewed. Both are None if waiting does not help. `still_works` says what the person can do
    meanwhile. `members` has the whole document.
    """

    def __init__(
        self, status: int, members: Mapping[str, Any], request: str, now: datetime
    ) -> None:
        self.status = status
        self.members = dict(members)
        self.code = str(members.get("code", FRONT_END))
        self.detail = str(members.get("detail", ""))
        self.retry_after = _number(members.get("retry_after"))
        self.come_back_at = _come_back_at(self.retry_after, members.get("resets_at"), now)
        self.still_works: str | None = members.get("still_works")
        self.request = request
        super().__init__(f"{request} answered {status} {self.code}. {self.detail}".strip())

    @property
    def fields(self) -> list[WrongField]:
        """Return the fields that were refused."""
        found = self.members.get("errors") or []
        return [WrongField(str(each["field"]), str(each["problem"])) for each in found]


class InvalidRequestError(ProblemError):
    """The request is wrong. `fields` names the wrong fields."""


class AuthenticationError(ProblemError):
    """The ID token is missing, expired or not valid."""


class PermissionDeniedError(ProblemError):
    """The person may not do this."""


class NotFoundError(ProblemError):
    """The thing does not exist, or belongs to another person."""


class ConflictError(ProblemError):
    """The state of the thing does not allow the request now."""


class LimitReachedError(ProblemError):
    """A quota or a limit is reached. `come_back_at` says until when."""


class ServiceError(ProblemError):
    """The service failed. After the codes `..._unavailable` nothing was done."""


def problem_of(answer: httpx.Response, now: datetime | None = None) -> ProblemError:
    """Return the error of an answer that is not a success. Its body must have been read."""
    members = _members(answer)
    header = answer.headers.get("retry-after", "")
    if "retry_after" not in members and header.isdigit():
        members["retry_after"] = int(header)
    request = f"{answer.request.method} {answer.request.url.path}"
    kind = _kind(answer.status_code)
    return kind(answer.status_code, members, request, now or datetime.now(UTC))


def _kind(status: int) -> type[ProblemError]:
    kinds: dict[int, type[ProblemError]] = {
        UNAUTHENTICATED: AuthenticationError,
        DENIED: PermissionDeniedError,
        MISSING: NotFoundError,
        **dict.fromkeys(INVALID, InvalidRequestError),
        **dict.fromkeys(CONFLICT, ConflictError),
        **dict.fromkeys(LIMIT, LimitReachedError),
    }
    return ServiceError if status >= SERVICE else kinds.get(status, ProblemError)


def _members(answer: httpx.Response) -> dict[str, Any]:
    """Return the problem document, or nothing: a proxy on the way may answer with anything."""
    try:
        members = json.loads(answer.content)
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _come_back_at(retry_after: float | None, resets_at: object, now: datetime) -> datetime | None:
    if retry_after is not None:
        return now + timedelta(seconds=retry_after)
    try:
        return datetime.fromisoformat(resets_at) if isinstance(resets_at, str) else None
    except ValueError:
        return None
