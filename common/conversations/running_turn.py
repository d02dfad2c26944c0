import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable

from common.conversations.answers import chat_answer
from common.conversations.reply.agent_reply import ReplySoFar
from common.conversations.reply.event_stream import TurnEvents
from common.domain.errors import OprinaError
from common.domain.ids import ConversationId
from common.domain.turn import TurnRecord
from common.schemas.answers import ChatAnswer, SpeakAnswer
from common.schemas.base import Answer
from common.schemas.events import ChatEvent
from common.speech.interruption import Interruption, InterruptReason


class RunningTurn(ABC):
    """A turn that was admitted, and works in a task of its own.

    Its caller reads `next_events` or awaits `answer`, and calls `cancel` when it goes away.
    """

    def __init__(self, record: TurnRecord) -> None:
        self.record = record
        self.events = TurnEvents()
        self.interruption = Interruption()
        self.silenced = asyncio.Event()
        """Nothing more of this turn will be sent to the avatar."""
        self.superseded_here = False
        """A newer turn of this process took over: this one silences the avatar for it."""
        self.reply = ReplySoFar()
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Awaitable[None]) -> None:
        self._task = asyncio.ensure_future(work)

    async def next_events(self) -> list[ChatEvent]:
        """Return all events since the last call, as soon as there is one; nothing after `done`."""
        return await self.events.next()

    async def over(self) -> None:
        """Wait until the turn is settled. Raises a bug of the turn."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def cancel(self) -> None:
        """End the turn, because its caller has gone away. Wait until it is settled."""
        self.interruption.request("cancelled")
        await self.over()

    @abstractmethod
    async def answer(self) -> Answer:
        """Wait until the turn is settled, and return the whole of it."""


class RunningChat(RunningTurn):
    """A turn with the agent."""

    async def answer(self) -> ChatAnswer:
        """Return the whole turn. Raises the error of a turn that said nothing."""
        await self.over()
        if self.reply.error is not None and not self.reply.text:
            raise self.reply.error
        return chat_answer(self.events.kept)


class RunningSpeech(RunningTurn):
    """A turn without the agent. `spoken` is its answer, once it is over."""

    def __init__(self, record: TurnRecord) -> None:
        super().__init__(record)
        self.spoken: SpeakAnswer | OprinaError | None = None

    async def answer(self) -> SpeakAnswer:
        """Return what was spoken. Raises the reason why nothing could be spoken."""
        await self.over()
        if not isinstance(self.spoken, SpeakAnswer):
            raise self.spoken or OprinaError("Try again.")
        return self.spoken


class RunningTurns:
    """The turns of this process, the newest of each conversation first in line.

    Turns of other processes learn from their documents that they were superseded.
    """

    def __init__(self) -> None:
        self._newest: dict[ConversationId, RunningTurn] = {}
        self._all: set[RunningTurn] = set()

    def add(self, turn: RunningTurn) -> RunningTurn | None:
        """Count a turn that was admitted.

        Interrupt the older turn of its conversation and return it.

        Turns are older and newer by their number and their start: of two whose commits are
        confirmed in the wrong order, the one that was admitted first is interrupted.
        """
        record = turn.record
        known = self._newest.get(record.conversation_id)
        self._all.add(turn)
        if known is not None and _order(known) > _order(turn):
            turn.interruption.request("interrupted")
            return None
        self._newest[record.conversation_id] = turn
        if known is not None:
            known.superseded_here = True
            known.interruption.request("interrupted")
        return known

    def remove(self, turn: RunningTurn) -> None:
        self._all.discard(turn)
        conversation = turn.record.conversation_id
        if self._newest.get(conversation) is turn:
            del self._newest[conversation]

    def stop(self, stopped: TurnRecord) -> None:
        """Stop a turn, if it is the newest of its conversation in this process."""
        turn = self._newest.get(stopped.conversation_id)
        if turn is not None and turn.record.id == stopped.id:
            turn.interruption.request("stopped")

    async def end_all(self, reason: InterruptReason = "shutdown") -> None:
        """End every turn, and wait until all are settled."""
        turns = list(self._all)
        for turn in turns:
            turn.interruption.request(reason)
        await asyncio.gather(*(turn.over() for turn in turns), return_exceptions=True)


def _order(turn: RunningTurn) -> tuple[int, float]:
    started = turn.record.started_at
    return turn.record.number, started.timestamp() if started else 0.0
