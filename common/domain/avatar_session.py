"""One run of the avatar, from the session token to the charge. Every change of state is pure.

    starting ──► live ──► ending ──► ended
        └───────────────────▲

`due_at` is when a sweep must look at the session again: the one field that the sweep asks by. The
commit that ends a session moves it from `avatar_sessions` to `ended_sessions`. An ended session is
due again only while something is left to do: the provider's seconds to confirm, a secret to delete.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from common.domain import deadlines
from common.domain.documents import LATEST, NEVER, Document, Fields, read_fields
from common.domain.ids import (
    LOST_CONVERSATION,
    NO_CONVERSATION,
    NO_SESSION,
    NO_USER,
    AvatarSessionId,
    ConversationId,
    UserId,
)
from common.domain.quota import month_of

State = Literal["starting", "live", "ending", "ended"]
EndReason = Literal[
    "user", "expired", "idle", "stuck", "gone", "start_failed", "start_ambiguous", "stopped"
]

NEVER_GIVEN: tuple[EndReason, ...] = ("start_failed", "start_ambiguous")
"""The session ended before its answer reached a caller: it costs its user nothing."""

STUCK_SECONDS = 60
"""A start takes seconds; one that takes this long has lost its process."""
STOP_AGAIN_SECONDS = 30
"""A stop that was not confirmed is tried again after this long."""
CONFIRM_AGAIN_SECONDS = 60
CONFIRM_FOR = timedelta(hours=24)
"""The provider is asked for this long how long a session ran."""
LEAVING = timedelta(seconds=20)
"""A page that reloads takes its leaving back within this time."""
LEEWAY = timedelta(minutes=5)
"""This long after its expiry the provider has ended a session by its own limit."""


@dataclass(frozen=True)
class AvatarSession:
    """`reserved` and `seconds` are whole seconds; times are UTC.

    `vault` is what the vault wants to have kept beside the session. `month` is the ledger that
    holds the reservation.
    """

    id: AvatarSessionId
    uid: UserId = NO_USER
    conversation_id: ConversationId = NO_CONVERSATION
    avatar_id: str = ""
    voice: str = ""
    language: str = ""
    quality: str = ""
    slot: int = 0
    month: str = ""
    reserved: int = 0
    state: State = "live"
    created_at: datetime = NEVER
    last_activity_at: datetime = NEVER
    expires_at: datetime = NEVER
    due_at: datetime | None = None
    idle_seconds: int = 0
    """The longest time without activity, as it was promised at the start. 0: stored before it was."""
    leaves_at: datetime | None = None
    """The page said that it leaves: the session ends then, unless it is kept alive before."""
    started_at: datetime | None = None
    """When the provider was asked to start it: never later than it began to bill."""
    live_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    seconds: int = 0
    vault: dict[str, str] = field(default_factory=dict, repr=False)
    claim: str | None = None
    """The path of the idempotency claim of its start, until the start is answered."""
    unconfirmed: bool = False
    """The charge is ours: the provider has not said how long the session ran."""
    share: str = ""
    """The path of the shard that holds its seconds of the project's ceiling."""
    secret_left: bool = False
    """The deletion of its tokens failed."""

    @property
    def path(self) -> str:
        return session_path(self.id)

    @classmethod
    def read(cls, document: Document) -> Self:
        found = read_fields(cls, document)
        found.setdefault("conversation_id", LOST_CONVERSATION)
        found.setdefault("month", month_of(found.get("created_at", NEVER)))
        if document.path == record_path(AvatarSessionId(document.id)):
            found.setdefault("state", "ended")
        return cls(id=AvatarSessionId(document.id), **found)

    def idle(self, default: int) -> timedelta:
        """Return the longest time without activity. `default`, in seconds, is for old documents."""
        return timedelta(seconds=self.idle_seconds or default)

    def is_past_its_start(self, now: datetime) -> bool:
        """Return True if the session began, or was asked for too long ago to begin now."""
        stuck = self.created_at + timedelta(seconds=STUCK_SECONDS)
        return self.started_at is not None or stuck <= now

    def fields(self) -> dict[str, Any]:
        return {name.name: getattr(self, name.name) for name in fields(self) if name.name != "id"}

    def record(self) -> dict[str, Any]:
        """Return the document of a session that has ended.

        It has a `due_at` only if something is left to do.
        """
        kept = self.fields()
        for name in ("vault", "claim"):
            del kept[name]
        if self.due_at is None:
            del kept["due_at"]
        return kept


def session_path(session: AvatarSessionId) -> str:
    """Return the path of a session that has not ended."""
    return f"avatar_sessions/{session}"


def record_path(session: AvatarSessionId) -> str:
    """Return the path of a session that has ended."""
    return f"ended_sessions/{session}"


def session_paths(session: AvatarSessionId) -> list[str]:
    """Return the paths of a session before and after its end. At most one document exists."""
    return [session_path(session), record_path(session)]


