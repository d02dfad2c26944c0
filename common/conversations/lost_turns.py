from collections import Counter
from datetime import datetime

from common.conversations.settlement import SettleTurn
from common.domain.documents import Document, Query, due_documents
from common.domain.turn import SWEEP, TurnRecord
from common.ports.dependencies import Dependencies
from common.transactions.transaction import SETTLEMENT, Transactions
from common.voice.voice_turn import settle_lost_voice


class SettleLostTurns:
    """Settles turns whose process died (a sessions/due_work.py `DueWork`).

    A turn is overdue 10 s after its `due_at`; a turn that was renewed meanwhile is left alone.
    """

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._transactions = Transactions(deps.store, deps.clock, deps.pause)

    def due(self, now: datetime, limit: int) -> Query:
        return due_documents("turns", now, limit)

    async def finish(self, document: Document, counts: Counter[str]) -> None:
        record = TurnRecord.read(document)
        if record is None or not record.is_overdue(self._deps.clock.now()):
            return
        if record.function in {"transcribe", "synthesize"}:
            await self._transactions.run(settle_lost_voice(record), SETTLEMENT)
            return
        settled = await self._transactions.run(settle_lost(record), SETTLEMENT)
        counts["leases_freed"] += settled.result is not None


def settle_lost(record: TurnRecord) -> SettleTurn:
    """Settle a turn whose process died, from what its document knows."""
    return SettleTurn(record, SWEEP, "lost", record.known_progress(), cut=True, answer=None)
