"""One reply of the agent: each event is sent on in the moment in which it arrives.

agent's stream ──► text to the caller, at once
               └─► whole sentences to speech
"""

from typing import TYPE_CHECKING

from common.conversations.reply.agent_session import AgentMemory
from common.conversations.reply.event_stream import TurnEvents
from common.conversations.reply.reply_so_far import ReplySoFar
from common.domain.errors import Upstream
from common.observability.request_trace import record_token, stopwatch
from common.ports.agent import AgentEvent, Delta, ToolCall, ToolResult
from common.schemas.events import NoticeEvent, TextEvent, ToolEvent
from common.speech.speech_channel import MayAct
from common.speech.synthesis import Synthesis
from common.text.visible import VisibleText
from common.timers import IdleTimer

if TYPE_CHECKING:
    from common.text.sentences.splitter import Sentences

PAUSE_SECONDS = 0.15
"""An agent that writes nothing for this long may be silent for seconds: complete text is
released."""


async def read_reply(memory: AgentMemory, writer: "ReplyWriter", guard: MayAct) -> None:
    """Ask the agent, if the turn may still act, and pass each event to the writer.

    Raises the `Upstream` error that broke the reply.

    A session that turns out to be lost is made again: the first event is an error, and the session
    does not exist.
    """
    message = await memory.prepare()
    try:
        await _ask(memory, message, writer, guard)
    except Upstream as error:
        turn = memory.turn
        if turn.reply.events:
            raise
        message = await memory.renew(error)
        if message is None and turn.interruption.reason is None:
            raise
        await _ask(memory, message, writer, guard)


async def _ask(
    memory: AgentMemory, message: str | None, writer: "ReplyWriter", guard: MayAct
) -> None:
    if message is None or not await guard.may_act():
        return
    first_token = stopwatch("agent_first_token")
    is_first = True

    def on_event(event: AgentEvent) -> None:
        nonlocal is_first
        if is_first and isinstance(event, Delta):
            is_first = False
            first_token()
        writer.take(event)

    request = memory.request
    memory.turn.reply.asked.set()
    state = (request.state,) if request.state else ()
    await memory.agent.reply(request.user, request.session, message, on_event, *state)


class ReplyWriter:
    """Sends each event of the agent on: text to the caller at once, whole sentences to speech.

    Text that is not for people, such as reasoning between tags, goes to neither. `synthesis` is
    None if the turn has no speech.
    """

    def __init__(
        self,
        reply: ReplySoFar,
        events: TurnEvents,
        sentences: "Sentences",
        synthesis: Synthesis | None,
    ) -> None:
        self._reply = reply
        self._events = events
        self._sentences = sentences
        self._synthesis = synthesis
        self._visible = VisibleText(holds_spaces=False)
        self._last_character = ""
        self._after_tool = False
        self._idle = IdleTimer(PAUSE_SECONDS, self.release)

    def take(self, event: AgentEvent) -> None:
        """Handle one event, in the task that reads the agent's socket."""
        self._reply.note(event)
        if self._reply.session.renewed and self._reply.events == 1:
            self._events.emit(NoticeEvent())
        match event:
            case Delta(text):
                self._write(self._set_apart(text))
            case ToolCall(id, name):
                self._events.emit(ToolEvent(id=id, name=name, state="called"))
                self.release()
            case ToolResult(id, name, summary):
                self._after_tool = True
                answered = ToolEvent(id=id, name=name, state="answered", summary=summary)
                self._events.emit(answered)

    def release(self) -> None:
        """Give complete text to speech: what ends like a sentence is one."""
        self._say(self._sentences.pause())

    def finish(self) -> None:
        """No more text follows: the rest is a sentence."""
        self._show(self._visible.end())
        self._idle.stop()
        self._say(self._sentences.end())

    def close(self) -> None:
        self._idle.stop()

    def _write(self, text: str) -> None:
        self._show(self._visible.feed(text))
        if self._synthesis is not None:
            record_token(text)
            self._say(self._sentences.feed(text))
            self._synthesis.expect(self._sentences.likely())
            self._idle.restart()

    def _show(self, text: str) -> None:
        if text:
            self._reply.shown.show(text)
            self._events.emit(TextEvent(text=text))

    def _set_apart(self, text: str) -> str:
        """Put a space between what was written before a tool call and what follows it."""
        after_tool, self._after_tool = self._after_tool, False
        before, self._last_character = self._last_character, text[-1:] or self._last_character
        if not after_tool or not before or before.isspace() or text[:1].isspace():
            return text
        return f" {text}"

    def _say(self, sentences: list[str]) -> None:
        if self._synthesis is not None:
            for sentence in sentences:
                self._synthesis.say(sentence)
