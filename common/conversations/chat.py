"""Talk to the agent: one turn for one message.

    read ──► decide (chat_admission.py) ──► commit ──► the turn works (turn.py) ──► settled

A refused message has touched neither the agent nor the avatar.
"""

from dataclasses import dataclass
from datetime import timedelta

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
from common.conversations.admission.turn_claim import (
    AdmittedTurn,
    StoredTurn,
    TurnClaim,
    new_claim,
)
from common.conversations.answers import stopped_chat_answer, stored_chat_answer
from common.conversations.running_turn import Content, RunningChat, chat_content
from common.conversations.spoken_turn import SpokenTurn
from common.conversations.turn import Turns
from common.domain.errors import Busy
from common.domain.ids import ConversationId, UserId
from common.domain.user import User
from common.observability.request_trace import annotate
from common.ports.voice import Recording
from common.schemas.answers import ChatAnswer
from common.schemas.requests import ChatRequest
from common.speech.silence import silence_stopped_turn
from common.transactions.idempotency import IdempotencyKey
from common.transactions.transaction import Committed
from common.voice.recording import read_recording
from common.voice.transcribe import billed_seconds

ADMISSIONS = 3
"""Attempts to answer the last message again, while newer messages arrive."""


@dataclass(frozen=True)
class ChatUseCase:
    turns: Turns

    async def chat(
        self, caller: User, request: ChatRequest, key: IdempotencyKey, age: float = 0.0
    ) -> RunningChat | ChatAnswer:
        """Run one turn, or return the stored answer of the same key, or stop the running turn.

        `age`: seconds since the request came. The turn's deadline counts from then.

        Raises NotFound, QuotaExceeded, TooManyTurns, NoTurn, NoProposal, CannotReplace, KeyInFlight,
        KeyReused: then nothing was changed.
        """
        if request.stop and request.conversation_id is not None:
            return await self._stop(caller, ConversationId(request.conversation_id))
        deps = self.turns.deps
        arrived_at = deps.clock.now() - timedelta(seconds=age)
        claim = new_claim(deps.new_id, caller, key, request.conversation_id, arrived_at)
        if request.audio is not None:
            return await self._start_spoken(claim, request, read_recording(request.audio))
        return await self._start_typed(claim, request)

    async def _start_typed(
        self, claim: TurnClaim, request: ChatRequest
    ) -> RunningChat | ChatAnswer:
        """Admit a typed message, an answer to a proposal or a branch, and start its turn."""
        admission, committed = await self._admit(claim, request)
        admitted = committed.result
        if isinstance(admitted, StoredTurn):
            return stored_chat_answer(admitted.record)
        annotate(
            turn_id=admitted.record.id,
            conversation_id=admitted.record.conversation_id,
            avatar_session_id=admitted.record.avatar_session_id,
        )
        content = chat_content(admission.text_of(admitted), request, admitted)
        turn = RunningChat(admitted, content, committed.loop_time(claim.deadline_at))
        return self.turns.start(turn, committed)

    async def _admit(
        self, claim: TurnClaim, request: ChatRequest
    ) -> tuple[ChatAdmission, Committed[AdmittedTurn | StoredTurn]]:
        """Read, decide, commit. Raises Busy if the message to answer again keeps changing."""
        answer = None
        if request.confirm is not None:
            answer = ProposalAnswer(request.confirm, yes=bool(request.yes))
        for _ in range(ADMISSIONS):
            branch = await self._plan_branch(claim.user, request)
            admission = ChatAdmission(
                claim,
                self.turns.deps.settings,
                branch.text if branch is not None else request.message or "",
                request.speak,
                answer=answer,
                branch=branch,
            )
            try:
                return admission, await self.turns.transactions.run(admission)
            except LastMessageChangedError:
                continue
        raise Busy("store", "too many messages came at once", retry_after=1)

    async def _plan_branch(self, user: UserId, request: ChatRequest) -> PlannedBranch | None:
        """Return the branch that the request asks for, or None. Raises NotFound."""
        if request.edit is not None:
            return plan_edit(request.edit, request.message or "")
        if request.regenerate and request.conversation_id is not None:
            conversation = ConversationId(request.conversation_id)
            return await plan_again(self.turns.deps.store, user, conversation)
        return None

    async def _start_spoken(
        self, claim: TurnClaim, request: ChatRequest, recording: Recording
    ) -> RunningChat | ChatAnswer:
        """Admit a recording, and start to transcribe it. Its words are admitted by `SpokenTurn`."""
        admission = SpokenAdmission(claim, self.turns.deps.settings, billed_seconds(recording))
        committed = await self.turns.transactions.run(admission)
        admitted = committed.result
        if isinstance(admitted, StoredTurn):
            return stored_chat_answer(admitted.record)
        annotate(turn_id=admitted.record.id)
        turn = RunningChat(admitted, Content(None), committed.loop_time(claim.deadline_at))
        profile = committed.documents[f"users/{claim.user}"]
        turn.start(SpokenTurn(self.turns, turn, request, recording, claim, profile).run())
        return turn

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
