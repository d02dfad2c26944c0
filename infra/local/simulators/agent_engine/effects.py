"""Journal of the effects that the agent's tools had outside the engine."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Effect:
    """One run of a tool that cannot be undone. `at` is in seconds since 1970."""

    tool: str
    args: Mapping[str, Any]
    call_id: str
    invocation_id: str
    session_id: str
    user_id: str
    at: float


class Effects:
    """Effects in the order in which their tools began to run."""

    def __init__(self) -> None:
        self._effects: list[Effect] = []

    def record(self, effect: Effect) -> None:
        """Append an effect."""
        self._effects.append(effect)

    def clear(self) -> None:
        """Forget every effect."""
        self._effects.clear()

    def __iter__(self) -> Iterator[Effect]:
        return iter(self._effects)

    def __len__(self) -> int:
        return len(self._effects)

    def as_json(self) -> list[dict[str, Any]]:
        """Return the effects as JSON objects."""
        return [asdict(effect) for effect in self._effects]
