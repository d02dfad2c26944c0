"""An action that a tool of the agent proposed, and that a person may confirm: once, for ten minutes.

The proposal stands in the turn that it was made in. Its answer is used up in the commit that admits
the turn of the answer. The tool acts only if the turn's `temp:confirmed` is the digest of its own
arguments.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from common.domain.documents import known_fields

LIFE = timedelta(minutes=10)
MOST_CHARACTERS = 16_000
"""The longest JSON of a proposal's arguments."""
NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Proposal:
    """`arguments` is JSON. `used_by` is the turn of the answer."""

    id: str = ""
    tool: str = ""
    title: str = ""
    arguments: str = "{}"
    expires_at: datetime = NO_TIME
    used_by: str | None = None

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(**{**known_fields(cls, stored), "id": stored.get("id", "")})

    def fields(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def digest(self) -> str:
        return digest_of(self.tool, json.loads(self.arguments))

    def awaits_answer(self, now: datetime) -> bool:
        return self.used_by is None and self.expires_at > now

    def is_open(self, now: datetime, turn: str) -> bool:
        """Return True if `turn` may use the proposal, or has used it in an earlier attempt."""
        return self.used_by == turn or self.awaits_answer(now)


def digest_of(tool: str, arguments: Mapping[str, Any]) -> str:
    """Return the hash that a tool compares with `temp:confirmed`.

    The agent has the same function (infra/agent/assistant/google/proposals.py).
    """
    text = json.dumps([tool, arguments], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def propose(
    proposal: str, tool: str, title: str, arguments: Mapping[str, Any], now: datetime
) -> Proposal | None:
    """Return a new proposal; None if its arguments are too long to be stored."""
    text = json.dumps(arguments, ensure_ascii=False)
    if len(text) > MOST_CHARACTERS:
        return None
    return Proposal(proposal, tool, title, text, now + LIFE)


def merge(stored: Sequence[Proposal], own: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Return the fields of both. A stored one wins: it may have been answered meanwhile."""
    known = {each.id for each in stored}
    return [each.fields() for each in (*stored, *(one for one in own if one.id not in known))]


def use(proposals: Iterable[Proposal], used: Proposal, turn: str) -> list[dict[str, Any]]:
    """Return the fields of the proposals after `turn` has used one."""
    return [
        (replace(each, used_by=turn) if each.id == used.id else each).fields() for each in proposals
    ]