def session_among(documents: Mapping[str, Document], session: AvatarSessionId) -> Document:
    """Return the session's document or its record, of what was read at `session_paths`.

    A path that was not read is known not to exist: the session was just created.
    """
    running, record = (documents.get(path, Document(path, None)) for path in session_paths(session))
    return record if record.exists else running


def slot_path(user: UserId, slot: int) -> str:
    return f"users/{user}/slots/{slot}"


@dataclass(frozen=True)
class TakenSlot:
    """The document `users/{uid}/slots/{n}`: the session that holds the slot."""

    avatar_session_id: AvatarSessionId = NO_SESSION
    conversation_id: ConversationId = LOST_CONVERSATION
    since: datetime | None = None
    expires_at: datetime = LATEST
    uid: UserId = NO_USER

    @classmethod
    def read(cls, document: Document) -> Self:
        return cls(**read_fields(cls, document))

    @classmethod
    def of(cls, session: AvatarSession) -> Self:
        return cls(
            avatar_session_id=session.id,
            conversation_id=session.conversation_id,
            since=session.created_at,
            expires_at=session.expires_at,
            uid=session.uid,
        )

    def fields(self) -> dict[str, Any]:
        return asdict(self)


def go_live(session: AvatarSession, now: datetime, idle: timedelta, vault: Fields) -> AvatarSession:
    live = replace(session, state="live", live_at=now, vault=dict(vault), claim=None)
    return touch(live, now, idle)


def touch(session: AvatarSession, now: datetime, idle: timedelta) -> AvatarSession:
    """Note that the user did something: the session is idle only `idle` later."""
    due_at = max(session.due_at or now, now + idle)
    if session.state == "live" and session.live_at == now:
        due_at = now + idle
    due_at = min(session.expires_at, due_at)
    return replace(session, last_activity_at=now, due_at=due_at, leaves_at=None)


def leave(session: AvatarSession, now: datetime) -> AvatarSession:
    """Note that the page leaves. It never lengthens the session, and a second time changes nothing."""
    leaves_at = min(session.leaves_at or session.expires_at, now + LEAVING)
    return replace(session, leaves_at=leaves_at, due_at=min(session.due_at or leaves_at, leaves_at))


def begin_ending(session: AvatarSession, now: datetime, reason: EndReason) -> AvatarSession:
    """Return the session as ending.

    The process that commits it stops the session; another may try after `STOP_AGAIN_SECONDS`.
    """
    return replace(
        session,
        state="ending",
        end_reason=session.end_reason or reason,
        due_at=now + timedelta(seconds=STOP_AGAIN_SECONDS),
    )


def end(
    session: AvatarSession, now: datetime, ran: float | None, *, secret_left: bool = False
) -> AvatarSession:
    """Mark as ended and compute the charge in whole seconds.

    A session is charged the time that it ran, rounded up, at most its reservation. It is charged 0 if
    it was never handed to its user.

    `ran` is the provider's figure. Without it our own clock decides, from before the start was
    asked for to after the stop was answered, and the charge is confirmed later.
    """
    given = session.live_at is not None and session.end_reason not in NEVER_GIVEN
    unconfirmed = given and ran is None
    seconds = 0
    if given:
        ran = (now - (session.started_at or now)).total_seconds() if ran is None else ran
        seconds = min(session.reserved, max(0, math.ceil(ran)))
    left = unconfirmed or secret_left
    return replace(
        session,
        state="ended",
        ended_at=now,
        seconds=seconds,
        due_at=now + timedelta(seconds=CONFIRM_AGAIN_SECONDS) if left else None,
        unconfirmed=unconfirmed,
        secret_left=secret_left,
        vault={},
    )


def why_due(
    session: AvatarSession, active_at: datetime | None, now: datetime, idle: timedelta
) -> EndReason | None:
    """Return why a sweep should end the session now; None if it should not.

    `active_at` is when its conversation was last active, where that uses this session; the present
    while a turn runs in it.
    """
    if session.due_at is None or session.due_at > now or session.state == "ended":
        return None
    if session.state != "live":
        return session.end_reason or "stuck"
    if session.expires_at <= now:
        return "expired"
    if session.leaves_at is not None and session.leaves_at <= now:
        return "idle"
    return "idle" if last_active(session, active_at) + idle <= now else None


def last_active(session: AvatarSession, active_at: datetime | None) -> datetime:
    return max(session.last_activity_at, active_at) if active_at else session.last_activity_at


def free_at(session: AvatarSession, active_at: datetime | None, idle: timedelta) -> datetime:
    """Return when the session's slot is free at the latest, unless the session is used again.

    `active_at` is as in `why_due`. The sweep ends a session that is idle, that its page has left, or
    whose start died. It comes once a minute.
    """
    due_at = session.due_at or session.expires_at
    if session.state == "live":
        idle_at = max(due_at, last_active(session, active_at) + idle)
        due_at = min(session.leaves_at or idle_at, idle_at)
    return min(session.expires_at, due_at + timedelta(seconds=deadlines.SWEEP))
