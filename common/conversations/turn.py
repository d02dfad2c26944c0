import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from common.conversations.agent_reply import AgentReply
from common.domain.conversation import CurrentAvatar
from common.domain.errors import Failed, OprinaError, Upstream
from common.domain.ids import ConversationId, MessageId, TurnId
from common.observability.request_trace import record_token
from common.ports.agent import AgentEvent, Delta, Finished, ToolCall, ToolResult
from common.schemas.answers import ChatAnswer
from common.schemas.events import (
    ChatEvent,
    DoneEvent,
    ErrorEvent,
    SpeechEvent,
    TextEvent,
    ToolEvent,
    TurnEnd,
    TurnEvent,
    UsageEvent,
)
from common.speech.interruption import Interruptible, InterruptReason
from common.speech.speech_output import SpeechOutput
from common.timers import IdleTimer

if TYPE_CHECKING:
    from common.text.sentences.splitter import Sentences

PAUSE_SECONDS = 0.15
"""A writer who pauses this long may pause for seconds: nobody waits for the next token to be
sure."""
CHARACTERS_A_TOKEN = 4
"""To estimate what an agent used that broke off before it said. English text; rounded up."""


@dataclass(frozen=True)
class Outcome:
    """How a turn went, for the commit that closes it."""

    ended: TurnEnd
    text: str
    spoken: str
    tokens: int
    characters: int
    seconds_spoken: float
    remembered: bool
    gone: bool
    """Whether the avatar turned out not to be there any more."""


class Settlement(Protocol):
    def usage(self, outcome: Outcome) -> UsageEvent: ...

    async def close(self, outcome: Outcome, answer: ChatAnswer) -> None:
        """Settles, keeps the messages, frees the lease; once."""


@dataclass(frozen=True)
class TurnIds:
    turn_id: TurnId
    conversation_id: ConversationId
    message_id: MessageId
    """Of the reply, once there is one."""


