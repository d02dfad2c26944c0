"""Everything that can go wrong, on one page.

    OprinaError
    ├── Refused                  the caller can do something about it; nothing was changed
    │   ├── Invalid              400 / 422: `fields` names what is wrong
    │   ├── Unauthenticated      401
    │   ├── NotFound             404: missing, or somebody else's; the same answer
    │   ├── QuotaExceeded        429: with the meter and `resets_at`
    │   ├── TooManySessions      429: with the sessions that hold the slots
    │   ├── TurnInProgress       409: with `retry_after`
    │   ├── AvatarStarting       409: the conversation's avatar is on its way; with `retry_after`
    │   ├── SessionOver          409: the avatar session has ended
    │   ├── TooEarly             425: an expiry task came before its time; the queue brings it again
    │   ├── KeyInFlight          409: the same Idempotency-Key is at work; with `retry_after`
    │   └── KeyReused            422: the same Idempotency-Key came with another body
    ├── Upstream                 somebody we call; `service` says who
    │   ├── Unavailable          503: it certainly did not happen; may be tried again
    │   │   └── Busy             503: the provider is full, or asks for patience (`retry_after`)
    │   ├── Ambiguous            503: it may have happened; must be resolved, never guessed
    │   ├── Missing              502: what we named does not exist there
    │   └── Failed               502: it answered, and the answer is no or nonsense; do not retry
    └── Conflict                 a precondition of a commit did not hold: read again, decide again

`Conflict` never leaves the services. Everything else renders itself as `application/problem+json`
(RFC 9457). Anything that is not an `OprinaError` is a bug: 500, and nothing of it is told.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from common.domain.ids import AvatarSessionId


class OprinaError(Exception):
    status: ClassVar[int] = 500
    code: str = "internal"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        """Seconds after which trying again makes sense; None where it does not."""

    def problem(self) -> dict[str, Any]:
        """The members of the problem document, without those that have nothing to say."""
        members = {
            "type": f"urn:oprina:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "retry_after": self.retry_after,
            **self.extra(),
        }
        return {name: value for name, value in members.items() if value is not None}

    def extra(self) -> dict[str, Any]:
        return {}


class Refused(OprinaError):
    """The caller can do something about it, and nothing was changed."""


class Invalid(Refused):
    """`fields` pairs the path of each bad field with what is wrong with it."""

    code = "invalid"
    title = "The request is not as it should be"

    def __init__(
        self, detail: str, *, status: int = 422, fields: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(detail)
        self.status = status  # type: ignore[misc]  # 400, 405, 413, 415 and 422 differ in nothing else
        self.fields = fields

    def extra(self) -> dict[str, Any]:
        errors = [{"field": name, "problem": problem} for name, problem in self.fields]
        return {"errors": errors or None}


class Unauthenticated(Refused):
    status = 401
    code = "unauthenticated"
    title = "Sign in first"


class NotFound(Refused):
    status = 404
    code = "not_found"
    title = "There is no such thing"


class QuotaExceeded(Refused):
    status = 429
    code = "quota_exceeded"
    title = "This month's allowance is used up"

    def __init__(self, detail: str, *, meter: str, resets_at: datetime) -> None:
        super().__init__(detail)
        self.meter = meter
        self.resets_at = resets_at

    def extra(self) -> dict[str, Any]:
        return {"meter": self.meter, "resets_at": self.resets_at.isoformat()}


class TooManySessions(Refused):
    status = 429
    code = "too_many_sessions"
    title = "Every slot is taken"

    def __init__(
        self, detail: str, *, sessions: Sequence[AvatarSessionId], retry_after: int
    ) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.sessions = sessions

    def extra(self) -> dict[str, Any]:
        return {"avatar_session_ids": list(self.sessions)}


class TurnInProgress(Refused):
    status = 409
    code = "turn_in_progress"
    title = "The conversation's last turn has not ended"


class AvatarStarting(Refused):
    status = 409
    code = "avatar_starting"
    title = "The conversation's avatar is being started"


class SessionOver(Refused):
    status = 409
    code = "session_over"
    title = "The avatar session has ended"


class TooEarly(Refused):
    status = 425
    code = "too_early"
    title = "Its time has not come"


class KeyInFlight(Refused):
    status = 409
    code = "key_in_flight"
    title = "The first request with this Idempotency-Key has not been answered"


class KeyReused(Refused):
    status = 422
    code = "key_reused"
    title = "This Idempotency-Key came with another body before"


class Upstream(OprinaError):
    """Somebody we call. `why` is a word for our own logs: never a body, a header or a secret."""

    status = 502
    title = "A service behind us failed"

    def __init__(self, service: str, why: str, *, retry_after: int | None = None) -> None:
        super().__init__(f"{service}: {why}", retry_after=retry_after)
        self.service = service
        self.why = why
        self.code = f"{service}_{self.kind}"

    kind: ClassVar[str] = "failed"

    def extra(self) -> dict[str, Any]:
        return {"still_works": STILL_WORKS.get(self.service)}


STILL_WORKS = {
    "avatar": "Chatting, in text.",
    "voice": "Chatting, in text.",
    "agent": "A running avatar: speak, keep_alive and end_session.",
    "store": "Nothing was changed; what runs will end by itself at its time.",
}
"""What a caller can still do while one of the services behind us is away."""


class Unavailable(Upstream):
    status = 503
    kind = "unavailable"
    title = "A service behind us is not answering"


class Busy(Unavailable):
    kind = "busy"
    title = "A service behind us is full"


class Ambiguous(Upstream):
    status = 503
    kind = "ambiguous"
    title = "A service behind us did not say whether it was done"


class UpstreamNotFound(Upstream):
    kind = "missing"


class Failed(Upstream):
    """`kind` may be named more closely, e.g. `empty` or `silent`."""

    def __init__(self, service: str, why: str, *, kind: str = "failed") -> None:
        self.kind = kind  # type: ignore[misc]  # the code's last word
        super().__init__(service, why)


class Conflict(OprinaError):
    """A precondition of a commit did not hold; nothing of the commit was written."""

    status = 503
    code = "conflict"
    title = "Too many requests changed the same thing at once"
