"""The messages in which the provider tells its clients of a session's events.

What was seen in real sessions differs between sources and years: see `Dialect` and `IdHabit`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.local.simulators.liveavatar.playback import EventKind, Pose, SessionEvent
from infra.local.simulators.liveavatar.settings import Dialect, IdHabit

Message = dict[str, Any]

BUFFER: dict[EventKind, str] = {
    "appended": "agent.audio_buffer_appended",
    "committed": "agent.audio_buffer_committed",
    "cleared": "agent.audio_buffer_cleared",
}
SPEECH: dict[EventKind, str] = {
    "started": "agent.speak_started",
    "ended": "agent.speak_ended",
    "interrupted": "agent.speak_interrupted",
}


@dataclass(frozen=True)
class EventFormatter:
    """Formats events in one dialect. `new_id` makes the ids of the provider's own."""

    dialect: Dialect
    ids: IdHabit
    new_id: Callable[[], str]

    def messages(self, event: SessionEvent) -> list[Message]:
        """Return the messages of one event, in order. Some dialects have none for it."""
        if event.kind in {"connected", "closed"}:
            return [session_state(event.kind)]
        if event.kind in BUFFER:
            return [self._about(BUFFER[event.kind], event)]
        if event.kind in SPEECH:
            return self._speech(event)
        if event.kind == "starved":
            return [error("video_starvation", "Audio arrived too slowly", event.source)]
        return [] if event.poses is None else self._poses(*event.poses)

    def _speech(self, event: SessionEvent) -> list[Message]:
        if self.dialect == "state":
            return []
        messages = [self._about(SPEECH[event.kind], event)]
        if self.dialect == "speak" and event.kind == "interrupted":
            messages.append(self._about(SPEECH["ended"], event))
        return messages

    def _about(self, kind: str, event: SessionEvent) -> Message:
        message = {"type": kind, **self._ids(event.source)}
        if event.utterance is not None and self.dialect != "state":
            message["task"] = {"id": f"task-{event.utterance.number}"}
        return message

    def _ids(self, source: str | None) -> Message:
        if self.ids == "echo" and source is not None:
            return {"event_id": source}
        if self.ids == "source":
            return {"event_id": self.new_id(), "source_event_id": source}
        return {"event_id": self.new_id()}

    def _poses(self, before: Pose, pose: Pose) -> list[Message]:
        if self.dialect != "speak":
            poses = {"previous_state": before, "new_state": pose}
            return [{"type": "agent.state_updated", **self._ids(None), **poses}]
        if "idle" not in {before, pose}:
            return []
        kind = "agent.idle_started" if pose == "idle" else "agent.idle_ended"
        return [{"type": kind, **self._ids(None)}]


def session_state(state: str) -> Message:
    """Return `session.state_updated`."""
    return {"type": "session.state_updated", "state": state}


def error(kind: str, message: str, event_id: str | None = None) -> Message:
    """Return `error` about the client's message `event_id`."""
    return {"type": "error", "error": {"type": kind, "message": message, "event_id": event_id}}


def warning(kind: str, message: str) -> Message:
    """Return `warning`, which is no failure."""
    return {"type": "warning", "warning": {"type": kind, "message": message}}
