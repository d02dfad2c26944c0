"""The conversation in the journal of the avatar provider's simulator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class SessionJournal:
    """One session of the journal, with its utterances."""

    session: Json

    @property
    def utterances(self) -> Sequence[Json]:
        utterances: Sequence[Json] = self.session["utterances"]
        return utterances

    @property
    def complete(self) -> list[Json]:
        return [each for each in self.utterances if each["ended_at"] and not each["interrupted"]]

    @property
    def interrupted(self) -> list[Json]:
        """The utterances whose playback an interruption stopped."""
        return [each for each in self.utterances if each["interrupted"] and each["started_at"]]

    @property
    def dropped(self) -> list[Json]:
        """The utterances that an interruption removed before their playback."""
        return [each for each in self.utterances if each["interrupted"] and not each["started_at"]]

    def seconds_to_silence(self, moment: float) -> float | None:
        """Return the seconds from `moment` (since 1970) until the first interruption took effect."""
        ends = [datetime.fromisoformat(each["ended_at"]).timestamp() for each in self.interrupted]
        return min(ends) - moment if ends else None


def find_session(journal: Json, session_id: str) -> SessionJournal:
    """Return the session's journal. Raises StopIteration if there is none."""
    sessions = (each for each in journal["sessions"] if each["session_id"] == session_id)
    return SessionJournal(next(sessions))
