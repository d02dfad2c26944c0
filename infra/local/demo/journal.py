"""What the avatar's provider saw of it all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """One session in the simulator's journal."""

    session: Json

    @property
    def utterances(self) -> Sequence[Json]:
        found: Sequence[Json] = self.session["utterances"]
        return found

    def whole(self) -> list[Json]:
        return [each for each in self.utterances if each["ended_at"] and not each["interrupted"]]

    def cut(self) -> list[Json]:
        """Those that were being said when silence was asked for."""
        return [each for each in self.utterances if each["interrupted"] and each["started_at"]]

    def unsaid(self) -> list[Json]:
        return [each for each in self.utterances if each["interrupted"] and not each["started_at"]]

    def silent_after(self, moment: float) -> float | None:
        """Seconds from `moment` (since 1970) until the first utterance that was cut went silent."""
        ends = [datetime.fromisoformat(each["ended_at"]).timestamp() for each in self.cut()]
        return min(ends) - moment if ends else None


def seen(journal: Json, session_id: str) -> Seen:
    """Raises StopIteration where the provider never heard of it."""
    return Seen(next(each for each in journal["sessions"] if each["session_id"] == session_id))
