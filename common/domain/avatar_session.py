"""One run of the avatar, from the ticket to the charge. Every change of state is a pure function.

    starting ──► live ──► ending ──► ended
        └───────────────────▲

`due_at` is when a sweep must look at the session again: the one field that the sweep asks by. What
has ended is never due: the commit that ends a session moves it out of the sweep's way, from
`avatar_sessions` to `ended_sessions`. Its log stays where it was.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from common.domain.documents import Document, Fields
from common.domain.ids import AvatarSessionId, ConversationId, UserId

State = Literal["starting", "live", "ending", "ended"]
EndReason = Literal["user", "expired", "idle", "stuck", "gone", "start_failed", "start_ambiguous"]

NEVER_GIVEN: tuple[EndReason, ...] = ("start_failed", "start_ambiguous")
"""Ended before anybody was handed it: it costs its user nothing."""

STUCK_SECONDS = 60
"""A start takes seconds; one that takes this long has lost its process."""
STOP_AGAIN_SECONDS = 30
"""A stop that was not confirmed is tried again after this long."""


@dataclass(frozen=True)
class AvatarSession:
    """`reserved` and `seconds` are whole seconds; times are UTC. `vault` is what the vault wants to
    have kept beside the session. `month` is the ledger that holds the reservation."""

    id: AvatarSessionId
    uid: UserId
    conversation_id: ConversationId
    avatar_id: str
    voice: str
    language: str
    quality: str
    slot: int
    month: str
    reserved: int
    state: State
    created_at: datetime
    last_activity_at: datetime
    expires_at: datetime
    due_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    seconds: int = 0
    vault: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def path(self) -> str:
        return session_path(self.id)

    @classmethod
    def read(cls, document: Document) -> Self:
        known = {name.name for name in fields(cls)} - {"id"}
        kept = {name: value for name, value in (document.fields or {}).items() if name in known}
        return cls(id=AvatarSessionId(document.id), **kept)

    def fields(self) -> dict[str, Any]:
        return {name.name: getattr(self, name.name) for name in fields(self) if name.name != "id"}

    def record(self) -> dict[str, Any]:
        """What is kept of one that has ended: all but what only a running one needs."""
        kept = self.fields()
        del kept["due_at"], kept["vault"]
        return kept


def session_path(session: AvatarSessionId) -> str:
    """Where it stands until it has ended."""
    return f"avatar_sessions/{session}"


def record_path(session: AvatarSessionId) -> str:
    """Where it stands once it has ended."""
    return f"ended_sessions/{session}"


def session_paths(session: AvatarSessionId) -> list[str]:
    """For one trip to the store, whatever has become of it."""
    return [session_path(session), record_path(session)]


def session_among(documents: Mapping[str, Document], session: AvatarSessionId) -> Document:
    """The session, of what stood at `session_paths`."""
    running, record = (documents[path] for path in session_paths(session))
    return record if record.exists else running


def slot_path(user: UserId, slot: int) -> str:
    return f"users/{user}/slots/{slot}"


def gone_live(
    session: AvatarSession, now: datetime, idle: timedelta, vault: Fields
) -> AvatarSession:
    live = replace(session, state="live", started_at=now, vault=dict(vault))
    return touched(live, now, idle)


def touched(session: AvatarSession, now: datetime, idle: timedelta) -> AvatarSession:
    new = touch(session.expires_at, now, idle)
    return replace(session, last_activity_at=new["last_activity_at"], due_at=new["due_at"])


def touch(expires_at: datetime, now: datetime, idle: timedelta) -> dict[str, datetime]:
    """What changes in a live session when its user does something."""
    return {"last_activity_at": now, "due_at": min(expires_at, now + idle)}


def ending(session: AvatarSession, now: datetime, reason: EndReason) -> AvatarSession:
    """Taken by whoever is about to stop it; the next one may try after `STOP_AGAIN_SECONDS`."""
    return replace(
        session,
        state="ending",
        end_reason=session.end_reason or reason,
        due_at=now + timedelta(seconds=STOP_AGAIN_SECONDS),
    )


def ended(session: AvatarSession, now: datetime, ran: float | None = None) -> AvatarSession:
    """With what it is charged: the seconds it ran, whole ones, at most its reservation, and nothing
    if it never went live. `ran` is the provider's own figure, where it was asked."""
    seconds = 0
    if session.started_at is not None and session.end_reason not in NEVER_GIVEN:
        ran = (now - session.started_at).total_seconds() if ran is None else ran
        seconds = min(session.reserved, max(0, math.ceil(ran)))
    return replace(session, state="ended", ended_at=now, seconds=seconds, due_at=None, vault={})


def why_due(session: AvatarSession, now: datetime) -> EndReason | None:
    """Why a sweep should end the session now; None if it should not."""
    if session.due_at is None or session.due_at > now or session.state == "ended":
        return None
    if session.state != "live":
        return session.end_reason or "stuck"
    return "expired" if session.expires_at <= now else "idle"
