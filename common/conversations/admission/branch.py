"""A turn that goes on from an earlier message: it answers the message again, or replaces it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from common.conversations.reply.history import last_messages
from common.domain.conversation import Conversation, conversation_path, message_path
from common.domain.conversations.branches import BranchRequest, NewBranch
from common.domain.conversations.messages import MessagePlace
from common.domain.errors import NotFound
from common.domain.ids import ConversationId, UserId
from common.domain.turn import TurnRecord, turn_path
from common.ports.store import Store
from common.transactions.transaction import Documents, ReadMore

NO_MESSAGE = "There is no such message of yours in this conversation."


class LastMessageChangedError(Exception):
    """The message to answer again may not be the last one any more: look for it again."""


@dataclass
class PlannedBranch:
    """The branch that a request asks for.

    `text` is the message to answer. `next_number` is the conversation's when the message to answer
    again was looked for: if it differs, another message may be the last one. None for an edit.
    """

    request: BranchRequest
    text: str
    next_number: int | None = None

    def path(self, conversation: ConversationId) -> str:
        return message_path(conversation, self.request.message.number, "user")

    def begin(
        self, conversation: Conversation, documents: Documents, writing: Iterable[str]
    ) -> NewBranch:
        """Return the branch that begins now.

        Raises NotFound, CannotReplace, LastMessageChangedError.
        """
        if self.next_number not in {None, conversation.next_number}:
            raise LastMessageChangedError
        if documents[self.path(conversation.id)].get("role") != "user":
            raise NotFound(NO_MESSAGE)
        branches = conversation.branches
        begun = branches.begin(self.request, conversation.next_number)
        branches.check_tools(self.request, writing, _running_tools(conversation, documents))
        return replace(begun, restores=conversation.restorable())


def _running_tools(conversation: Conversation, documents: Documents) -> Iterable[str]:
    """Return the tools that the running turn has called. Its document may have to be read first."""
    if conversation.lease is None:
        return ()
    path = turn_path(conversation.lease)
    if path not in documents:
        raise ReadMore(path)
    record = TurnRecord.read(documents[path])
    return record.tools if record is not None and record.in_use else ()


def plan_edit(message: str, text: str) -> PlannedBranch:
    """Plan to replace a message. Raises NotFound for an id that is no message of the person."""
    place = MessagePlace.parse(message)
    if place is None or place.role != "user":
        raise NotFound(NO_MESSAGE)
    return PlannedBranch(BranchRequest(place, again=False), text)


async def plan_again(store: Store, user: UserId, conversation_id: ConversationId) -> PlannedBranch:
    """Plan to answer the last message of the person again. Raises NotFound."""
    (document,) = await store.get([conversation_path(conversation_id)])
    conversation = Conversation.read(document, user)
    number = conversation.next_number
    messages = await last_messages(store, conversation_id, number, conversation.branches)
    for message in messages:
        place = MessagePlace.parse(message.id)
        if place is not None and place.role == "user":
            request = BranchRequest(place, again=True)
            return PlannedBranch(request, message.get("text", ""), number)
    raise NotFound("There is no message to answer again.")
