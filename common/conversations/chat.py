"""Talk to the agent: one turn for one message.

    read ──► decide (chat_admission.py) ──► commit ──► the turn works (turn.py) ──► settled

A refused message has touched neither the agent nor the avatar.
"""

from dataclasses import dataclass

from common.conversations.admission.branch import (
    LastMessageChangedError,
    PlannedBranch,
    plan_again,
    plan_edit,
)
from common.conversations.admission.chat_admission import ChatAdmission
from common.conversations.admission.confirmation import ProposalAnswer
from common.conversations.admission.spoken_admission import SpokenAdmission
from common.conversations.admission.stop_turn import StopTurn
from common.conversations.admission.turn_claim import StoredTurn, new_claim
from common.conversations.admission.why_silent import why_silent
from common.conversations.answers import stopped_chat_answer, stored_chat_answer
from common.conversations.running_turn import Content, RunningChat
from common.conversations.spoken_turn import SpokenTurn
from common.conversations.turn import Turns
from common.domain.errors import Busy
from common.domain.ids import ConversationId
from common.domain.user import User
from common.observability.request_trace import annotate
from common.ports.voice import Recording
from common.schemas.answers import ChatAnswer
from common.schemas.requests import ChatRequest
from common.speech.silence import silence_stopped_turn
from common.transactions.idempotency import IdempotencyKey
from common.voice.recording import read_recording
from common.voice.transcribe import billed_seconds

LOOKS = 3
"""How often the message to answer again is looked for, while others come."""


@dataclass(frozen=True)
class ChatUseCase:
    turns: Turns

    async def chat(
        self, caller: User, request: ChatRequest, key: IdempotencyKey
    ) -> RunningChat | ChatAnswer:
        """Run one turn, or return the stored answer of the same key, or stop the turn that runs.

        Raises NotFound, QuotaExceeded, TooManyTurns, NoTurn, NoProposal, CannotReplace, KeyInFlight,
        KeyReused: then nothing was changed.
        """
        if request.stop and request.conversation_id is not None:
            return await self._stop(caller, ConversationId(request.conversation_id))
        deps, message = self.turns.deps, request.message or ""
        claim = new_claim(deps.new_id, caller, key, request.conversation_id)
        answer = None
        if request.confirm is not None:
            answer = ProposalAnswer(request.confirm, yes=bool(request.yes))
        if request.audio is not None:
            spoken = ChatAdmission(claim, deps.settings, message, request.speak)
            return await self._hear(request, read_recording(request.audio), spoken)
        for _ in range(LOOKS):
            branch = await self._branch(caller, request)
            message = branch.text if branch is not None else message
            admission = ChatAdmission(
                claim, deps.settings, message, request.speak, answer=answer, branch=branch
            )
            try:
                committed = await self.turns.transactions.run(admission)
                break
            except LastMessageChangedError:
                continue
        else:
            raise Busy("store", "too many messages came at once", retry_after=1)
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
        content = Content(
            message,
            wait=request.wait,
            caller_plays=request.speak == "audio",
            why_silent=why_silent(found, request.speak),
        )
        return self.turns.start(RunningChat(found, content), committed)

    async def _hear(
        self, request: ChatRequest, recording: Recording, admission: ChatAdmission
    ) -> RunningChat | ChatAnswer:
        """Begin to transcribe a spoken message. Its words are admitted later (spoken_turn.py)."""
        claim, settings = admission.claim, self.turns.deps.settings
        first = SpokenAdmission(claim, settings, billed_seconds(recording))
        committed = await self.turns.transactions.run(first)
        found = committed.result
        if isinstance(found, StoredTurn):
            return stored_chat_answer(found.record)
        annotate(turn_id=found.record.id)
        turn = RunningChat(found, Content(None))
        profile = committed.documents[f"users/{claim.user}"]
        work = SpokenTurn(self.turns, turn, request, recording, admission, profile)
        turn.start(work.run())
        return turn

    async def _branch(self, caller: User, request: ChatRequest) -> PlannedBranch | None:
        """Return the branch that the request asks for. Raises NotFound."""
        if request.edit is not None:
            return plan_edit(request.edit, request.message or "")
        if request.regenerate and request.conversation_id is not None:
            conversation = ConversationId(request.conversation_id)
            return await plan_again(self.turns.deps.store, caller.uid, conversation)
        return None

    async def _stop(self, caller: User, conversation: ConversationId) -> ChatAnswer:
        """Stop the turn of a conversation from anywhere.

        Its own process silences the avatar; if that process is dead or cut off, this one does.
        Return the turn as far as its last checkpoint knows it. Raises NotFound, NoTurn.
        """
        turns = self.turns
        stopped = (await turns.transactions.run(StopTurn(caller.uid, conversation))).result
        if not turns.running.stop(stopped):
            await silence_stopped_turn(turns.deps, turns.transactions, stopped)
        return stopped_chat_answer(stopped)
