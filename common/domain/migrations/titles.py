"""Migration 2: every conversation is found by each word of its title. Pure.

Conversations that were written without `title_words`, or with words of an earlier rule, get the present
ones. A conversation without a title is named after its first message, as a new one is.
"""

from collections.abc import Sequence

from common.domain.conversations.messages import messages_path
from common.domain.conversations.title import UNTITLED, make_title, titled_fields
from common.domain.documents import Document, Query, Update, Write
from common.domain.ids import ConversationId

LOOKED_AT = 20
"""Messages in which a title is looked for."""


def has_no_title(conversation: Document) -> bool:
    is_named = conversation.get("titled", "title" in (conversation.fields or {}))
    return not is_named or not conversation.get("title")


def first_messages(conversation: Document) -> Query:
    return Query(messages_path(ConversationId(conversation.id)), limit=LOOKED_AT)


def upgrade_title(conversation: Document, messages: Sequence[Document]) -> list[Write]:
    """Return the write that brings the title's fields forward, and nothing if they are right.

    `messages` are the first ones, in order, of a conversation that has no title.
    """
    title = conversation.get("title", "")
    if has_no_title(conversation):
        said = (each.get("text", "") for each in messages if each.get("role") == "user")
        title = next(filter(None, map(make_title, said)), "")
    wanted = titled_fields(title) if title else UNTITLED
    changed = {
        name: value
        for name, value in wanted.items()
        if (conversation.fields or {}).get(name) != value
    }
    return [Update(conversation.path, changed, read=conversation.version)] if changed else []
