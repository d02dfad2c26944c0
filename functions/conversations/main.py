from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.domain.errors import NotFound
from common.schemas.conversations import (
    ConversationAnswer,
    ConversationList,
    ConversationSummary,
    DeleteConversationRequest,
    DeletedAnswer,
    ListConversationsRequest,
    ListMessagesRequest,
    MessageList,
    RateMessageRequest,
    ReadConversationRequest,
    RenameConversationRequest,
    StoredMessage,
)


@Route(
    "GET", "/", ListConversationsRequest, ConversationList, answers={200: "A page, newest first."}
)
async def list_conversations(
    caller: User, request: ListConversationsRequest, app: App, _key: IdempotencyKey
) -> ConversationList:
    """List the caller's conversations, all or by the words of their titles."""
    return await app.history.page(caller, request)


@Route(
    "GET",
    "/{conversation_id}",
    ReadConversationRequest,
    ConversationAnswer,
    answers={200: "The conversation. A page that joins the room takes the place of an older tab."},
    raises=(NotFound,),
)
async def read_conversation(
    caller: User, request: ReadConversationRequest, app: App, _key: IdempotencyKey
) -> ConversationAnswer:
    """Read a conversation, with its running avatar and its newest turn.

    The answer holds the running avatar's LiveKit token, so that a reload costs nothing. It is the same
    identity as before: LiveKit drops the older tab that uses it.
    """
    return await app.history.read(caller, request)


@Route(
    "PATCH",
    "/{conversation_id}",
    RenameConversationRequest,
    ConversationSummary,
    answers={200: "The conversation with its new title."},
    raises=(NotFound,),
)
async def rename_conversation(
    caller: User, request: RenameConversationRequest, app: App, _key: IdempotencyKey
) -> ConversationSummary:
    """Give a conversation a title."""
    return await app.history.rename(caller, request)


@Route(
    "GET",
    "/{conversation_id}/messages",
    ListMessagesRequest,
    MessageList,
    answers={200: "A page of messages, the oldest first."},
    raises=(NotFound,),
)
async def list_messages(
    caller: User, request: ListMessagesRequest, app: App, _key: IdempotencyKey
) -> MessageList:
    """List the messages of a conversation."""
    return await app.history.messages(caller, request)


@Route(
    "PUT",
    "/{conversation_id}/messages/{message_id}/feedback",
    RateMessageRequest,
    StoredMessage,
    answers={200: "The message with its rating."},
    raises=(NotFound,),
)
async def rate_message(
    caller: User, request: RateMessageRequest, app: App, _key: IdempotencyKey
) -> StoredMessage:
    """Rate a message of the assistant, or take the rating back."""
    return await app.history.rate(caller, request)


@Route(
    "DELETE",
    "/{conversation_id}",
    DeleteConversationRequest,
    DeletedAnswer,
    answers={
        200: "Everything that belonged to the conversation is deleted.",
        202: "The conversation is gone from every list. What is left of it will be deleted.",
    },
    raises=(NotFound,),
)
async def delete_conversation(
    caller: User, request: DeleteConversationRequest, app: App, _key: IdempotencyKey
) -> DeletedAnswer:
    """Delete a conversation: messages, agent session, avatar session and turns.

    A second call within a day returns how far the deletion has come.
    """
    return await app.history.delete(caller, request)


conversations = endpoint(
    list_conversations,
    read_conversation,
    rename_conversation,
    list_messages,
    rate_message,
    delete_conversation,
    name="conversations",
)
