"""The agent's sessions, as Agent Engine keeps them: named, owned by a user, with an expiry."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.local.simulators.agent_engine.google_api import GoogleError

DAY = 86_400.0
LEAST_TTL = DAY
DEFAULT_TTL = 365 * DAY
"""What users report who named none (googleapis/python-aiplatform #7119)."""

SESSION_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""Google documents `[a-z0-9-]`, at most 63, a letter or digit at the end, a letter at the start.
Its own are all digits, and ids that start with one are accepted in practice. Upper case and
underscores are refused (google/adk-python #6683).
"""


@dataclass
class Session:
    """`name` is the full resource name; `events` are ADK events, oldest first; times are epoch."""

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
        """The session as the REST API shows it; `ttl` is input only."""
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
        """The session as the agent's own methods show it (an ADK session)."""
        return {
            "id": self.id,
            "app_name": self.name.split("/")[5],
            "user_id": self.user_id,
            "state": self.state,
            "events": self.events if events else [],
            "last_update_time": self.updated,
        }

    def append(self, event: dict[str, Any]) -> None:
        """`temp:` keys of the event's state delta live for one turn and are stored nowhere."""
        delta = event.get("actions", {}).get("state_delta", {})
        self.state.update(lasting(delta))
        self.events.append(event)
        self.updated = max(self.updated, float(event["timestamp"]))


def lasting(delta: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in delta.items() if not key.startswith("temp:")}


def rfc3339(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


@dataclass
class Sessions:
    """All engines' sessions by name. What has expired is gone."""

    now: Callable[[], float]
    new_id: Callable[[], str]
    kept: dict[str, Session] = field(default_factory=dict)

    def create(self, engine: str, session_id: str | None, fields: Mapping[str, Any]) -> Session:
        """`fields` are those of the REST resource: userId, sessionState, ttl, expireTime, ..."""
        user_id = fields.get("userId")
        if not isinstance(user_id, str) or not user_id:
            raise GoogleError("INVALID_ARGUMENT", "Required field session.user_id is not set.")
        name = f"{engine}/sessions/{self._free_id(engine, session_id)}"
        now = self.now()
        self.kept[name] = Session(
            name=name,
            user_id=user_id,
            created=now,
            updated=now,
            expires=_expiry(fields, now),
            state=lasting(fields.get("sessionState") or {}),
            display_name=fields.get("displayName"),
            labels=fields.get("labels"),
        )
        return self.kept[name]

    def get(self, name: str) -> Session:
        session = self.find(name)
        if session is None:
            raise GoogleError("NOT_FOUND", f"Session with resource name {name} is not found.")
        return session

    def find(self, name: str) -> Session | None:
        session = self.kept.get(name)
        if session and session.expires <= self.now():
            del self.kept[name]
            return None
        return session

    def delete(self, name: str) -> None:
        del self.kept[self.get(name).name]

    def of(self, engine: str) -> Iterator[Session]:
        """Oldest first."""
        for name in [name for name in self.kept if name.startswith(f"{engine}/sessions/")]:
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


def _expiry(fields: Mapping[str, Any], now: float) -> float:
    ttl = fields.get("ttl")
    expire_time = fields.get("expireTime")
    if ttl is not None and expire_time is not None:
        raise GoogleError("INVALID_ARGUMENT", "Only one of ttl and expire_time may be set.")
    if ttl is None and expire_time is None:
        return now + DEFAULT_TTL
    expires = _moment(str(expire_time)) if ttl is None else now + _duration(str(ttl))
    if expires < now + LEAST_TTL:
        raise GoogleError("INVALID_ARGUMENT", "The expiration must be at least 24 hours away.")
    return expires


def _duration(text: str) -> float:
    """A protobuf duration: seconds, up to nine decimals, an `s`."""
    if not re.fullmatch(r"\d+(\.\d{1,9})?s", text):
        raise GoogleError("INVALID_ARGUMENT", f"Invalid value at 'session.ttl', {text!r}.")
    return float(text[:-1])


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"Invalid value at 'session.expire_time', {text!r}."
        raise GoogleError("INVALID_ARGUMENT", message) from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
