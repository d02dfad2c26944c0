"""The speech of one turn.

    say() ──► Synthesis ──► utterances ──► SpeechChannel ──► a listener ──► Playback: what was heard

The next sentences are synthesised while the last ones are sent and played. The text never waits for
speech, and a failure in here ends the speech only.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Literal

from common.domain.errors import OprinaError, SessionOver, Unavailable, Upstream
from common.domain.ids import UtteranceId
from common.observability.log import log
from common.ports.avatar import AvatarEvent
from common.ports.dependencies import Dependencies
from common.schemas.events import Caption, SpeechEvent
from common.speech import audio
from common.speech.interruption import Interruption
from common.speech.playback import Playback, Utterance
from common.speech.speech_channel import MayAct, SpeechEvents
from common.speech.speech_plan import SpeechListener, SpeechPlan
from common.speech.synthesis import Synthesis
from common.speech.voice_requests import VoiceRequests

AFTER_AUDIO_SECONDS = 2.0
"""The avatar may report the end this long after the audio should have been played."""
HANDOVER_SECONDS = 0.25
"""A turn of another process that we superseded may still have audio on its way, and learns of us
from the avatar. Sound of ours from before that would be cleared together with it."""
LISTENER_SECONDS = 0.5
"""A listener may report the end this late where the next one plays what follows: longer would be
heard as a gap."""

SpeechEnd = Literal["complete", "handed_over", "interrupted", "failed"]


class SpeechOutput:
    """The speech of one turn to its listeners, its avatar and then its caller, or one of them."""

    def __init__(
        self,
        deps: Dependencies,
        plan: SpeechPlan,
        events: SpeechEvents,
        guard: MayAct,
        interruption: Interruption,
    ) -> None:
        self.end: SpeechEnd = "complete"
        self.playback = Playback(_now())
        voice = VoiceRequests(deps.voice, plan.voice, plan.language, plan.characters, deps.new_id)
        self.synthesis = Synthesis(
            voice, self.playback, events, patient=plan.wait, deadline=plan.deadline
        )
        self._plan = plan
        self._place = 0
        """The place of the listener that hears what is sent now."""
        self._events = events
        self._guard = guard
        self._interruption = interruption
        self._heard = asyncio.Event()
        self._all_sent = False

    @property
    def spent(self) -> int:
        """Billable characters. 0 if the avatar failed before any audio was sent."""
        failed_outright = self.end == "failed" and not self.playback.sent_seconds
        return 0 if failed_outright else self.synthesis.spent

    @property
    def is_spoken(self) -> bool:
        """Return False if the turn only silences the avatar."""
        return self._plan.characters > 0

    @property
    def session_is_over(self) -> bool:
        """Return True if the provider said that the avatar session has ended."""
        return any(listener.channel.is_over for listener in self._plan.listeners)

    @property
    def first_utterance(self) -> UtteranceId | None:
        return self.playback.sent[0].id if self.playback.sent else None

    def heard_text(self) -> str:
        """Return what was heard, as it was written, up to the last whole word."""
        return self.playback.heard_text(_now())

    def say(self, pieces: Iterable[str]) -> None:
        """Speak a text that is known from the start."""
        for piece in pieces:
            self.synthesis.say(piece)

    async def run(self) -> None:
        """Speak until all was heard (or handed over, if nothing is awaited), or speech has failed.

        Events and `end` say what happened. Raises nothing but cancellation.
        """
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(work(listener))
                    for listener in self._plan.listeners
                    for work in (self._keep, self._listen_to)
                ]
                if self._plan.characters:
                    tasks.append(group.create_task(self.synthesis.run(self._plan.language)))
                else:
                    self.synthesis.ready.put_nowait(None)
                try:
                    await self._send()
                finally:
                    for task in tasks:
                        task.cancel()
        except* Upstream as failed:
            error = _first(failed)
            avatar = error.service == "avatar"
            self._fail(error.code, "The avatar cannot be reached" if avatar else "Speech was ended")
        except* Exception:
            log.exception("speaking failed")
            self._fail(OprinaError.code, OprinaError.title)
        finally:
            for listener in self._plan.listeners:
                await listener.channel.close()

    async def interrupt(self, *, silence: bool) -> None:
        """Note that the speech was cut. `silence`: also stop the avatar."""
        self.playback.cut(_now())
        if self.end != "failed" and self.synthesis.has_sentences:
            self.end = "interrupted"
            current = self.playback.current(_now())
            self._events.emit(SpeechEvent(state="interrupted", utterance_id=current))
        if silence:
            for listener in self._plan.listeners:
                await listener.channel.interrupt()

    # ── the listeners, and what they report ──────────────────────────────────────────────────────

    @property
    def _listener(self) -> SpeechListener:
        return self._plan.listeners[self._place]

    async def _keep(self, listener: SpeechListener) -> None:
        """Keep a channel. If it fails in its time and before all is sent, the speech has failed."""
        await listener.channel.run()
        has_time = listener is self._listener and _now() < listener.plays_until
        if has_time and not self._all_sent:
            raise Unavailable("avatar", "the connection failed")

    async def _ready(self) -> None:
        """Wait until audio that is sent is played. Raises Unavailable if that cannot be any more."""
        try:
            await self._listener.channel.ready()
        except Unavailable:
            if _now() < self._listener.plays_until:
                raise

    async def _listen_to(self, listener: SpeechListener) -> None:
        """Note the reports of a listener, except those after its turn."""
        while (event := await listener.channel.events.get()) is not None:
            if listener is self._listener:
                self._note(event)
                self._heard.set()
        self._heard.set()

    def _note(self, event: AvatarEvent) -> None:
        playback = self.playback
        match event.kind:
            case "started" if utterance := playback.find(event, "no"):
                playback.note_start(utterance, _now())
                self._events.emit(
                    SpeechEvent(
                        state="started",
                        utterance_id=utterance.id,
                        sentences=[Caption(**c._asdict()) for c in utterance.captions()],
                    )
                )
            case "ended" if utterance := playback.find(event, "started"):
                playback.note_end(utterance, _now())
                seconds = round(utterance.seconds, 2)
                self._events.emit(
                    SpeechEvent(state="ended", utterance_id=utterance.id, seconds=seconds)
                )
            case "interrupted" if playback.is_ours(event):
                self._interruption.request("interrupted")

    # ── sending ──────────────────────────────────────────────────────────────────────────────────

    async def _send(self) -> None:
        ready = self.synthesis.ready
        utterance = await ready.get()
        if utterance is None:
            await self._listener.channel.wait_open()
        elif await self._guard.may_act():
            await self._wait_for_the_earlier_turn()
        while utterance is not None:
            await self._ready()
            if not await self._guard.may_act():
                return
            await self._speak(utterance)
            utterance = await ready.get()
        self._all_sent = True
        if self._plan.wait:
            await self._wait_until_heard()
        elif self.playback.sent:
            self.end = "handed_over"

    async def _wait_for_the_earlier_turn(self) -> None:
        """Send no audio before the turn that we superseded sends none any more."""
        if self._plan.after is not None:
            await self._plan.after.wait()
        await self._ready()
        opened_at = self._listener.channel.opened_at
        if self._plan.from_elsewhere and opened_at is not None:
            await asyncio.sleep(opened_at + HANDOVER_SECONDS - _now())

    async def _speak(self, utterance: Utterance) -> None:
        """Hand over one utterance, or what of it plays in time, and the rest to the next listener."""
        left = self._listener.plays_until - max(_now(), self.playback.quiet_at)
        if left >= audio.seconds(utterance.pcm):
            await self._hand_over(utterance)
            return
        rest = utterance
        if left > audio.CHUNK_SECONDS:
            before, rest = self.synthesis.cut(utterance, left)
            await self._hand_over(before)
        await self._wait(lambda: not self.playback.is_unreported, LISTENER_SECONDS)
        self._place += 1
        await self._speak(rest)

    async def _hand_over(self, utterance: Utterance) -> None:
        """Send one utterance, and drop its audio from memory.

        A connection that drops meanwhile is opened again for the next one.
        """
        self.playback.begin(utterance)
        pcm, utterance.pcm = utterance.pcm, b""
        try:
            for chunk in audio.chunks(pcm):
                if self._interruption.reason is not None:
                    return
                await self._listener.channel.speak(utterance, chunk)
                self.playback.add(utterance, chunk, _now())
            await self._listener.channel.finish(utterance)
        except Upstream:
            utterance.cut = True
            if utterance.starts is None:
                self.playback.sent.remove(utterance)

    async def _wait_until_heard(self) -> None:
        """Wait until the listener reports the end, or the audio has had time to play.

        At its maximum age an avatar falls silent without an event. So if an end was not reported, the
        provider is asked whether the session still runs.
        """
        playback, channel = self.playback, self._listener.channel
        await self._wait(lambda: playback.is_done(_now()) or channel.is_over, AFTER_AUDIO_SECONDS)
        is_doubtful = playback.is_unreported and not channel.is_over
        if is_doubtful and await channel.ask_if_over():
            playback.forget_unreported()
            self._fail(SessionOver.code, "The avatar session has ended")
            return
        if channel.is_over and not playback.is_done(_now()):
            self.end = "failed"
            playback.cut(_now())
        else:
            playback.settle(_now())

    async def _wait(self, done: Callable[[], bool], seconds: float) -> None:
        """Wait until `done`, at most for `seconds` after what was sent has had time to play."""
        while not done():
            limit = min(self.playback.quiet_at + seconds, self._plan.deadline)
            if _now() >= limit:
                return
            self._heard.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(limit):
                    await self._heard.wait()

    def _fail(self, code: str, why: str) -> None:
        self.end = "failed"
        self.playback.cut(_now())
        detail = f"{why}; the answer goes on as text."
        self._events.emit(SpeechEvent(state="unavailable", code=code, detail=detail))


def _first(group: BaseExceptionGroup[Upstream]) -> Upstream:
    error = group.exceptions[0]
    return error if isinstance(error, Upstream) else _first(error)


def _now() -> float:
    return asyncio.get_running_loop().time()
