"""The queries of everything that belongs to a user, and its form in an export.

Each query is a page by id, so that an export and a deletion need little memory.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from common.domain.documents import Delete, Document, Query, Where
from common.domain.ids import UserId
from common.domain.quota import used_by_day

PAGE = 100
OWNED = ("conversations", "avatar_sessions", "ended_sessions", "turns", "deleted_conversations")
"""Collections whose documents name their owner in `uid`."""
BELOW = ("usage", "slots", "connections")
"""Collections below the user's document."""


def documents_of(collection: str, user: UserId) -> Query:
    """Return the query of a page of a user's documents of one collection."""
    return Query(collection, (Where("uid", "==", user),), limit=PAGE)


def below(user: UserId, collection: str) -> Query:
    return Query(f"users/{user}/{collection}", limit=PAGE)


def events_of(session: str) -> Query:
    return Query(f"avatar_sessions/{session}/events", limit=PAGE)


def messages_of(conversation: str) -> Query:
    return Query(f"conversations/{conversation}/messages", limit=PAGE)


def delete_all(documents: list[Document]) -> list[Delete]:
    return [Delete(document.path) for document in documents]


# ── export ───────────────────────────────────────────────────────────────────────────────────────

CONVERSATION = ("title", "created_at", "updated_at")
MESSAGE = ("role", "text", "at", "turn_id", "ended", "spoken", "tokens", "feedback")
SESSION = (
    *("conversation_id", "avatar_id", "voice", "language", "quality", "state", "created_at"),
    *("started_at", "ended_at", "expires_at", "end_reason", "seconds", "reserved"),
)
CONNECTION = ("state", "email", "scopes", "switches", "mail", "calendar", "last_used_at")
"""Fields that are exported. Tokens, sealed texts and internal marks are left out."""
PROFILE = ("name", "plan", "preferences", "created_at")


def export_fields(document: Document, fields: tuple[str, ...]) -> dict[str, Any]:
    """Return the id and the named fields of a document, as JSON values."""
    found = {name: document.get(name) for name in fields}
    return {"id": document.id, **{n: _json(v) for n, v in found.items() if v is not None}}


def export_month(ledger: Document) -> dict[str, Any]:
    """Return a month's use by meter, and by day."""
    meters = {
        name.removesuffix("_used"): value
        for name, value in (ledger.fields or {}).items()
        if name.endswith("_used")
    }
    days = {f"{ledger.id}-{day:02d}": used for day, used in used_by_day(ledger).items()}
    return {"month": ledger.id, "meters": meters, "days": days}


def _json(value: Any) -> Any:  # noqa: ANN401 - any value of a document
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_json(each) for each in value]
    return value
