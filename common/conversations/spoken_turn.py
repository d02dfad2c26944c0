"""A message that is spoken: its recording becomes words, and accepted words become a turn.

    admitted (key, seconds) ──► transcribed ──► `heard` ──► admitted (lease, tokens) ──► turn.py
                                                     └────► not_heard, or refused ──► settled

The sweep settles a turn that died while it was transcribed: it is charged nothing, and the same key
runs again.
"""

import asyncio
from dataclasses import dataclass

from common.conversations.admission.chat_admission import ChatAdmission
from common.conversations.admission.turn_claim import AdmittedTurn, StoredTurn, TurnClaim
from common.conversations.answers import answer_json, chat_answer, error_event, turn_end
from common.conversations.running_turn import RunningChat, chat_content
from common.conversations.settlement import SettleTurn
from common.conversations.turn import Turns
from common.domain.documents import Document
from common.domain.errors import Invalid, OprinaError, Unavailable, Upstream
from common.domain.quota import Meter
from common.domain.turn import Outcome, Progress
from common.observability.request_trace import annotate
from common.ports.voice import Recording, Transcript
from common.schemas.events import DoneEvent, HeardEvent, UsageEvent
from common.schemas.requests import ChatRequest
from common.transactions.account import usage_of
from common.transactions.transaction import SETTLEMENT, Committed
from common.voice.languages import recognize

INTERRUPTED = Unavailable("speech", "transcription was interrupted", retry_after=2)


@dataclass(frozen=True)
class SpokenTurn:
    """The work of a turn whose message is a recording, until its words are admitted.

    `claim` is the one of the request. `profile` is the account's document.
    """

    turns: Turns
    turn: RunningChat
    request: ChatRequest
    recording: Recording
    claim: TurnClaim
    profile: Document

    async def run(self) -> None:
        """Transcribe, report the words, and run the turn that they begin."""
        turn = self.turn
        self.turns.running.note(turn)
        try:
            heard = await self._transcribe()
            committed = await self._admit(heard) if heard is not None else None
        except BaseException:
            self.turns.running.remove(turn)
            turn.events.close()
            raise
        if committed is not None:
            await self.turns.take_over(turn, committed)
            return
        self.turns.running.remove(turn)
        turn.events.close()

    async def _transcribe(self) -> HeardEvent | None:
        """Return the words, or None if the turn is settled because there are none to answer."""
        turn, deps = self.turn, self.turns.deps
        asking = asyncio.ensure_future(
            recognize(deps.recognition, self.recording, None, self.profile, deps.settings)
        )
        listening = asyncio.ensure_future(_finish(asking))
        if await turn.interruption.ends(listening):
            asking.cancel()
            await asyncio.wait({listening})
        try:
            found = await asking
        except asyncio.CancelledError:
            await self._close("unreached", INTERRUPTED)
            return None
        except (Upstream, Invalid) as error:
            await self._close("unreached", error)
            return None
        heard = HeardEvent(
            text=found.text,
            confidence=found.confidence,
            seconds=round(self.recording.seconds, 2),
        )
        turn.events.emit(heard)
        is_sure = found.confidence is None or found.confidence >= deps.settings.min_confidence
        if found.text and is_sure:
            return heard
        await self._close("not_heard", None)
        return None

    async def _admit(self, heard: HeardEvent) -> Committed[AdmittedTurn | StoredTurn] | None:
        """Take the lease for the words. None if they are refused: then the turn is settled."""
        turn, stored = self.turn, heard.model_dump(exclude={"event"})
        settings, speak = self.turns.deps.settings, self.request.speak
        admission = ChatAdmission(self.claim, settings, heard.text, speak, heard=stored)
        try:
            committed = await self.turns.transactions.run(admission)
        except OprinaError as error:
            await self._close("failed", error)
            return None
        admitted = committed.result
        if isinstance(admitted, StoredTurn):  # the sweep took this process for dead
            await self._close("failed", INTERRUPTED)
            return None
        annotate(avatar_session_id=admitted.record.avatar_session_id)
        turn.admitted = admitted
        turn.content = chat_content(heard.text, self.request, admitted)
        return committed

    async def _close(self, outcome: Outcome, error: OprinaError | None) -> None:
        """Settle a turn that does not reach the agent, and emit its last events."""
        turn, record = self.turn, self.turn.record
        if error is not None:
            turn.events.emit(error_event(error))
        used: dict[Meter, int] = {} if outcome == "unreached" else dict(record.reserved)
        usage = UsageEvent(
            agent_tokens=0,
            voice_characters=0,
            transcribed_seconds=used.get("transcribed_seconds", 0),
            usage=usage_of(turn.admitted.ledger, used=used),
        )
        done = DoneEvent(ended=turn_end(outcome), turn_id=record.id, text="", spoken="")
        answer = chat_answer([*turn.events.kept, usage, done])
        settle = SettleTurn(
            record, record.holder, outcome, Progress(), cut=False, answer=answer_json(answer)
        )
        turn.result = error if outcome == "unreached" and error is not None else answer
        try:
            await self.turns.transactions.run(settle, SETTLEMENT)
            turn.events.emit(usage)
        except OprinaError as failure:
            turn.events.emit(error_event(failure))
        finally:
            turn.events.emit(done)


async def _finish(asking: "asyncio.Future[Transcript]") -> None:
    """Wait until a call has ended in any way."""
    await asyncio.wait({asking})
