"""Sentences on their way into the avatar's mouth.

    say() ──► waiting ──► synthesise ──► made (one ahead) ──► send ──► the avatar

Synthesis of the next sentence runs while the last one is sent. The text never waits for any of it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from common.domain.conversations import Face
from common.domain.errors import Missing, Upstream
from common.domain.ids import UtteranceId
from common.models import SentenceEvent, SpeechEvent
from common.services.floor import Cuttable
from common.services.outside import Outside, best_effort
from common.services.ports import Line, LineEvent
from common.speech import audio

CONNECTED_SECONDS = 5.0
"""How long after a session's start its line is waited for to say `connected`; before that, all that
is sent is dropped."""
CONNECTED_AGAIN_SECONDS = 0.5
"""How long a later line is. Whether a second line to one session hears `connected` again, nobody
knows: after this long we go on."""
AFTER_AUDIO_SECONDS = 2.0
"""How long after the audio should have been played we wait to hear that it was."""
INTERRUPT_SECONDS = 2.0
HANDOVER_SECONDS = 0.25
"""Whoever we interrupt from another process learns of it from the avatar, and then clears what they
had on the way there: sound of ours from before that would be cleared with it."""

Emit = Callable[[SentenceEvent | SpeechEvent], None]
How = Literal["complete", "handed_over", "interrupted", "failed"]


@dataclass
class Utterance:
    """One sentence. `starts` and `ends` are on the event loop's clock: when its audio plays, as far
    as it is known, from what was sent and what the avatar said."""

    id: UtteranceId
    text: str
    pcm: bytes = b""
    starts: float | None = None
    ends: float = 0.0
    heard: Literal["no", "started", "ended"] = "no"


class Speaking:
    """What one turn or one call of `speak` says.

    `characters` gives what may be spent on voice, once that is set aside: nothing is spent before.
    `goes_on` is asked before each utterance: whether it is still ours to speak. `on_cut` is told
    when the avatar was interrupted by somebody else.
    """

    def __init__(
        self,
        outside: Outside,
        face: Face,
        characters: Callable[[], Awaitable[int]],
        emit: Emit,
        *,
        wait: bool,
        goes_on: Callable[[], Awaitable[bool]] | None = None,
        on_cut: Callable[[], None] = lambda: None,
    ) -> None:
        self._outside = outside
        self._face = face
        self._characters = characters
        self._emit = emit
        self._wait = wait
        self._before: Cuttable | None = None
        self._handover = 0.0
        self._interrupted_at = 0.0
        self._goes_on = goes_on
        self._on_cut = on_cut
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue()
        self._made: asyncio.Queue[Utterance | None] = asyncio.Queue(maxsize=1)
        self._sent: list[Utterance] = []
        self._line: Line | None = None
        self._opened = asyncio.Event()
        self._connected = asyncio.Event()
        self._changed = asyncio.Event()
        self._quiet_at = asyncio.get_running_loop().time()
        self._asked = False
        self._deaf = False
        self._cut = False
        self.how: How = "complete"
        self.spent = 0
        """Characters that were synthesised: what the voice costs."""

    # ── what the turn sees ───────────────────────────────────────────────────────────────────────

    def say(self, sentence: str) -> None:
        self._asked = True
        self._waiting.put_nowait(sentence)

    def after(self, before: Cuttable | None, *, elsewhere: bool) -> None:
        """Somebody else is just being interrupted: no sound until they are silenced. `elsewhere`: in
        another process, perhaps. To be said before `characters` are given."""
        self._before = before
        self._handover = HANDOVER_SECONDS if elsewhere else 0.0

    def finish(self) -> None:
        """No more sentences come."""
        self._waiting.put_nowait(None)

    @property
    def first(self) -> UtteranceId | None:
        return self._sent[0].id if self._sent else None

    @property
    def seconds(self) -> float:
        """Of audio that was handed to the avatar."""
        return sum(audio.seconds(utterance.pcm) for utterance in self._sent)

    def said(self) -> list[str]:
        """The sentences that began to be heard."""
        now = asyncio.get_running_loop().time()
        return [u.text for u in self._sent if u.starts is not None and u.starts <= now]

    def heard_seconds(self) -> float:
        now = asyncio.get_running_loop().time()
        return sum(
            max(0.0, min(u.ends, now) - u.starts) for u in self._sent if u.starts is not None
        )

    async def run(self) -> None:
        """Until all was heard (or handed over, if nobody waits), or it cannot go on. Never raises
        for an upstream's sake: the events and `how` say what happened."""
        try:
            async with asyncio.TaskGroup() as group:
                making = group.create_task(self._make())
                hearing = group.create_task(self._open_and_hear())
                try:
                    await self._send()
                finally:
                    making.cancel()
                    hearing.cancel()
        except* Upstream as failed:
            self._gave_up(_first(failed))
        finally:
            await self._hang_up()

    async def interrupt(self) -> None:
        """Stops the avatar at once. `run` must be cancelled besides."""
        self._cut = True
        now = asyncio.get_running_loop().time()
        for utterance in self._sent:
            utterance.ends = min(utterance.ends, now)
        if self.how != "failed" and self._asked:
            self.how = "interrupted"
            self._emit(SpeechEvent(state="interrupted", utterance_id=self._current()))
        if self._line is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(INTERRUPT_SECONDS):
                    await best_effort("interrupting", self._line.interrupt())

    # ── the line ─────────────────────────────────────────────────────────────────────────────────

    async def _open_and_hear(self) -> None:
        tokens = await self._outside.vault.open(self._face.avatar_session_id, self._face.vault)
        self._line = await self._outside.avatars.connect(tokens.ws_url)
        await self._line.interrupt()
        self._interrupted_at = asyncio.get_running_loop().time()
        self._opened.set()
        await self._line.keep_alive()
        async for event in self._line.events():
            await self._heard(event)
        self._deaf = True
        self._connected.set()
        self._changed.set()

    async def _heard(self, event: LineEvent) -> None:
        match event.kind:
            case "connected":
                if not self._sent and self._line is not None and not self._connected.is_set():
                    await self._line.interrupt()
                self._connected.set()
            case "started" if utterance := self._which(event, "no"):
                utterance.heard = "started"
                self._emit(SpeechEvent(state="started", utterance_id=utterance.id))
            case "ended" if utterance := self._which(event, "started"):
                utterance.heard = "ended"
                length = audio.seconds(utterance.pcm)
                self._emit(
                    SpeechEvent(state="ended", utterance_id=utterance.id, seconds=round(length, 2))
                )
            case "interrupted" if not self._cut and self._ours(event):
                self._on_cut()
        self._changed.set()

    def _ours(self, event: LineEvent) -> bool:
        """Interruptions from before our first sound are those that we asked for."""
        if event.utterance is not None:
            return any(u.id == event.utterance for u in self._sent)
        return any(u.heard == "started" for u in self._sent)

    def _which(self, event: LineEvent, heard: Literal["no", "started"]) -> Utterance | None:
        """The utterance that an event is about: the one it names, else the next in turn. What it
        says of utterances that are not ours is somebody else's."""
        if event.utterance is not None:
            return next((u for u in self._sent if u.id == event.utterance), None)
        return next((u for u in self._sent if u.heard == heard), None)

    # ── the pipeline ─────────────────────────────────────────────────────────────────────────────

    async def _make(self) -> None:
        left = await self._characters()
        while (sentence := await self._waiting.get()) is not None:
            if self.spent + len(sentence) > left:
                self._emit(
                    SpeechEvent(
                        state="stopped",
                        code="quota_exceeded",
                        detail="The voice that was set aside for this is used up.",
                    )
                )
                break
            utterance = Utterance(UtteranceId(self._outside.new_id()), sentence)
            if await self._synthesise(utterance):
                await self._made.put(utterance)
        await self._made.put(None)

    async def _synthesise(self, utterance: Utterance) -> bool:
        """False where this sentence cannot be spoken; the next one may."""
        self._emit(SentenceEvent(utterance_id=utterance.id, text=utterance.text))
        try:
            utterance.pcm = await self._outside.voice.synthesize(
                utterance.text, self._face.voice, self._face.language
            )
        except Upstream as error:
            self._emit(
                SpeechEvent(
                    state="skipped",
                    utterance_id=utterance.id,
                    code=error.code,
                    detail="This sentence could not be spoken.",
                )
            )
            return False
        self.spent += len(utterance.text)
        return True

    async def _send(self) -> None:
        utterance = await self._made.get()
        await (self._ready() if utterance else self._opened.wait())
        while utterance is not None:
            if self._goes_on is not None and not await self._goes_on():
                return
            await self._hand_over(utterance)
            utterance = await self._made.get()
        if self._wait:
            await self._heard_out()
        elif self._sent:
            self.how = "handed_over"

    async def _ready(self) -> None:
        if self._before is not None:
            await self._before.silenced.wait()
        age = (self._outside.clock.now() - self._face.since).total_seconds()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(CONNECTED_SECONDS - age, CONNECTED_AGAIN_SECONDS)):
                await self._connected.wait()
        ours_from = self._interrupted_at + self._handover
        await asyncio.sleep(ours_from - asyncio.get_running_loop().time())

    async def _hand_over(self, utterance: Utterance) -> None:
        line = self._line
        if line is None or self._deaf:
            raise Missing("avatar", "the line is closed")
        self._sent.append(utterance)
        for chunk in audio.chunks(utterance.pcm):
            if self._cut:
                return
            await line.speak(utterance.id, chunk)
            if utterance.starts is None:
                now = asyncio.get_running_loop().time()
                utterance.starts = max(now, self._quiet_at)
                self._quiet_at = utterance.starts
            self._quiet_at += audio.seconds(chunk)
            utterance.ends = self._quiet_at
        await line.finish(utterance.id)

    # ── the end ──────────────────────────────────────────────────────────────────────────────────

    async def _heard_out(self) -> None:
        """Until the avatar says that it has finished, or the audio has had time to play."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._quiet_at + AFTER_AUDIO_SECONDS):
                while not self._done() and not self._deaf:
                    self._changed.clear()
                    await self._changed.wait()
                if self._deaf and not self._done():
                    self.how = "failed"

    def _done(self) -> bool:
        """All was heard. Some say so once for several utterances: then the audio's clock decides."""
        if not self._sent or self._sent[-1].heard == "ended":
            return True
        now = asyncio.get_running_loop().time()
        return self._quiet_at <= now and any(u.heard == "ended" for u in self._sent)

    def _current(self) -> UtteranceId | None:
        now = asyncio.get_running_loop().time()
        begun = [u for u in self._sent if u.starts is not None and u.starts <= now]
        return begun[-1].id if begun else None

    def _gave_up(self, error: Upstream) -> None:
        self.how = "failed"
        self._emit(
            SpeechEvent(
                state="unavailable",
                code=error.code,
                detail="The avatar cannot be reached; the answer goes on as text.",
            )
        )

    async def _hang_up(self) -> None:
        if self._line is not None:
            await self._line.close()


def _first(group: BaseExceptionGroup[Upstream]) -> Upstream:
    error = group.exceptions[0]
    return error if isinstance(error, Upstream) else _first(error)
