"""Talk to the agent: one turn for one message.

    read ──► decide (admission) ──► commit ──► the turn works (turn.py) ──► settled

A refused message has touched neither the agent nor the avatar.
"""

from dataclasses import dataclass

from common.conversations.admission import ChatAdmission, StopTurn
from common.conversations.answers import stopped_chat_answer, stored_chat_answer
from common.conversations.reply.confirmation import ProposalAnswer
from common.conversations.running_turn import RunningChat
from common.conversations.turn import Content
from common.conversations.turn_claim import AdmittedTurn, StoredTurn, new_claim
from common.conversations.turns import Turns
from common.domain.ids import ConversationId
from common.domain.user import User
from common.observability.request_trace import annotate
from common.schemas.answers import ChatAnswer
from common.schemas.events import SpeechEvent
from common.schemas.requests import ChatRequest
from common.transactions.idempotency import IdempotencyKey

WHY_OVER = {
    "user": "it was ended",
    "expired": "it reached its longest time",
    "idle": "it was idle for too long",
    "stuck": "its start was never finished",
    "gone": "the provider ended it",
    "start_failed": "the provider could not start it",
    "start_ambiguous": "the provider did not say whether it started",
}


@dataclass(frozen=True)
class ChatUseCase:
    turns: Turns

    async def chat(
        self, caller: User, request: ChatRequest, key: IdempotencyKey
    ) -> RunningChat | ChatAnswer:
        """Run one turn, or return the stored answer of the same key, or stop the turn that runs.

        Raises NotFound, QuotaExceeded, TooManyTurns, NoTurn, NoProposal, KeyInFlight, KeyReused: then
        nothing was changed.
        """
        if request.stop and request.conversation_id is not None:
            return await self._stop(caller, ConversationId(request.conversation_id))
        deps, message = self.turns.deps, request.message or ""
        claim = new_claim(deps.new_id, caller, key, request.conversation_id)
        answer = None
        if request.confirm is not None:
            answer = ProposalAnswer(request.confirm, yes=bool(request.yes))
        admission = ChatAdmission(claim, deps.settings, message, request.speak, answer)
        committed = await self.turns.transactions.run(admission)
        found = committed.result
        if isinstance(found, StoredTurn):
            return stored_chat_answer(found.record)
        annotate(
            turn_id=found.record.id,
            conversation_id=found.record.conversation_id,
            avatar_session_id=found.record.avatar_session_id,
        )
        if answer is not None and found.answered is not None:
            message = found.answered.words
        content = Content(message, wait=request.wait, why_silent=why_silent(found, request.speak))
        return self.turns.start(RunningChat(found.record), committed, found, content)

    async def _stop(self, caller: User, conversation: ConversationId) -> ChatAnswer:
        """Stop the turn of a conversation from anywhere. Its own process silences the avatar.

        Return the turn as far as its last checkpoint knows it. Raises NotFound, NoTurn.
        """
        stopped = await self.turns.transactions.run(StopTurn(caller.uid, conversation))
        self.turns.running.stop(stopped.result)
        return stopped_chat_answer(stopped.result)


def why_silent(admitted: AdmittedTurn, speak: bool | None) -> SpeechEvent | None:
    """Say why a turn is not spoken, unless the caller asked for silence."""
    if admitted.characters or speak is False:
        return None
    if admitted.avatar is not None:
        detail = "This month's voice is used up; the answer goes on as text."
        return SpeechEvent(state="unavailable", code="quota_exceeded", detail=detail)
    before = admitted.conversation
    known = before.avatar if before else None
    over = WHY_OVER.get((before.avatar_over if before else None) or "", "")
    why = "it is being started" if known is not None and not known.live else over
    detail = f"No avatar is running{': ' + why if why else ''}."
    return SpeechEvent(state="unavailable", code="no_avatar", detail=detail)
