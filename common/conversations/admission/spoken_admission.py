"""The decision whether a recorded message may be transcribed. Pure.

Its commit holds the key and the seconds of the recording. The turn has no lease and no message yet,
so it interrupts nothing: only accepted words are admitted as a message (chat_admission.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from common.conversations.admission.turn_claim import (
    AdmittedTurn,
    StoredTurn,
    TurnClaim,
    own_turn,
    stored_turn,
)
from common.domain.conversation import Conversation, conversation_path
from common.domain.documents import Document, Write
from common.domain.quota import Meter, month_of
from common.domain.turn import TurnRecord, begin_turn, turn_path
from common.settings import Settings
from common.transactions.account import account_paths, ledger_of
from common.transactions.limits import Limits, require_free_turn, turn_rate
from common.transactions.transaction import Decision, Documents


@dataclass(frozen=True)
class SpokenAdmission:
    """Admit a recording of `seconds` (a `Transaction`)."""

    claim: TurnClaim
    settings: Settings
    seconds: int

    def paths(self, now: datetime) -> Iterable[str]:
        claim = self.claim
        return [
            turn_path(claim.turn_id),
            conversation_path(claim.conversation_id),
            *account_paths(claim.caller, now),
            *Limits(self.settings, self.claim.holder).paths(now),
        ]

    def decide(self, documents: Documents, now: datetime) -> Decision[AdmittedTurn | StoredTurn]:
        claim = self.claim
        ledger = ledger_of(documents, claim.caller, self.settings, now)
        before = documents[turn_path(claim.turn_id)]
        found = TurnRecord.read(before)
        if (stored := stored_turn(found, claim, ledger, now)) is not None:
            return Decision(stored)
        conversation = self._conversation(documents[conversation_path(claim.conversation_id)])
        if found is not None and claim.owns(found):
            return Decision(own_turn(found, conversation, ledger, None))
        limits = Limits(self.settings, claim.holder)
        limits.require_spending(documents)
        ledger.require("transcribed_seconds", self.seconds)
        require_free_turn(ledger, self.settings)
        reserved: dict[Meter, int] = {"transcribed_seconds": self.seconds}
        share, taken = limits.admit(documents, reserved, now)
        record = TurnRecord(
            id=claim.turn_id,
            holder=claim.holder,
            fingerprint=claim.fingerprint,
            uid=claim.user,
            conversation_id=claim.conversation_id,
            month=month_of(now),
            attempt=found.attempt + 1 if found else 0,
            state="transcribing",
            reserved=reserved,
            share=share,
        )
        record = begin_turn(record, now, claim.deadline_at)
        reserve = ledger.reserve(record.reserved, turns=1, rate=turn_rate(self.settings))
        writes: list[Write] = [record.claim(before), reserve, *taken]
        return Decision(AdmittedTurn(record, conversation, ledger), writes)

    def _conversation(self, document: Document) -> Conversation | None:
        if not self.claim.given:
            return None
        return Conversation.read(document, self.claim.user)
