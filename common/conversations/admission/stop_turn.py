from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from common.domain.conversation import Conversation, conversation_path
from common.domain.errors import NoTurn
from common.domain.ids import ConversationId, UserId
from common.domain.turn import STOP, TurnRecord, supersede, turn_path
from common.transactions.transaction import Decision, Documents, ReadMore


@dataclass(frozen=True)
class StopTurn:
    """Stop the turn that holds the lease of a conversation (a `Transaction`). It never takes the lease.

    The result is that turn. Raises NotFound, NoTurn.
    """

    user: UserId
    conversation: ConversationId

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [conversation_path(self.conversation)]

    def decide(self, documents: Documents, now: datetime) -> Decision[TurnRecord]:  # noqa: ARG002 - a parameter of Transaction
        conversation = Conversation.read(documents[conversation_path(self.conversation)], self.user)
        if conversation.lease is None:
            raise NoTurn("No turn is running in this conversation.")
        path = turn_path(conversation.lease)
        if path not in documents:
            raise ReadMore(path)
        found = TurnRecord.read(documents[path])
        if found is None or not found.in_use:
            raise NoTurn("No turn is running in this conversation.")
        return Decision(found, [] if found.superseded_by else [supersede(found.id, STOP)])
