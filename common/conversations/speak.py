"""Make the avatar say a text, or stop: a turn without an agent."""

from dataclasses import dataclass, replace
from datetime import timedelta

from common.conversations.admission.speak_admission import SpeakAdmission
from common.conversations.admission.turn_claim import StoredTurn, new_claim
from common.conversations.answers import stored_speak_answer
from common.conversations.running_turn import Content, RunningSpeech
from common.conversations.turn import Turns
from common.domain.avatar_session import session_among
from common.domain.ids import AvatarSessionId
from common.domain.user import User
from common.observability.request_trace import annotate
from common.schemas.answers import SpeakAnswer
from common.schemas.requests import SpeakRequest
from common.speech.voice_requests import split_text
from common.transactions.account import usage_of
from common.transactions.idempotency import IdempotencyKey


@dataclass(frozen=True)
class SpeakUseCase:
    turns: Turns

    async def speak(
        self, caller: User, request: SpeakRequest, key: IdempotencyKey, age: float = 0.0
    ) -> RunningSpeech | SpeakAnswer:
        """Run one turn without an agent, or return the stored answer of the same key.

        `age`: seconds since the request came. The turn's deadline counts from then.

        Raises NotFound, SessionOver, QuotaExceeded, TooManyTurns, Invalid, KeyInFlight, KeyReused:
        nothing was changed then.
        """
        deps, session_id = self.turns.deps, AvatarSessionId(request.avatar_session_id)
        known = self.turns.running.conversation_of(session_id)
        arrived_at = deps.clock.now() - timedelta(seconds=age)
        claim = new_claim(deps.new_id, caller, key, None, arrived_at)
        claim = replace(claim, conversation_id=known)
        admission = SpeakAdmission(claim, deps.settings, session_id, 0)
        documents = await self.turns.transactions.read(*admission.paths(deps.clock.now()))

        pieces: list[str] = []
        session = session_among(documents, session_id)
        if session.get("uid") == caller.uid:
            language = session.get("language") or deps.settings.language
            pieces, admission.characters = await split_text(
                language, request.text or "", deps.settings.turn_characters
            )
        committed = await self.turns.transactions.run(admission, documents=documents)
        found = committed.result
        if isinstance(found, StoredTurn):
            return stored_speak_answer(found.record, usage_of(found.ledger))
        annotate(turn_id=found.record.id, conversation_id=found.record.conversation_id)
        content = Content(None, pieces, wait=request.wait)
        turn = RunningSpeech(found, content, committed.loop_time(claim.deadline_at))
        return self.turns.start(turn, committed)
