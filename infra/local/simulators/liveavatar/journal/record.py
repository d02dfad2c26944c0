"""The journal: what arrived at the provider, and when. Never a token, a key or a header."""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from infra.local.simulators.liveavatar.playback import AvatarUtterance
from infra.local.simulators.liveavatar.session import LiveAvatarSession

JournalEntry = dict[str, Any]
Moment = Callable[[float], datetime]

SHOWN_FIELDS = (
    "mode",
    "avatar_id",
    "is_sandbox",
    "video_settings",
    "max_session_duration",
    "session_id",
    "reason",
)
"""The fields of a request's body that the journal may show."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KEPT_ENTRIES = 10_000


class AccountJournal:
    """The account's journal. `utc` dates a moment; `origin` is the moment at which `seconds` is 0.

    It keeps the newest `KEPT_ENTRIES`. Counts of calls, and figures of sessions and utterances, are
    complete.
    """

    def __init__(self, utc: Moment, origin: float) -> None:
        self._utc = utc
        self._origin = origin
        self._entries: deque[JournalEntry] = deque(maxlen=KEPT_ENTRIES)
        self._calls: Counter[str] = Counter()

    def add(self, at: float, kind: str, **fields: Any) -> JournalEntry:  # noqa: ANN401 - JSON-like
        """Add an entry and return it.

        `kind`: request, socket_opened, socket_closed, message (from the client) or event (to it).
        """
        entry: JournalEntry = {
            "at": self._iso(at),
            "seconds": self._since(at),
            "kind": kind,
            **fields,
        }
        self._entries.append(entry)
        return entry

    def count_call(self, method: str, path: str) -> None:
        """Count an HTTP call, under its path with `{id}` for ids."""
        self._calls[f"{method} {_ID.sub('{id}', path)}"] += 1

    def entries(self, session_id: str | None) -> list[JournalEntry]:
        """Return the entries of a session, or all."""
        return [
            entry
            for entry in self._entries
            if session_id is None or entry.get("session_id") == session_id
        ]

    def session(self, session: LiveAvatarSession, now: float) -> dict[str, Any]:
        """Return a session and its utterances.

        `seconds` is how long it ran, `billed_seconds` the whole seconds of it that the provider
        reports, `played_seconds` the speech that was played.
        """
        utterances = session.playback.utterances
        return {
            "session_id": session.id,
            "state": session.state,
            "mode": session.plan.mode,
            "avatar_id": session.plan.avatar_id,
            "is_sandbox": session.plan.sandbox,
            "room": session.plan.room,
            "max_session_duration": int(session.max_seconds),
            "created_at": self._iso(session.created),
            "started_at": self._iso(session.started),
            "ended_at": self._iso(session.ended),
            "end_reason": session.end_reason,
            "seconds": round(session.seconds(now), 3),
            "billed_seconds": int(session.seconds(now)),
            "credits": session.credits(now),
            "played_seconds": round(sum(each.played for each in utterances), 3),
            "sockets": session.sockets,
            "utterances": [self._utterance(each) for each in utterances],
        }

    def totals(self, sessions: Iterable[LiveAvatarSession], now: float) -> dict[str, Any]:
        """Return the account's figures over all sessions that were started, and its calls."""
        started = [each for each in sessions if each.started is not None]
        spoken = [each for session in started for each in session.playback.utterances]
        return {
            "sessions": len(started),
            "running": sum(each.state == "running" for each in started),
            "seconds": round(sum(each.seconds(now) for each in started), 3),
            "billed_seconds": sum(int(each.seconds(now)) for each in started),
            "credits": sum(each.credits(now) for each in started),
            "utterances": len(spoken),
            "audio_seconds": round(sum(each.seconds for each in spoken), 3),
            "played_seconds": round(sum(each.played for each in spoken), 3),
            "calls": dict(sorted(self._calls.items())),
        }

    def _utterance(self, utterance: AvatarUtterance) -> dict[str, Any]:
        return {
            "event_id": utterance.name,
            "audio_seconds": round(utterance.seconds, 3),
            "played_seconds": round(utterance.played, 3),
            "chunks": utterance.chunks,
            "first_chunk_at": self._iso(utterance.first_chunk),
            "started_at": self._iso(utterance.started),
            "ended_at": self._iso(utterance.ended),
            "interrupted": utterance.interrupted,
        }

    def _iso(self, at: float | None) -> str | None:
        return None if at is None else self._utc(at).isoformat(timespec="milliseconds")

    def _since(self, at: float) -> float:
        return round(at - self._origin, 4)
