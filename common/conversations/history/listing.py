"""Pages of a user's conversations, the newest first, all or by the words of their titles.

The cursor is the place after which the next page begins: the time and the id of the last
conversation that was looked at. Conversations that change while a caller pages move to the front, so
no page repeats a conversation, and none leaves one out that did not change.
"""

import base64
import json
from datetime import datetime

from common.domain.conversation import conversations_of
from common.domain.conversations.title import matches, searched_words
from common.domain.document_values import plain_time
from common.domain.documents import NEVER, Document, check_path
from common.domain.errors import Invalid
from common.domain.ids import UserId
from common.ports.store import Store
from common.schemas.conversations import (
    ConversationList,
    ConversationSummary,
    ListConversationsRequest,
)

SEARCH_ROUNDS = 3
"""Queries for one page of a search with several words. A page may be short; `next` goes on."""


async def list_conversations(
    store: Store, user: UserId, request: ListConversationsRequest
) -> ConversationList:
    """Return a page of the user's conversations. Raises `Invalid` for a cursor that is none."""
    words = searched_words(request.q) if request.q is not None else None
    if words == []:  # signs only: no title has a word that begins so
        return ConversationList(conversations=[])
    found: list[ConversationSummary] = []
    after = _parse_cursor(request.cursor) if request.cursor is not None else None
    for _ in range(SEARCH_ROUNDS if words else 1):
        query = conversations_of(user, request.limit + 1, words, after)
        page = await store.query(query)
        for document in page:
            if len(found) == request.limit:
                return ConversationList(conversations=found, next=_cursor(after))
            after = document
            if not words or matches(document.get("title", ""), words):
                found.append(summary(document))
        if len(page) <= request.limit:
            return ConversationList(conversations=found)
    return ConversationList(conversations=found, next=_cursor(after))


def summary(document: Document) -> ConversationSummary:
    avatar = document.get("avatar") or {}
    return ConversationSummary(
        conversation_id=document.id,
        title=document.get("title", ""),
        created_at=document.get("created_at", NEVER),
        updated_at=document.get("updated_at", NEVER),
        avatar_session_id=avatar.get("avatar_session_id"),
    )


def _cursor(last: Document | None) -> str | None:
    if last is None:
        return None
    place = [last.get("updated_at").isoformat(), last.id]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _parse_cursor(cursor: str) -> Document:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        at, conversation = json.loads(text)
        place = Document(
            f"conversations/{conversation}", {"updated_at": datetime.fromisoformat(at)}
        )
        check_path(place.path)
        plain_time(place.get("updated_at"))
    except (ValueError, TypeError, OverflowError, RecursionError):
        fields = [("cursor", "must be `next` of an earlier page")]
        raise Invalid("Invalid fields.", fields=fields) from None
    return place