class Turn(Interruptible):
    """One message and the reply to it, as a stream of events. `done` is always the last."""

    def __init__(
        self, names: TurnIds, message: str, sentences: "Sentences", seconds: float
    ) -> None:
        super().__init__()
        self._names = names
        self._message = message
        self._seconds = seconds
        self._sentences = sentences
        self._silence = IdleTimer(PAUSE_SECONDS, self._pause)
        self._news: list[ChatEvent] = []
        self._wanted: asyncio.Future[None] | None = None
        self._closed = False
        self._kept: list[ChatEvent] = []
        self._speaking: SpeechOutput | None = None
        self._aloud = False
        self._text: list[str] = []
        self._tokens: int | None = None
        self._after_a_tool = False
        self._error: OprinaError | None = None

    # ── what the caller sees ─────────────────────────────────────────────────────────────────────

    async def news(self) -> list[ChatEvent]:
        """All that has happened and was not told before, as soon as there is something; nothing
        after `done`."""
        if not self._news and not self._closed:
            self._wanted = asyncio.get_running_loop().create_future()
            await self._wanted
        news, self._news = self._news, []
        return news

    async def answer(self) -> ChatAnswer:
        """The whole turn. Raises what made the agent fail, if it said nothing at all."""
        await self.over()
        if self._error is not None and not self._text:
            raise self._error
        return summary(self._kept)

    def emit(self, event: ChatEvent) -> None:
        if not isinstance(event, TextEvent):
            self._kept.append(event)
        self._news.append(event)
        self._tell()

    def _tell(self) -> None:
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)

    # ── the work ─────────────────────────────────────────────────────────────────────────────────

    def go(
        self,
        reply: AgentReply,
        admitted: "asyncio.Future[Settlement]",
        face: CurrentAvatar | None,
        speaking: SpeechOutput | None,
        *,
        aloud: bool,
    ) -> None:
        """Before it is admitted: `admitted` says whether and how it is to be closed; cancelled, it
        ends without a trace. `speaking` without `aloud` only silences the avatar."""
        self._speaking, self._aloud = speaking, aloud
        names = self._names
        self.emit(
            TurnEvent(
                turn_id=names.turn_id,
                conversation_id=names.conversation_id,
                message_id=names.message_id,
                avatar_session_id=face.avatar_session_id if face else None,
            )
        )
        self.begin(self._run(reply, admitted))

    async def _run(self, reply: AgentReply, admitted: "asyncio.Future[Settlement]") -> None:
        work = asyncio.ensure_future(self._work(reply))
        try:
            why = await self.until_interrupted(work)
            if why is not None:
                await self._hush()
                work.cancel()
                await asyncio.wait({work})
            elif work.exception() is not None:  # a bug: raised below, to be logged
                self._failed(OprinaError("It has been noted. Trying again may help."))
            self.silenced.set()
            await reply.close()
            await asyncio.wait({admitted})
            if not admitted.cancelled():
                await self._close(admitted.result(), why, reply)
        finally:
            self._closed = True
            self._tell()
        if not work.cancelled():
            work.result()

    async def _work(self, reply: AgentReply) -> None:
        async with asyncio.TaskGroup() as group:
            if self._speaking is not None:
                group.create_task(self._speaking.run())
            await self._write(reply)
            if self._speaking is not None:
                self._speaking.finish()

    async def _write(self, reply: AgentReply) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await reply.forward_to(self._take)
            self._say(self._sentences.end())
        except TimeoutError:
            self._failed(Failed("agent", "it did not finish in time", kind="silent"))
        except Upstream as error:
            self._failed(error)
        finally:
            self._silence.stop()

    def _pause(self) -> None:
        """What is complete goes out."""
        self._say(self._sentences.pause())

    def _take(self, event: AgentEvent) -> None:
        match event:
            case Delta(text):
                text = self._apart(text)
                self._text.append(text)
                self.emit(TextEvent(text=text))
                self._hear(text)
            case ToolCall(id, name):
                self.emit(ToolEvent(id=id, name=name, state="called"))
                self._pause()
            case ToolResult(id, name):
                self._after_a_tool = True
                self.emit(ToolEvent(id=id, name=name, state="answered"))
            case Finished(tokens):
                self._tokens = tokens

    def _apart(self, text: str) -> str:
        """What is written after a tool's answer does not stick to what was written before."""
        after_a_tool, self._after_a_tool = self._after_a_tool, False
        if not (after_a_tool and self._text):
            return text
        spaced = self._text[-1][-1:].isspace() or text[:1].isspace()
        return text if spaced else f" {text}"

    def _hear(self, text: str) -> None:
        if self._speaking is not None and self._aloud:
            record_token(text)
            self._say(self._sentences.feed(text))
            self._speaking.expect(self._sentences.likely())
            self._silence.restart()

    def _say(self, sentences: list[str]) -> None:
        if self._speaking is not None and self._aloud:
            for sentence in sentences:
                self._speaking.say(sentence)

    def _failed(self, error: OprinaError) -> None:
        self._error = error
        self.emit(error_event(error))
        self._pause()

    async def _hush(self) -> None:
        if self._speaking is not None:
            await self._speaking.interrupt()

    # ── the end ──────────────────────────────────────────────────────────────────────────────────

    async def _close(
        self, closing: Settlement, why: InterruptReason | None, reply: AgentReply
    ) -> None:
        outcome = self._outcome(why, reply)
        done = DoneEvent(
            ended=outcome.ended,
            turn_id=self._names.turn_id,
            message_id=self._names.message_id if outcome.text else None,
            text=outcome.text,
            spoken=outcome.spoken,
        )
        usage = closing.usage(outcome)
        try:
            await closing.close(outcome, summary([*self._kept, usage, done]))
            self.emit(usage)
        except OprinaError as error:
            self.emit(error_event(error))
        finally:
            self.emit(done)

    def _outcome(self, why: InterruptReason | None, reply: AgentReply) -> Outcome:
        text, speaking = "".join(self._text), self._speaking
        return Outcome(
            ended=self._ended(why),
            text=text,
            spoken=speaking.heard() if speaking else "",
            tokens=self._used(text),
            characters=speaking.spent if speaking else 0,
            seconds_spoken=speaking.heard_seconds() if speaking else 0.0,
            remembered=reply.remembered,
            gone=speaking.gone if speaking else False,
        )

    def _ended(self, why: InterruptReason | None) -> TurnEnd:
        if why is not None:
            return why
        if self._error is not None:
            return "incomplete" if self._text else "failed"
        return "complete"

    def _used(self, text: str) -> int:
        """What the agent said it used; estimated where it broke off; nothing for nothing."""
        if self._tokens is not None:
            return self._tokens
        if not text:
            return 0
        return -(-(len(self._message) + len(text)) // CHARACTERS_A_TOKEN)


def error_event(error: OprinaError) -> ErrorEvent:
    return ErrorEvent.model_validate(error.problem())


def summary(events: list[ChatEvent]) -> ChatAnswer:
    turn = next(event for event in events if isinstance(event, TurnEvent))
    done = next(event for event in events if isinstance(event, DoneEvent))
    usage = next((event for event in events if isinstance(event, UsageEvent)), None)
    errors = [event for event in events if isinstance(event, ErrorEvent)]
    trouble = [
        event
        for event in events
        if isinstance(event, SpeechEvent)
        and event.state in {"unavailable", "stopped", "skipped", "interrupted"}
    ]
    return ChatAnswer(
        turn_id=turn.turn_id,
        conversation_id=turn.conversation_id,
        message_id=done.message_id,
        ended=done.ended,
        text=done.text,
        spoken=done.spoken,
        speech=trouble[0] if trouble else None,
        error=errors[0] if errors else None,
        usage=usage,
    )
