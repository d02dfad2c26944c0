"""The requests and answers of the function `conversations`. All times are in UTC, in ISO 8601."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from common.domain.conversations.messages import Rating
from common.domain.conversations.title import one_line
from common.schemas.base import Answer, Id, Request, Text
from common.schemas.events import ProposalEvent, TurnEnd
from common.schemas.usage import Usage

Line = Annotated[Text, AfterValidator(one_line)]


class ListConversationsRequest(Request):
    """A page of the caller's conversations, the newest first.

    `q` finds titles by the beginnings of their words, whatever the case and the accents. `cursor` is
    `next` of the page before: conversations that did not change since the first page come exactly
    once, and one that changed meanwhile stands at the front of a new list.
    """

    limit: Annotated[int, Field(ge=1, le=50)] = 20
    cursor: Annotated[str, Field(min_length=1, max_length=400)] | None = None
    q: Annotated[Text, Field(max_length=100)] | None = None


class ReadConversationRequest(Request):
    conversation_id: Id


class ListMessagesRequest(Request):
    """A page of messages: those before a message, those after one, or the newest.

    With both, the page begins after `after` and ends before `before`.
    """

    conversation_id: Id
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    before: Id | None = None
    after: Id | None = None


class RenameConversationRequest(Request):
    """A new title. Spaces, line ends and control characters become single spaces."""

    conversation_id: Id
    title: Annotated[Line, Field(max_length=100)]


class DeleteConversationRequest(Request):
    conversation_id: Id


class RateMessageRequest(Request):
    """A rating of a message of the assistant. `rating: null` takes an earlier one back."""

    REFUSED = ({"comment": str, "rating": None},)

    conversation_id: Id
    message_id: Id
    rating: Rating | None
    comment: Annotated[Line, Field(max_length=500)] | None = None


class ConversationSummary(Answer):
    """A conversation in a list. `avatar_session_id` is its avatar session, starting or live."""

    conversation_id: str
    title: str
    created_at: datetime
    updated_at: datetime
    avatar_session_id: str | None = None


class ConversationList(Answer):
    """A page of conversations. Without `next` it is the last one. A page of a search may be short."""

    conversations: list[ConversationSummary]
    next: str | None = None


class RunningAvatar(Answer):
    """The room of the avatar that runs in a conversation.

    The token is the one of its start. LiveKit admits an identity once: who joins with this token
    takes the place of the tab that used it before.
    """

    avatar_session_id: str
    livekit_url: str
    livekit_token: str = Field(repr=False)
    started_at: datetime
    expires_at: datetime


class LastTurn(Answer):
    """The newest turn. While it runs, `text` is as of its last checkpoint, at most 5 s ago.

    `proposal` is the first proposal of the conversation that can still be answered: of this turn, or
    of the newest one that proposed something. Turns are kept for a day.
    """

    turn_id: str
    state: Literal["running", "ended"]
    ended: TurnEnd | None = None
    user_message_id: str | None = None
    message_id: str | None = None
    text: str
    spoken: str
    proposal: ProposalEvent | None = None
    updated_at: datetime


class ConversationAnswer(ConversationSummary):
    """A conversation with its running avatar and its newest turn, as a page that loads needs them."""

    avatar: RunningAvatar | None = None
    last_turn: LastTurn | None = None
    usage: Usage


class MessageFeedback(Answer):
    rating: Rating
    comment: str | None = None


class StoredMessage(Answer):
    """A message. `replaced`: it belongs to a branch that was answered again or edited away.

    `spoken` is the part of a reply that the avatar said.
    """

    message_id: str
    role: Literal["user", "assistant"]
    text: str
    created_at: datetime
    turn_id: str | None = None
    ended: TurnEnd | None = None
    spoken: str | None = None
    tokens: int | None = None
    feedback: MessageFeedback | None = None
    replaced: bool = False


class MessageList(Answer):
    """Messages, the oldest first. `more`: there are further ones in the direction of the request."""

    messages: list[StoredMessage]
    more: bool


class DeletedAnswer(Answer):
    """A deletion. `deleting` (202): the conversation is gone from every list, the rest follows."""

    conversation_id: str
    state: Literal["deleting", "deleted"]

    @property
    def status_code(self) -> int:
        return 202 if self.state == "deleting" else 200
