import asyncio
from typing import Any

from common.conversations.running_turn import RunningTurn
from common.domain.ids import NO_CONVERSATION, AvatarSessionId, ConversationId
from common.domain.turn import TurnRecord

REMEMBERED = 1_000

Turn = RunningTurn[Any]


class RunningTurns:
    """The turns of this process, the newest of each conversation first in line.

    Turns of other processes learn from their documents that they were superseded.
    """

    def __init__(self) -> None:
        self._newest: dict[ConversationId, Turn] = {}
        self._all: set[Turn] = set()
        self._conversations: dict[AvatarSessionId, ConversationId] = {}
        self._is_ending = False

    def add(self, turn: Turn) -> Turn | None:
        """Count a turn that was admitted.

        Interrupt the older turn of its conversation and return it.

        Turns are older and newer by their number and their start: of two whose commits are
        confirmed in the wrong order, the one that was admitted first is interrupted.
        """
        record = turn.record
        self._remember(record)
        self.note(turn)
        known = self._newest.get(record.conversation_id)
        if known is not None and _order(known) > _order(turn):
            turn.interruption.request("interrupted")
            return None
        self._newest[record.conversation_id] = turn
        if known is not None:
            known.handover.superseded_at = asyncio.get_running_loop().time()
            known.interruption.request("interrupted")
        return known

    def note(self, turn: Turn) -> None:
        """Count a turn, so that `end_all` ends it. It is ended at once if the process ends already."""
        self._all.add(turn)
        if self._is_ending:
            turn.interruption.request("shutdown")

    def remove(self, turn: Turn) -> None:
        self._all.discard(turn)
        conversation = turn.record.conversation_id
        if self._newest.get(conversation) is turn:
            del self._newest[conversation]

    def stop(self, stopped: TurnRecord) -> bool:
        """Stop a turn. Return False if it is not the newest of its conversation in this process."""
        turn = self._newest.get(stopped.conversation_id)
        if turn is None or turn.record.id != stopped.id:
            return False
        turn.interruption.request("stopped")
        return True

    async def end_all(self) -> None:
        """End every turn because the process ends, and wait until all are settled.

        A turn whose admission is on its way ends as soon as it is counted.
        """
        self._is_ending = True
        turns = list(self._all)
        for turn in turns:
            turn.interruption.request("shutdown")
        await asyncio.gather(*(turn.over() for turn in turns), return_exceptions=True)

    def conversation_of(self, session: AvatarSessionId) -> ConversationId:
        """Return the conversation of an avatar session that spoke here, or `NO_CONVERSATION`.

        It never changes. Knowing it saves `speak` a round trip.
        """
        return self._conversations.get(session, NO_CONVERSATION)

    def _remember(self, record: TurnRecord) -> None:
        if record.avatar_session_id is not None:
            if len(self._conversations) >= REMEMBERED:
                self._conversations.clear()
            self._conversations[record.avatar_session_id] = record.conversation_id


def _order(turn: Turn) -> tuple[int, float]:
    started = turn.record.started_at
    return turn.record.number, started.timestamp() if started else 0.0
