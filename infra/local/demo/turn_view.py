"""One turn as a user sees and hears it, read from its event stream."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from infra.local.demo.api_client import StreamEvent
from infra.local.demo.terminal import TerminalPage

Json = dict[str, Any]


@dataclass
class TurnView:
    """Shows a turn on `page` while it streams, and keeps its data.

    Times are seconds after the question. `started` and `lasted` are by utterance: when its playback
    began, and how long it was.
    """

    page: TerminalPage
    names: list[str] = field(default_factory=list)
    text: str = ""
    text_ended: float = 0.0
    sentences: dict[str, str] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    lasted: dict[str, float] = field(default_factory=dict)
    tools: list[tuple[str, str]] = field(default_factory=list)
    proposals: list[Json] = field(default_factory=list)
    usage: Json = field(default_factory=dict)
    turn: Json = field(default_factory=dict)
    done: Json = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    speaking: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the avatar has begun to speak."""
    _shown: bool = True

    @property
    def first_word(self) -> float | None:
        """The time when the avatar began to speak."""
        return min(self.started.values(), default=None)

    async def follow(self, events: AsyncIterator[StreamEvent]) -> None:
        """Read the events to the end of the turn, and show the text with tools and speech in it."""
        async for event in events:
            self.names.append(event.name)
            self._take(event)
        self.hide()

    def hide(self) -> None:
        """Stop showing the turn. Its events are still read."""
        if self._shown:
            self.page.end_text()
        self._shown = False

    def _show(self, text: str, style: str = "") -> None:
        if self._shown:
            self.page.token(text, style)

    def _take(self, event: StreamEvent) -> None:
        data = event.data
        match event.name:
            case "turn":
                self.turn = data
            case "text":
                self.text += data["text"]
                self.text_ended = event.at
                self._show(data["text"])
            case "tool":
                self.tools.append((data["name"], data["state"]))
                self._show(f" [{data['name']} {data.get('summary') or data['state']}]", "dim")
            case "proposal":
                self.proposals.append(data)
                self._show(f" [{data['title']}?]", "cyan")
            case "sentence":
                self.sentences[data["utterance_id"]] = data["text"]
            case "speech":
                self._take_speech(event)
            case "usage":
                self.usage = data
            case "done":
                self.done = data
            case "error":
                self.problems.append(data["code"])

    def _take_speech(self, event: StreamEvent) -> None:
        data = event.data
        match data["state"]:
            case "started":
                if not self.started:
                    self._show(" [the avatar begins to speak]", "green")
                self.started[data["utterance_id"]] = event.at
                self.speaking.set()
            case "ended":
                self.lasted[data["utterance_id"]] = data["seconds"]
            case "unavailable" | "skipped" | "stopped":
                self.problems.append(f"speech {data['state']}: {data.get('code')}")
