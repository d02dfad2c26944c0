import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from common.conversations.admission.turn_claim import AdmittedTurn
from common.conversations.admission.why_silent import why_silent
from common.conversations.reply.event_stream import TurnEvents
from common.conversations.reply.reply_so_far import ReplySoFar
from common.domain.errors import OprinaError
from common.domain.turn import Progress, TurnRecord
from common.schemas.answers import ChatAnswer, SpeakAnswer
from common.schemas.base import Answer
from common.schemas.events import ChatEvent, SpeechEvent
from common.schemas.requests import ChatRequest
from common.speech.interruption import Interruption
from common.speech.speech_output import SpeechOutput

AnswerT_co = TypeVar("AnswerT_co", bound=Answer, covariant=True)


@dataclass(frozen=True)
class Content:
    """The content of a turn: a `message` for the agent, or `pieces` to be spoken as they are.

    `caller_plays`: the caller plays what the avatar has no time for. `why_silent` is reported first,
    where speech was expected and cannot be.
    """

    message: str | None
    pieces: Sequence[str] = ()
    wait: bool = True
    caller_plays: bool = False
    why_silent: SpeechEvent | None = None


def chat_content(text: str, request: ChatRequest, admitted: AdmittedTurn) -> Content:
    """Return the content of a turn that asks the agent `text`."""
    return Content(
        text,
        wait=request.wait,
        caller_plays=request.speak == "audio",
        why_silent=why_silent(admitted, request.speak),
    )


@dataclass
class Handover:
    """Facts that a turn and the newer turn of this process, which superseded it, tell each other."""

    silenced: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing more of this turn will be sent to the avatar."""
    superseded_at: float | None = None
    """When a newer turn of this process took over, in event loop time: for it the avatar is
    silenced, unless the process was frozen since."""
    notes_told: bool = False
    """The newer turn tells the agent what was heard of this one."""

    async def may_act(self) -> bool:
        """Return True if no newer turn of this process took over (`MayAct`)."""
        return self.superseded_at is None


class RunningTurn(Generic[AnswerT_co]):
    """A turn that was admitted, and works in a task of its own (turn.py).

    Its caller reads `next_events` or awaits `answer`, and calls `cancel` when it goes away. `ends_at`
    is its deadline in event loop time.
    """

    def __init__(self, admitted: AdmittedTurn, content: Content, ends_at: float) -> None:
        self.admitted = admitted
        self.content = content
        self.events = TurnEvents()
        self.interruption = Interruption()
        self.handover = Handover()
        self.ends_at = ends_at
        self.reply = ReplySoFar()
        self.speech: SpeechOutput | None = None
        self.result: AnswerT_co | OprinaError | None = None
        """The answer, or why there is none. Set when the turn is settled."""
        self._task: asyncio.Task[None] | None = None

    @property
    def record(self) -> TurnRecord:
        return self.admitted.record

    def progress(self) -> Progress:
        """Return how far the turn has come."""
        speech = self.speech
        spoken, spent = (speech.heard_text(), speech.spent) if speech else ("", 0)
        return self.reply.progress(spoken, spent)

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

    async def answer(self) -> AnswerT_co:
        """Wait until the turn is settled, and return the whole of it.

        Raises the error of a turn that said nothing.
        """
        await self.over()
        if self.result is None:
            raise OprinaError("Try again.")
        if isinstance(self.result, OprinaError):
            raise self.result
        return self.result


class RunningChat(RunningTurn[ChatAnswer]):
    """A turn with the agent."""


class RunningSpeech(RunningTurn[SpeakAnswer]):
    """A turn without the agent."""
