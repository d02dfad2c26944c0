"""Sentences on their way into the avatar's mouth.

    say() ──► making (making.py) ──► send ──► the avatar ──► what was heard (playback.py)

The next sentences are made while the last ones are sent and played. The text never waits for any of
it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Literal

from common.domain.conversation import CurrentAvatar
from common.domain.errors import OprinaError, Upstream, UpstreamNotFound
from common.domain.ids import UtteranceId
from common.observability.log import best_effort, log
from common.ports.avatar import AvatarConnection, AvatarEvent
from common.ports.dependencies import Dependencies
from common.schemas.events import SpeechEvent
from common.speech import audio
from common.speech.interruption import Interruptible
from common.speech.playback import Playback, Utterance
from common.speech.synthesis import Emit, Synthesis

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

SpeechEnd = Literal["complete", "handed_over", "interrupted", "failed"]


class SpeechOutput:
    """What one turn or one call of `speak` says.

    `characters` gives what may be spent on voice, once that is set aside: nothing is spent before.
    `goes_on` is asked before each utterance: whether it is still ours to speak. `on_interrupted` is
    told when it is not, or when the avatar was interrupted by somebody else.
    """

    def __init__(
        self,
        deps: Dependencies,
        face: CurrentAvatar,
        characters: Callable[[], Awaitable[int]],
        emit: Emit,
        *,
        wait: bool,
        goes_on: Callable[[], Awaitable[bool]] | None = None,
        on_interrupted: Callable[[], None] = lambda: None,
    ) -> None:
        self._deps = deps
        self._face = face
        self._characters = characters
        self._emit = emit
        self._wait = wait
        self._goes_on = goes_on
        self._on_interrupted = on_interrupted
        self._before: Interruptible | None = None
        self._handover = 0.0
        self._interrupted_at = 0.0
        self._playback = Playback(self._now())
        self._making = Synthesis(deps, face, emit, self._ahead, patient=wait)
        self._line: AvatarConnection | None = None
        self._opened = asyncio.Event()
        self._connected = asyncio.Event()
        self._changed = asyncio.Event()
        self._deaf = False
        self._cut = False
        self.how: SpeechEnd = "complete"
        self.gone = False
        """Whether the session turned out not to run any more."""

    # ── what the turn sees ───────────────────────────────────────────────────────────────────────

    def say(self, sentence: str) -> None:
        self._making.say(sentence)

    def expect(self, sentence: str) -> None:
        """Most likely this is said next: get it ready. "" where nobody knows."""
        self._making.expect(sentence)

    def after(self, before: Interruptible | None, *, elsewhere: bool) -> None:
        """Somebody else is just being interrupted: no sound until they are silenced. `elsewhere`: in
        another process, perhaps. To be said before `characters` are given."""
        self._before = before
        self._handover = HANDOVER_SECONDS if elsewhere else 0.0

    def finish(self) -> None:
        """No more sentences come."""
        self._making.finish()

    @property
    def spent(self) -> int:
        """Characters that were synthesised: what the voice costs. None where the avatar failed before
        a word of it could be heard."""
        failed_outright = self.how == "failed" and not self._playback.added
        return 0 if failed_outright else self._making.spent

    @property
    def first(self) -> UtteranceId | None:
        return self._playback.sent[0].id if self._playback.sent else None

    @property
    def seconds(self) -> float:
        """Of audio that was handed to the avatar."""
        return self._playback.seconds

    def heard(self) -> str:
        """The text, as it was written, up to where the avatar has come, or was cut."""
        return self._playback.heard_text(self._now())

    def heard_seconds(self) -> float:
        return self._playback.heard_seconds(self._now())

    async def run(self) -> None:
        """Until all was heard (or handed over, if nobody waits), or it cannot go on. The events and
        `how` say what happened; it raises nothing, not for a bug either."""
        try:
            async with asyncio.TaskGroup() as group:
                making = group.create_task(self._making.run(self._characters))
                hearing = group.create_task(self._open_and_hear())
                try:
                    await self._send()
                finally:
                    making.cancel()
                    hearing.cancel()
        except* Upstream as failed:
            error = _first(failed)
            self.gone = isinstance(error, UpstreamNotFound)
            self._gave_up(error.code, "The avatar cannot be reached")
        except* Exception:
            log.exception("speaking failed")
            self._gave_up(OprinaError.code, OprinaError.title)
        finally:
            await best_effort("hanging up", self._hang_up())

    async def interrupt(self) -> None:
        """Stops the avatar at once. `run` must be cancelled besides."""
        self._cut = True
        self._playback.cut(self._now())
        if self.how != "failed" and self._making.asked:
            self.how = "interrupted"
            current = self._playback.current(self._now())
            self._emit(SpeechEvent(state="interrupted", utterance_id=current))
        if self._line is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(INTERRUPT_SECONDS):
                    await best_effort("interrupting", self._line.interrupt())

    # ── the line ─────────────────────────────────────────────────────────────────────────────────

    async def _open_and_hear(self) -> None:
        tokens = await self._deps.vault.open(self._face.avatar_session_id, self._face.vault)
        self._line = await self._deps.avatars.connect(tokens.ws_url)
        await self._line.interrupt()
        self._interrupted_at = self._now()
        self._opened.set()
        await self._line.keep_alive()
        async for event in self._line.events():
            await self._hear(event)
        self._deaf = True
        self._connected.set()
        self._changed.set()

    async def _hear(self, event: AvatarEvent) -> None:
        playback = self._playback
        match event.kind:
            case "connected":
                if not playback.sent and self._line is not None and not self._connected.is_set():
                    await self._line.interrupt()
                self._connected.set()
            case "started" if utterance := playback.which(event, "no"):
                playback.began(utterance, self._now())
                self._emit(SpeechEvent(state="started", utterance_id=utterance.id))
            case "ended" if utterance := playback.which(event, "started"):
                utterance.heard = "ended"
                seconds = round(utterance.seconds, 2)
                self._emit(SpeechEvent(state="ended", utterance_id=utterance.id, seconds=seconds))
            case "interrupted" if not self._cut and playback.is_about_us(event):
                self._on_interrupted()
        self._changed.set()

    # ── sending ──────────────────────────────────────────────────────────────────────────────────

    async def _send(self) -> None:
        made = self._making.made
        utterance = await made.get()
        await (self._ready() if utterance else self._opened.wait())
        while utterance is not None:
            if self._goes_on is not None and not await self._goes_on():
                self._on_interrupted()
                return
            await self._hand_over(utterance)
            utterance = await made.get()
        if self._wait:
            await self._heard_out()
        elif self._playback.sent:
            self.how = "handed_over"

    async def _ready(self) -> None:
        if self._before is not None:
            await self._before.silenced.wait()
        age = (self._deps.clock.now() - self._face.since).total_seconds()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(CONNECTED_SECONDS - age, CONNECTED_AGAIN_SECONDS)):
                await self._connected.wait()
        await asyncio.sleep(self._interrupted_at + self._handover - self._now())

    async def _hand_over(self, utterance: Utterance) -> None:
        line = self._line
        if line is None or self._deaf:
            raise UpstreamNotFound("avatar", "the line is closed")
        self._playback.hand_over(utterance)
        for chunk in audio.chunks(utterance.pcm):
            if self._cut:
                return
            await line.speak(utterance.id, chunk)
            self._playback.add(utterance, chunk, self._now())
        await line.finish(utterance.id)

    # ── the end ──────────────────────────────────────────────────────────────────────────────────

    async def _heard_out(self) -> None:
        """Until the avatar says that it has finished, or the audio has had time to play."""
        playback = self._playback
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(playback.quiet_at + AFTER_AUDIO_SECONDS):
                while not playback.done(self._now()) and not self._deaf:
                    self._changed.clear()
                    await self._changed.wait()
                if self._deaf and not playback.done(self._now()):
                    self.how = "failed"

    async def _hang_up(self) -> None:
        if self._line is not None:
            await self._line.close()

    def _gave_up(self, code: str, why: str) -> None:
        self.how = "failed"
        detail = f"{why}; the answer goes on as text."
        self._emit(SpeechEvent(state="unavailable", code=code, detail=detail))

    def _ahead(self) -> float:
        queued = max(0.0, self._playback.quiet_at - self._now())
        return queued + self._making.seconds - self._playback.added

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _first(group: BaseExceptionGroup[Upstream]) -> Upstream:
    error = group.exceptions[0]
    return error if isinstance(error, Upstream) else _first(error)
