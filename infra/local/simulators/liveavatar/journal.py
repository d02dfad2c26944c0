"""What arrived at the provider, and when. Never a token, a key or a header."""

import io
import wave
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from infra.local.simulators.liveavatar.playback import SAMPLE_RATE, Utterance
from infra.local.simulators.liveavatar.sessions import Session

Entry = dict[str, Any]
Moment = Callable[[float], datetime]

TOLD = (
    "mode",
    "avatar_id",
    "is_sandbox",
    "video_settings",
    "max_session_duration",
    "session_id",
    "reason",
)
"""The fields of a request's body that the journal may tell."""


class Journal:
    """`utc` dates a moment; `origin` is the moment from which `seconds` count."""

    def __init__(self, utc: Moment, origin: float, *, keep: int = 10_000) -> None:
        self._utc = utc
        self._origin = origin
        self._entries: deque[Entry] = deque(maxlen=keep)

    def add(self, at: float, kind: str, **fields: Any) -> Entry:  # noqa: ANN401 - JSON-like
        """`kind`: request, socket_opened, socket_closed, message (they sent) or event (we sent)."""
        entry: Entry = {"at": self._iso(at), "seconds": self._since(at), "kind": kind, **fields}
        self._entries.append(entry)
        return entry

    def entries(self, session_id: str | None) -> list[Entry]:
        return [
            entry
            for entry in self._entries
            if session_id is None or entry.get("session_id") == session_id
        ]

    def session(self, session: Session, now: float, sockets: int) -> dict[str, Any]:
        return {
            "session_id": session.id,
            "state": session.state,
            "mode": session.mode,
            "avatar_id": session.avatar_id,
            "is_sandbox": session.sandbox,
            "max_session_duration": int(session.max_seconds),
            "created_at": self._iso(session.created),
            "started_at": self._iso(session.started),
            "ended_at": self._iso(session.ended),
            "end_reason": session.end_reason,
            "seconds": round(session.seconds(now), 3),
            "credits": session.credits(now),
            "sockets": sockets,
            "utterances": [self._utterance(each) for each in session.playback.utterances],
        }

    def _utterance(self, utterance: Utterance) -> dict[str, Any]:
        return {
            "event_id": utterance.event_id,
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


def wav(session: Session, event_id: str) -> bytes | None:
    """All that came under this id, in order; None where nothing did, or is kept no longer."""
    named = [each for each in session.playback.utterances if each.event_id == event_id]
    heard = [each.audio for each in named if each.audio is not None]
    if not heard or len(heard) < len(named):
        return None
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(b"".join(heard))
    return file.getvalue()


class AudioShelf:
    """Keeps at most `limit` bytes of audio: the oldest utterances lose theirs first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._kept: deque[Utterance] = deque()

    def grown(self, utterance: Utterance, by: int) -> None:
        if utterance.audio is None:
            return
        self._kept.append(utterance)
        self._size += by
        while self._size > self._limit:
            oldest = self._kept.popleft()
            self._size -= len(oldest.audio or b"")
            oldest.audio = None
