"""Turn a recording into words, for a caller who wants to see them before they are sent."""

import json
import math
from dataclasses import dataclass

from common.domain.errors import Invalid, Upstream
from common.domain.ids import TurnId
from common.domain.turn import TurnRecord
from common.domain.user import User
from common.ports.dependencies import Dependencies
from common.ports.voice import Recording, Transcript
from common.schemas.answers import TranscribeAnswer
from common.schemas.requests import TranscribeRequest
from common.transactions.account import usage_of
from common.transactions.idempotency import IdempotencyKey
from common.transactions.transaction import SETTLEMENT, Transactions
from common.voice.languages import recognize
from common.voice.recording import read_recording
from common.voice.voice_turn import AdmittedVoice, AdmitVoice, SettleVoice


def billed_seconds(recording: Recording) -> int:
    """Return what a recording costs: its seconds, rounded up, as Google bills them."""
    return math.ceil(recording.seconds)


@dataclass(frozen=True)
class TranscribeUseCase:
    deps: Dependencies

    async def transcribe(
        self, caller: User, request: TranscribeRequest, key: IdempotencyKey
    ) -> TranscribeAnswer:
        """Return the words of a recording, or the stored answer of the same key.

        Raises Invalid, QuotaExceeded, TooManyTurns, KeyInFlight, KeyReused: nothing was changed
        then. Raises an `Upstream` error if the recogniser failed: nothing is charged then, and the
        same key runs again.
        """
        recording = read_recording(request.audio)
        deps, seconds = self.deps, billed_seconds(recording)
        admission = AdmitVoice(
            turn_id=TurnId(key.id or deps.new_id()),
            holder=deps.new_id(),
            fingerprint=key.fingerprint,
            caller=caller,
            function="transcribe",
            meter="transcribed_seconds",
            amount=seconds,
            settings=deps.settings,
        )
        transactions = Transactions(deps.store, deps.clock, deps.pause)
        committed = await transactions.run(admission)
        admitted = committed.result
        if isinstance(admitted, TurnRecord):
            return _stored_answer(admitted)
        record = admitted.record
        profile = committed.documents[f"users/{caller.uid}"]
        try:
            heard = await recognize(
                deps.recognition, recording, request.language, profile, deps.settings
            )
        except (Upstream, Invalid):
            failed = SettleVoice(record, record.holder, "unreached", {})
            await transactions.run(failed, SETTLEMENT)
            raise
        answer = _answer(heard, recording, admitted)
        stored = answer.model_dump_json(exclude={"text"}, exclude_none=True)
        done = SettleVoice(record, record.holder, "complete", record.reserved, heard.text, stored)
        await transactions.run(done, SETTLEMENT)
        return answer


def _answer(heard: Transcript, recording: Recording, admitted: AdmittedVoice) -> TranscribeAnswer:
    return TranscribeAnswer(
        text=heard.text,
        confidence=heard.confidence,
        seconds=round(recording.seconds, 2),
        language=heard.language,
        usage=usage_of(admitted.ledger, used=admitted.record.reserved),
    )


def _stored_answer(record: TurnRecord) -> TranscribeAnswer:
    stored = json.loads(record.answer or "{}")
    return TranscribeAnswer.model_validate({**stored, "text": record.text}, strict=False)
