"""The document of a conversation that begins."""

from datetime import datetime
from typing import Any

from common.domain.conversations.title import UNTITLED, title_fields
from common.domain.documents import Create
from common.domain.ids import UserId
from common.domain.turn import TurnRecord


def create_conversation(
    path: str,
    user: UserId,
    now: datetime,
    message: str | None,
    **more: Any,  # noqa: ANN401 - fields are JSON-like
) -> Create:
    """Write a new conversation. Its title is made of its first message."""
    return Create(path, {**new_conversation_fields(user, now, message), **more})


def first_lease(record: TurnRecord) -> dict[str, Any]:
    """Return the fields by which a conversation's first turn takes the lease."""
    return {
        "lease": {"turn_id": record.id},
        "next_number": record.number + 1,
        "asking": [record.holder],
        "last_turn": record.id,
    }


def new_conversation_fields(user: UserId, now: datetime, message: str | None) -> dict[str, Any]:
    return {
        "uid": user,
        **(title_fields(message) if message else UNTITLED),
        "created_at": now,
        "updated_at": now,
        "active_at": now,
        "agent_session": None,
        "agent_session_expires_at": None,
        "avatar": None,
        "avatar_over": None,
        "lease": None,
        "asking": [],
        "notes": [],
        "next_number": 1,
        "last_prompt": 0,
        "last_turn": None,
        "branches": 0,
        "replaced": [],
        "tool_runs": {},
    }
