"""Writing tools propose first. They act when the user has confirmed exactly the same arguments."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from infra.agent.assistant.google.turn_state import TurnState

REMEMBERED = 10_000


def digest_of(tool: str, arguments: Mapping[str, Any]) -> str:
    """Return the hash of an action.

    The backend has the same function (common/domain/google/proposal.py).
    """
    text = json.dumps([tool, arguments], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class Confirmations:
    """The confirmations that this process has used: a model may repeat a call within one turn."""

    def __init__(self) -> None:
        self._used: OrderedDict[tuple[str, str], None] = OrderedDict()

    def take(self, turn: TurnState, tool: str, arguments: Mapping[str, Any]) -> bool:
        """Return True once in a turn, if the user has confirmed this action."""
        digest = digest_of(tool, arguments)
        if turn.confirmed != digest or (turn.turn, digest) in self._used:
            return False
        self._used[turn.turn, digest] = None
        if len(self._used) > REMEMBERED:
            self._used.popitem(last=False)
        return True

    def was_used(self, turn: TurnState, tool: str, arguments: Mapping[str, Any]) -> bool:
        return (turn.turn, digest_of(tool, arguments)) in self._used


def proposal(tool: str, title: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of a tool that has done nothing yet."""
    return {
        "status": "Not done yet: the user must confirm. Say what you would do, and ask.",
        "summary": "Asks before it acts",
        "proposal": {"tool": tool, "title": title, "arguments": dict(arguments)},
    }
