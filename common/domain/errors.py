"""Errors of Oprina, as one tree.

    OprinaError                  500  internal: a bug; callers get no details
    ├── Refused                       the request is refused, and nothing was changed
    │   ├── Invalid              4xx  invalid (400, 405, 408, 413, 422): `fields` names each wrong field
    │   ├── Unauthenticated      401  unauthenticated: no valid ID token
    │   ├── NotInvited           403  not_invited: signed in, and not admitted by the operator
    │   ├── NotFound             404  not_found: missing, or another user's; the answers are equal
    │   ├── QuotaExceeded        429  quota_exceeded: names the meter and `resets_at`
    │   ├── RateLimited          429  rate_limited: too many in a short time; has `retry_after`
    │   ├── CapacityReached      503  capacity_reached: the ceiling of the day; has `resets_at`
    │   ├── SpendingStopped      503  spending_stopped: the operator stopped all spending
    │   ├── TooManySessions      429  too_many_sessions: names the sessions that hold the slots
    │   ├── TooManyTurns         429  too_many_turns: too many turns of the user run; has `retry_after`
    │   ├── NoTurn               409  no_turn: there is nothing to stop
    │   ├── CannotReplace        409  cannot_replace: the part of the conversation cannot be replaced
    │   ├── NoProposal           409  no_proposal: it was answered, is too old, or never was
    │   ├── AvatarStarting       409  avatar_starting: the avatar is starting; has `retry_after`
    │   ├── SessionOver          409  session_over: the avatar session has ended
    │   ├── TooEarly             425  too_early: the session has not expired; Cloud Tasks tries again
    │   ├── AccountClosing       409  account_closing: the account will be deleted; it can be restored
    │   ├── NoDeletion           409  no_deletion: the account's deletion has begun; it is not restored
    │   ├── KeyInFlight          409  key_in_flight: a request with this Idempotency-Key is being served
    │   └── KeyReused            422  key_reused: this Idempotency-Key was used with another body
    ├── Upstream                 502  a call to a service failed; the code is `<service>_<kind>`
    │   ├── Unavailable          503  unavailable: it did not happen; a retry is safe
    │   │   └── Busy             503  busy: the service is at its limit; may have `retry_after`
    │   ├── Ambiguous            503  ambiguous: it may have happened; find out before a retry
    │   ├── UpstreamNotFound     502  missing: the service does not know what the call names
    │   └── Failed               502  failed: it refused, or its answer is invalid; do not retry
    │       └── Rejected         502  failed: it answered 4xx, so that nothing happened
    └── Conflict                 503  conflict: a precondition of a commit failed; read and decide again

A use case handles `Conflict` and `UpstreamNotFound` itself where it can. Every other error reaches
the caller as `application/problem+json` (RFC 9457). Any exception outside this tree is a bug: it is
logged, and the caller gets a 500 without details.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from common.domain.ids import AvatarSessionId


class OprinaError(Exception):
    """Base of all errors. `detail` is shown to the caller.

    `retry_after` is in seconds. It is None if a retry does not help.
    """

    status: ClassVar[int] = 500
    code: str = "internal"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after

    def problem(self) -> dict[str, Any]:
        """Return the members of the problem document. Members that are None are left out."""
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
        """Return the members that only this kind of error has."""
        return {}


class Refused(OprinaError):
    """The request is refused, and nothing was changed."""


class Invalid(Refused):
    """The request is malformed. `fields` pairs the path of each wrong field with the problem."""

    code = "invalid"
    title = "Invalid request"

    def __init__(
        self, detail: str, *, status: int = 422, fields: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(detail)
        self.status = status  # type: ignore[misc]  # 400, 405, 408, 413 and 422 differ in nothing else
        self.fields = fields

    def extra(self) -> dict[str, Any]:
        errors = [{"field": name, "problem": problem} for name, problem in self.fields]
        return {"errors": errors or None}


class Unauthenticated(Refused):
    status = 401
    code = "unauthenticated"
    title = "Sign-in required"


class NotInvited(Refused):
    status = 403
    code = "not_invited"
    title = "Not invited"


class NotFound(Refused):
    status = 404
    code = "not_found"
    title = "Not found"


class QuotaExceeded(Refused):
    status = 429
    code = "quota_exceeded"
    title = "Monthly allowance used up"

    def __init__(self, detail: str, *, meter: str, resets_at: datetime) -> None:
        super().__init__(detail)
        self.meter = meter
        self.resets_at = resets_at

    def extra(self) -> dict[str, Any]:
        return {"meter": self.meter, "resets_at": self.resets_at.isoformat()}


class RateLimited(Refused):
    status = 429
    code = "rate_limited"
    title = "Too many requests"


class CapacityReached(Refused):
    """The whole project has used its ceiling of the day. `resets_at`: the next day begins, UTC."""

    status = 503
    code = "capacity_reached"
    title = "Daily capacity reached"

    def __init__(self, detail: str, *, resets_at: datetime, now: datetime) -> None:
        super().__init__(detail, retry_after=math.ceil((resets_at - now).total_seconds()))
        self.resets_at = resets_at

    def extra(self) -> dict[str, Any]:
        return {"resets_at": self.resets_at.isoformat()}


class SpendingStopped(Refused):
    status = 503
    code = "spending_stopped"
    title = "Stopped by the operator"


class TooManySessions(Refused):
    status = 429
    code = "too_many_sessions"
    title = "Session limit reached"

    def __init__(
        self, detail: str, *, sessions: Sequence[AvatarSessionId], retry_after: int
    ) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.sessions = sessions

    def extra(self) -> dict[str, Any]:
        return {"avatar_session_ids": list(self.sessions)}


class TooManyTurns(Refused):
    status = 429
    code = "too_many_turns"
    title = "Too many turns"


class NoTurn(Refused):
    status = 409
    code = "no_turn"
    title = "No turn is running"


class CannotReplace(Refused):
    status = 409
    code = "cannot_replace"
    title = "Message cannot be replaced"


class NoProposal(Refused):
    status = 409
    code = "no_proposal"
    title = "Nothing to confirm"


class AvatarStarting(Refused):
    status = 409
    code = "avatar_starting"
    title = "Avatar is starting"


class SessionOver(Refused):
    status = 409
    code = "session_over"
    title = "Avatar session ended"


class AccountClosing(Refused):
    status = 409
    code = "account_closing"
    title = "Account will be deleted"

    def __init__(self, detail: str, *, deletes_at: datetime) -> None:
        super().__init__(detail)
        self.deletes_at = deletes_at

    def extra(self) -> dict[str, Any]:
        return {"deletes_at": self.deletes_at.isoformat()}


class NoDeletion(Refused):
    status = 409
    code = "no_deletion"
    title = "Account cannot be restored"


class TooEarly(Refused):
    status = 425
    code = "too_early"
    title = "Not due yet"


class KeyInFlight(Refused):
    """`turn_id` and `conversation_id` name what runs under this key, where it is a turn."""

    status = 409
    code = "key_in_flight"
    title = "Idempotency-Key in use"

    def __init__(
        self,
        detail: str,
        *,
        retry_after: int,
        turn_id: str | None = None,
        conversation_id: str | None = None,
    ) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.turn_id = turn_id
        self.conversation_id = conversation_id

    def extra(self) -> dict[str, Any]:
        return {"turn_id": self.turn_id, "conversation_id": self.conversation_id}


class KeyReused(Refused):
    status = 422
    code = "key_reused"
    title = "Idempotency-Key used with another request"


class Upstream(OprinaError):
    """A call to `service` failed.

    `why` is shown to the caller and logged: never a body, a header or a secret.
    """

    status = 502
    kind: ClassVar[str] = "failed"
    title = "Upstream service failed"
    wait: ClassVar[int | None] = None
    """Seconds after which a retry makes sense, where the service does not say."""

    def __init__(self, service: str, why: str, *, retry_after: int | None = None) -> None:
        super().__init__(f"{service}: {why}", retry_after=retry_after or self.wait)
        self.service = service
        self.why = why
        self.code = f"{service}_{self.kind}"


class Unavailable(Upstream):
    status = 503
    kind = "unavailable"
    title = "Upstream service unavailable"
    wait = 2


class Busy(Unavailable):
    kind = "busy"
    title = "Upstream service busy"


class Ambiguous(Upstream):
    status = 503
    kind = "ambiguous"
    title = "Upstream result unknown"
    wait = 5


class UpstreamNotFound(Upstream):
    kind = "missing"


class Failed(Upstream):
    """The service refused, or its answer is invalid. `kind` may be narrower, such as `empty`."""

    def __init__(self, service: str, why: str, *, kind: str = "failed") -> None:
        self.kind = kind  # type: ignore[misc]  # the last word of the code
        super().__init__(service, why)


class Rejected(Failed):
    """The service answered with a 4xx: the call certainly had no effect."""


class UnsupportedVoice(Rejected):
    """The service has no such voice, or no voice for the language."""


class Conflict(OprinaError):
    """A precondition of a commit failed, and nothing of the commit was written."""

    status = 503
    code = "conflict"
    title = "Too many concurrent changes"


class StoredFailure(OprinaError):
    """The failure that an earlier request with the same Idempotency-Key was answered with."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(problem["detail"], retry_after=problem.get("retry_after"))
        self.status = problem["status"]  # type: ignore[misc]  # as it was answered
        self.title = problem["title"]  # type: ignore[misc]  # as it was answered
        self.code = problem["code"]
