"""A turn as somebody who listens has it: its text while it is written, and when it was said."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from infra.local.demo.caller import Event
from infra.local.demo.terminal import Page

Json = dict[str, Any]


@dataclass
class Heard:
    """Times are seconds after the question. `page` is where it is shown."""

    page: Page
    names: list[str] = field(default_factory=list)
    text: str = ""
    text_ended: float = 0.0
    sentences: dict[str, str] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    lasted: dict[str, float] = field(default_factory=dict)
    tools: list[tuple[str, str]] = field(default_factory=list)
    usage: Json = field(default_factory=dict)
    done: Json = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    speaking: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the avatar has begun."""
    _shown: bool = True

    @property
    def first_word(self) -> float | None:
        """When the avatar began to speak."""
        return min(self.started.values(), default=None)

    async def listen(self, events: AsyncIterator[Event]) -> None:
        """To the end of the turn, showing its text, and in it where the rest happened."""
        async for event in events:
            self.names.append(event.name)
            self._take(event)
        self.look_away()

    def look_away(self) -> None:
        """Shows no more of it."""
        if self._shown:
            self.page.end_text()
        self._shown = False

    def _show(self, text: str, style: str = "") -> None:
        if self._shown:
            self.page.token(text, style)

    def _take(self, event: Event) -> None:
        data = event.data
        match event.name:
            case "text":
                self.text += data["text"]
                self.text_ended = event.at
                self._show(data["text"])
            case "tool":
                self.tools.append((data["name"], data["state"]))
                self._show(f" [{data['name']} {data['state']}]", "dim")
            case "sentence":
                self.sentences[data["utterance_id"]] = data["text"]
            case "speech":
                self._speech(event)
            case "usage":
                self.usage = data
            case "done":
                self.done = data
            case "error":
                self.problems.append(data["code"])

    def _speech(self, event: Event) -> None:
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
