"""Agent Engine's sessions: named, owned by a user, with an expiry."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.local.simulators.google_api import GoogleError

DAY = 86_400.0
LEAST_TTL = DAY
DEFAULT_TTL = 365 * DAY
"""Time to live of a session without one, as users report it (python-aiplatform #7119)."""

SESSION_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""Google documents `[a-z0-9-]`, at most 63, a letter first and a letter or digit last.

Google's own ids are all digits, and ids that begin with a digit are accepted in practice. Upper case
and underscores are refused (google/adk-python #6683).
"""

UPDATABLE = ("displayName", "sessionState", "labels", "ttl", "expireTime")


@dataclass
class AgentSession:
    """A session. `name` is the resource name, `events` are ADK events, times are epoch seconds."""

    name: str
    user_id: str
    created: float
    updated: float
    expires: float
    state: dict[str, Any] = field(default_factory=dict)
    display_name: str | None = None
    labels: Mapping[str, str] | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.name.rpartition("/")[2]

    def resource(self) -> dict[str, Any]:
        """Return the session in the form of the REST API. `ttl` is input only."""
        members = {
            "name": self.name,
            "createTime": rfc3339(self.created),
            "updateTime": rfc3339(self.updated),
            "expireTime": rfc3339(self.expires),
            "userId": self.user_id,
            "displayName": self.display_name,
            "sessionState": self.state or None,
            "labels": self.labels,
        }
        return {key: value for key, value in members.items() if value is not None}

    def dump(self, *, events: bool) -> dict[str, Any]:
        """Return the session in the form of the agent's methods (an ADK session)."""
        return {
            "id": self.id,
            "app_name": self.name.split("/")[5],
            "user_id": self.user_id,
            "state": self.state,
            "events": self.events if events else [],
            "last_update_time": self.updated,
        }

    def append(self, event: dict[str, Any]) -> None:
        """Append an ADK event and apply its state delta. `temp:` keys are not stored."""
        delta = event.get("actions", {}).get("state_delta", {})
        self.state.update(drop_temporary(delta))
        self.events.append(event)
        self.updated = max(self.updated, float(event["timestamp"]))


def drop_temporary(delta: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state delta without its `temp:` keys."""
    return {key: value for key, value in delta.items() if not key.startswith("temp:")}


def rfc3339(moment: float) -> str:
    """Format epoch seconds as RFC 3339, in UTC."""
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


def parse_moment(text: str, name: str) -> float:
    """Parse RFC 3339 to epoch seconds. Raises GoogleError that names the field `name`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"Invalid value at '{name}', {text!r}."
        raise GoogleError("INVALID_ARGUMENT", message) from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


@dataclass
class AgentSessions:
    """The sessions of all engines, by name. An expired session does not exist."""

    now: Callable[[], float]
    new_id: Callable[[], str]
    stored: dict[str, AgentSession] = field(default_factory=dict)

    def create(
        self, engine: str, session_id: str | None, fields: Mapping[str, Any]
    ) -> AgentSession:
        """Create a session from the fields of the REST resource (`userId`, `ttl`, ...).

        Raises GoogleError: INVALID_ARGUMENT, ALREADY_EXISTS.
        """
        user_id = fields.get("userId")
        if not isinstance(user_id, str) or not user_id:
            raise GoogleError("INVALID_ARGUMENT", "Required field session.user_id is not set.")
        name = f"{engine}/sessions/{self._free_id(engine, session_id)}"
        now = self.now()
        expires = _expiry(fields, now)
        self.stored[name] = AgentSession(
            name=name,
            user_id=user_id,
            created=now,
            updated=now,
            expires=now + DEFAULT_TTL if expires is None else expires,
            state=drop_temporary(fields.get("sessionState") or {}),
            display_name=fields.get("displayName"),
            labels=fields.get("labels"),
        )
        return self.stored[name]

    def update(self, name: str, fields: Mapping[str, Any], mask: set[str] | None) -> AgentSession:
        """Update the fields of a session that `mask` names; all that are given if it is None.

        Raises GoogleError: NOT_FOUND, INVALID_ARGUMENT.
        """
        session = self.get(name)
        chosen = {key for key in UPDATABLE if fields.get(key) is not None} if mask is None else mask
        for key in chosen - set(UPDATABLE):
            raise GoogleError("INVALID_ARGUMENT", f"Field {key!r} cannot be updated.")
        now = self.now()
        expires = _expiry({key: fields.get(key) for key in chosen}, now)
        if expires is not None:
            session.expires = expires
        if "displayName" in chosen:
            session.display_name = fields.get("displayName")
        if "labels" in chosen:
            session.labels = fields.get("labels")
        if "sessionState" in chosen:
            session.state = drop_temporary(fields.get("sessionState") or {})
        session.updated = now
        return session

    def get(self, name: str) -> AgentSession:
        """Return a session. Raises GoogleError(NOT_FOUND)."""
        session = self.find(name)
        if session is None:
            raise GoogleError("NOT_FOUND", f"Session with resource name {name} is not found.")
        return session

    def find(self, name: str) -> AgentSession | None:
        """Return a session, or None if it does not exist."""
        session = self.stored.get(name)
        if session and session.expires <= self.now():
            del self.stored[name]
            return None
        return session

    def delete(self, name: str) -> None:
        """Delete a session. Raises GoogleError(NOT_FOUND)."""
        del self.stored[self.get(name).name]

    def of(self, engine: str) -> Iterator[AgentSession]:
        """Yield an engine's sessions, oldest first."""
        for name in [name for name in self.stored if name.startswith(f"{engine}/sessions/")]:
            if session := self.find(name):
                yield session

    def _free_id(self, engine: str, wanted: str | None) -> str:
        if wanted is None:
            return self.new_id()
        if not SESSION_ID.fullmatch(wanted):
            raise GoogleError("INVALID_ARGUMENT", f"Invalid session id: {wanted!r}.")
        if self.find(f"{engine}/sessions/{wanted}"):
            raise GoogleError("ALREADY_EXISTS", f"Session {wanted} already exists.")
        return wanted


def _expiry(fields: Mapping[str, Any], now: float) -> float | None:
    """Return the time of expiry that `ttl` or `expireTime` gives; None if neither is given.

    Raises GoogleError(INVALID_ARGUMENT), also for less than 24 hours.
    """
    ttl = fields.get("ttl")
    expire_time = fields.get("expireTime")
    if ttl is not None and expire_time is not None:
        raise GoogleError("INVALID_ARGUMENT", "Only one of ttl and expire_time may be set.")
    if ttl is None and expire_time is None:
        return None
    if ttl is None:
        expires = parse_moment(str(expire_time), "session.expire_time")
    else:
        expires = now + _duration(str(ttl))
    if expires < now + LEAST_TTL:
        raise GoogleError("INVALID_ARGUMENT", "The expiration must be at least 24 hours away.")
    return expires


def _duration(text: str) -> float:
    """Parse a protobuf duration: seconds with up to nine decimals, and an `s`."""
    if not re.fullmatch(r"\d+(\.\d{1,9})?s", text):
        raise GoogleError("INVALID_ARGUMENT", f"Invalid value at 'session.ttl', {text!r}.")
    return float(text[:-1])
