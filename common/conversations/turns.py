from dataclasses import dataclass, field
from typing import TypeVar

from common.conversations.heartbeat import Vital
from common.conversations.running_turn import RunningTurn, RunningTurns
from common.conversations.turn import Content, TurnWork
from common.conversations.turn_book import TurnBook
from common.conversations.turn_claim import AdmittedTurn, StoredTurn
from common.domain import deadlines
from common.domain.ids import AvatarSessionId, ConversationId
from common.domain.turn import TurnRecord
from common.observability.log import best_effort, log
from common.ports.dependencies import Dependencies
from common.sessions.end import SessionEnder
from common.transactions.transaction import Committed, Transactions

REMEMBERED = 1_000

RunningT = TypeVar("RunningT", bound=RunningTurn)


@dataclass(frozen=True)
class Turns:
    """Starts admitted turns, and ends the avatar session of a turn that found it over."""

    deps: Dependencies
    running: RunningTurns
    sessions: SessionEnder
    works: dict[RunningTurn, TurnWork] = field(default_factory=dict)
    conversations: dict[AvatarSessionId, ConversationId] = field(default_factory=dict)
    """The conversation of each session, which never changes: saves `speak` a round trip."""

    @property
    def transactions(self) -> Transactions:
        return Transactions(self.deps.store, self.deps.clock, self.deps.pause)

    def start(
        self,
        turn: RunningT,
        committed: Committed[AdmittedTurn | StoredTurn],
        admitted: AdmittedTurn,
        content: Content,
    ) -> RunningT:
        """Set an admitted turn to work. It interrupts the older turn of its conversation."""
        self._remember(admitted.record)
        earlier = self.running.add(turn)
        if (
            admitted.record.superseded_by is not None
        ):  # before its unconfirmed commit was found to hold
            turn.interruption.request("interrupted")
        work = TurnWork(
            self.deps,
            turn,
            admitted,
            content,
            TurnBook.open(self.transactions, admitted.record, committed.documents),
            self._vital(committed, admitted),
            self.works.get(earlier) if earlier else None,
        )
        self.works[turn] = work
        turn.start(self._work(work))
        return turn

    def _remember(self, record: TurnRecord) -> None:
        if record.avatar_session_id is not None:
            if len(self.conversations) >= REMEMBERED:
                self.conversations.clear()
            self.conversations[record.avatar_session_id] = record.conversation_id

    async def _work(self, work: TurnWork) -> None:
        turn = work.turn
        try:
            await work.run()
        except Exception:
            log.exception("a turn failed")
            raise
        finally:
            self.running.remove(turn)
            self.works.pop(turn, None)
        session = turn.record.avatar_session_id
        if work.session_is_over and session is not None:
            await best_effort("ending a session that is over", self.sessions.end_if_over(session))

    def _vital(
        self, committed: Committed[AdmittedTurn | StoredTurn], admitted: AdmittedTurn
    ) -> Vital:
        """Until when the turn may act: 10 s before the `due_at` that stands in its document."""
        due = admitted.record.due_at or committed.now
        left = (due - committed.now).total_seconds() - deadlines.STOP_BEFORE_DUE
        return Vital(committed.read_at, committed.read_at + left)
