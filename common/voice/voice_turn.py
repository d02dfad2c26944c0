"""A request of `voice` as a turn without a conversation: its commits before and after the service.

    read ──► admit: key, reservation ──► the service is asked ──► settle: charge, answer

The sweep settles a request whose process died: it is charged nothing, and the same key runs again.
The caller has got nothing, also if the service was asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from common.domain.ceiling import give_back
from common.domain.documents import Write
from common.domain.ids import TurnId
from common.domain.quota import Amounts, Ledger, Meter, ledger_path, month_of, settle
from common.domain.turn import (
    SWEEP,
    Outcome,
    Progress,
    TurnFunction,
    TurnRecord,
    begin_turn,
    turn_path,
)
from common.domain.user import User
from common.settings import Settings
from common.transactions.account import account_paths, ledger_of
from common.transactions.limits import Limits, require_free_turn, turn_rate
from common.transactions.transaction import Decision, Documents


@dataclass(frozen=True)
class AdmittedVoice:
    record: TurnRecord
    ledger: Ledger


@dataclass(frozen=True)
class AdmitVoice:
    """Admit a request that spends `amount` of `meter` (a `Transaction`).

    The result is the admitted turn, or the settled turn of the same key. Raises QuotaExceeded,
    TooManyTurns, RateLimited, SpendingStopped, CapacityReached, AccountClosing, KeyInFlight, KeyReused.
    """

    turn_id: TurnId
    holder: str
    fingerprint: str
    caller: User
    function: TurnFunction
    meter: Meter
    amount: int
    settings: Settings

    def paths(self, now: datetime) -> Iterable[str]:
        limits = Limits(self.settings, self.holder).paths(now)
        return [turn_path(self.turn_id), *account_paths(self.caller, now), *limits]

    def decide(self, documents: Documents, now: datetime) -> Decision[AdmittedVoice | TurnRecord]:
        ledger = ledger_of(documents, self.caller, self.settings, now)
        before = documents[turn_path(self.turn_id)]
        found = TurnRecord.read(before)
        if found is not None:
            if found.holder == self.holder and found.in_use:
                return Decision(AdmittedVoice(found, ledger))
            if found.holder != self.holder:
                found.check_key(self.fingerprint, now)
            if found.outcome != "unreached":
                return Decision(found)
        limits = Limits(self.settings, self.holder)
        limits.require_spending(documents)
        ledger.require(self.meter, self.amount)
        require_free_turn(ledger, self.settings)
        share, taken = limits.admit(documents, {self.meter: self.amount}, now)
        record = TurnRecord(
            id=self.turn_id,
            holder=self.holder,
            fingerprint=self.fingerprint,
            uid=self.caller.uid,
            function=self.function,
            month=month_of(now),
            attempt=found.attempt + 1 if found else 0,
            reserved={self.meter: self.amount},
            share=share,
        )
        record = begin_turn(record, now)
        reserve = ledger.reserve(record.reserved, turns=1, rate=turn_rate(self.settings))
        writes: list[Write] = [record.claim(before), reserve, *taken]
        return Decision(AdmittedVoice(record, ledger), writes)


@dataclass(frozen=True)
class SettleVoice:
    """Settle a request (a `Transaction`): its charge, its words, its answer.

    `by` is the request's holder, or `sweep`. The result is False if another process settled it.
    """

    record: TurnRecord
    by: str
    outcome: Outcome
    charged: Amounts
    text: str = ""
    answer: str | None = None

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        record = self.record
        share = [record.share] if record.share else []
        return [record.path, ledger_path(record.uid, record.month), *share]

    def decide(self, documents: Documents, now: datetime) -> Decision[bool]:
        document = documents[self.record.path]
        found = TurnRecord.read(document)
        if found is None or found.holder != self.record.holder or not found.in_use:
            return Decision(result=False)
        if self.by == SWEEP and not found.is_overdue(now):
            return Decision(result=False)
        missing = not documents[ledger_path(found.uid, found.month)].exists
        progress = Progress(text=self.text)
        done = found.settle(
            self.by, self.outcome, progress, self.charged, self.answer, now, document.version
        )
        charge = settle(
            found.uid,
            found.month,
            found.reserved,
            self.charged,
            admitted_at=found.started_at,
            turns=1,
            missing=missing,
        )
        share = give_back(found.share, documents, found.reserved, self.charged)
        return Decision(result=True, writes=[done, charge, *share])


def settle_lost_voice(record: TurnRecord) -> SettleVoice:
    """Settle a request whose process died."""
    return SettleVoice(record, SWEEP, "unreached", {})
