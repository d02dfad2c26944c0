"""One turn as a user sees and hears it, read from its event stream."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from clients.python.oprina.models import (
    ChatEvent,
    DoneEvent,
    ErrorEvent,
    ProposalEvent,
    SentenceEvent,
    SpeechEvent,
    TextEvent,
    ToolEvent,
    TurnEvent,
    UsageEvent,
)
from infra.local.demo.terminal import TerminalPage


@dataclass
class TurnView:
    """Shows a turn on `page` while it streams, and keeps its data.

    Times are seconds after the question, by `clock`. `started` and `lasted` are by utterance: when
    its playback began, and how long it was.
    """

    page: TerminalPage
    clock: Callable[[], float] = time.perf_counter
    names: list[str] = field(default_factory=list)
    text: str = ""
    text_ended: float = 0.0
    sentences: dict[str, str] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    lasted: dict[str, float] = field(default_factory=dict)
    tools: list[tuple[str, str]] = field(default_factory=list)
    proposals: list[ProposalEvent] = field(default_factory=list)
    usage: UsageEvent | None = None
    turn: TurnEvent | None = None
    done: DoneEvent | None = None
    problems: list[str] = field(default_factory=list)
    speaking: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the avatar has begun to speak."""
    _shown: bool = True

    @property
    def first_word(self) -> float | None:
        """The time when the avatar began to speak."""
        return min(self.started.values(), default=None)

    @property
    def ended(self) -> str:
        """How the turn ended. Empty before its last event."""
        return self.done.ended if self.done else ""

    async def follow(self, events: AsyncIterator[ChatEvent]) -> None:
        """Read the events to the end of the turn, and show the text with tools and speech in it."""
        began = self.clock()
        async for event in events:
            self.names.append(event.event)
            self._take(event, self.clock() - began)
        self.hide()

    def hide(self) -> None:
        """Stop showing the turn. Its events are still read."""
        if self._shown:
            self.page.end_text()
        self._shown = False

    def _show(self, text: str, style: str = "") -> None:
        if self._shown:
            self.page.token(text, style)

    def _take(self, event: ChatEvent, at: float) -> None:
        match event:
            case TurnEvent():
                self.turn = event
            case TextEvent():
                self.text += event.text
                self.text_ended = at
                self._show(event.text)
            case ToolEvent():
                self.tools.append((event.name, event.state))
                self._show(f" [{event.name} {event.summary or event.state}]", "dim")
            case ProposalEvent():
                self.proposals.append(event)
                self._show(f" [{event.title}?]", "cyan")
            case SentenceEvent():
                self.sentences[event.utterance_id] = event.text
            case SpeechEvent():
                self._take_speech(event, at)
            case UsageEvent():
                self.usage = event
            case DoneEvent():
                self.done = event
            case ErrorEvent():
                self.problems.append(event.code)

    def _take_speech(self, event: SpeechEvent, at: float) -> None:
        utterance = event.utterance_id or ""
        match event.state:
            case "started":
                if not self.started:
                    self._show(" [the avatar begins to speak]", "green")
                self.started[utterance] = at
                self.speaking.set()
            case "ended":
                self.lasted[utterance] = event.seconds or 0.0
            case "unavailable" | "skipped" | "stopped":
                self.problems.append(f"speech {event.state}: {event.code}")
