"""Text-to-speech for one turn.

The first sentence is synthesised alone and immediately. Later ones are batched just before the
queued audio runs dry: requests are scarce (100 to 1,000 a minute and project), and audio that is
made and then interrupted was paid for in vain.

While nothing plays, the audio of a sentence is requested at the very token that most likely ends it
(`expect`). The next token confirms the request or discards it, long before the voice has answered.
"""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.domain.errors import Failed, Upstream
from common.observability.request_trace import current_trace
from common.schemas.events import SentenceEvent, SpeechEvent
from common.speech.playback import Piece, Playback, Utterance
from common.speech.speech_channel import SpeechEvents
from common.speech.voice_requests import SpokenPieces, VoiceRequests, halves_of
from common.text import loading
from common.text.pieces import bounded

if TYPE_CHECKING:
    from common.text.spoken.speakable import Speakable

SHARED_BYTES = 600
"""Bytes of UTF-8 from which no more sentences join a request: at most about 45 s of speech in any
script (English and Mandarin have about 14 bytes a second), and 2 MB of audio in memory."""


@dataclass
class Prefetch:
    """A request for a sentence that is not released yet. None of its audio is sent before."""

    said: str
    utterance: Utterance
    request: "asyncio.Task[Upstream | None]"


class Synthesis:
    """Makes utterances (the queue `ready`) of sentences (`say`), in order. None ends the queue.

    `patient`: nothing is made long before it is needed. `deadline`: audio that could not be heard
    before this event loop time is not made.
    """

    def __init__(
        self,
        voice: VoiceRequests,
        playback: Playback,
        events: SpeechEvents,
        *,
        patient: bool,
        deadline: float,
    ) -> None:
        self.ready: asyncio.Queue[Utterance | None] = asyncio.Queue(maxsize=1)
        self.has_sentences = False
        self._sentences: asyncio.Queue[str | None] = asyncio.Queue()
        self._voice = voice
        self._playback = playback
        self._events = events
        self._patient = patient
        self._deadline = deadline
        self._prefetcher = _Prefetcher(voice)

    def say(self, sentence: str) -> None:
        """Speak a sentence after those before it."""
        self.has_sentences = True
        self._sentences.put_nowait(sentence)

    def finish(self) -> None:
        """Note that no more sentences follow."""
        self._sentences.put_nowait(None)

    def expect(self, sentence: str) -> None:
        """Prepare for a sentence that most likely comes next; "" withdraws the last guess."""
        free = self._sentences.empty() and self._playback.ahead(_now()) <= self._voice.lead
        self._prefetcher.expect(sentence, free=free)

    def cut(self, utterance: Utterance, seconds: float) -> tuple[Utterance, Utterance]:
        """Cut an utterance in two shortly before `seconds`. The second part gets an id of its own.

        No `sentence` event announces its words again: clients join the texts of these events.
        """
        return utterance.cut_in_two(seconds, self._voice.new_id())

    @property
    def spent(self) -> int:
        """Billable characters."""
        return self._voice.spent

    async def run(self, language: str) -> None:
        """Work until all is made after `finish`, or the voice has failed twice in a row."""
        speakable = await asyncio.to_thread(loading.speakable, language)
        async with asyncio.TaskGroup() as group:
            self._prefetcher.start(group, speakable)
            try:
                await self._make(SpokenPieces(self._sentences, speakable))
            finally:
                self._prefetcher.close()
        await self.ready.put(None)

    async def _make(self, pieces: SpokenPieces) -> None:
        while batch := await self._batch(pieces):
            if _now() + self._playback.ahead(_now()) >= self._deadline:
                self._stop("deadline", "The answer is too long to be spoken to its end.")
                return
            prefetch = self._prefetcher.take(batch)
            fitting = batch if prefetch else self._voice.fitting(batch)
            await self._speak(fitting, prefetch)
            if self._voice.given_up:
                self._stop("voice_unavailable", "The voice does not answer.")
                return
            if fitting != batch:
                self._stop("quota_exceeded", "The voice reserved for this turn is used up.")
                return

    def _stop(self, code: str, why: str) -> None:
        detail = f"{why} The rest goes on as text."
        self._events.emit(SpeechEvent(state="stopped", code=code, detail=detail))

    # ── what goes into one request ───────────────────────────────────────────────────────────────

    async def _batch(self, pieces: SpokenPieces) -> list[Piece]:
        """Return the pieces of the next request; empty at the end."""
        self._prefetcher.idle = True
        first = await pieces.next()
        self._prefetcher.idle = False
        if first is None:
            return []
        batch = [first]
        if self._voice.made == 0 or self._prefetcher.is_for(first):
            return batch
        needed_at = _now() + max(0.0, self._playback.ahead(_now()) - self._voice.lead)
        while sum(len(piece.said.encode()) for piece in batch) < SHARED_BYTES:
            try:
                async with asyncio.timeout_at(needed_at):
                    piece = await pieces.next()
            except TimeoutError:
                break
            if piece is None:
                break
            batch.append(piece)
        if self._patient:
            await asyncio.sleep(needed_at - _now())
        return batch

    # ── the requests ─────────────────────────────────────────────────────────────────────────────

    async def _speak(self, pieces: list[Piece], prefetch: Prefetch | None) -> None:
        if not pieces:
            return
        utterance = prefetch.utterance if prefetch else self._voice.new_utterance(pieces)
        utterance.pieces = pieces
        for piece in pieces:
            if (trace := current_trace()) is not None:
                trace.add_sentence(piece.written)
            self._events.emit(SentenceEvent(utterance_id=utterance.id, text=piece.written))
        error = await (prefetch.request if prefetch else self._voice.synthesise(utterance))
        if error is None:
            await self._put(utterance)
        elif isinstance(error, Failed):
            await self._split(pieces, utterance, error)
        else:
            self._skip(utterance, error)

    async def _split(self, pieces: list[Piece], refused: Utterance, error: Upstream) -> None:
        """Try a refused text in smaller parts: each sentence alone, then halves."""
        parts = [[piece] for piece in pieces] if len(pieces) > 1 else halves_of(pieces[0])
        if not parts:
            self._skip(refused, error)
        for part in parts:
            if self._voice.given_up:
                return
            utterance = self._voice.new_utterance(part)
            failure = await self._voice.synthesise(utterance)
            if failure is None:
                await self._put(utterance)
            elif isinstance(failure, Failed) and len(pieces) > 1:
                await self._split(part, utterance, failure)
            else:
                self._skip(utterance, failure)

    async def _put(self, utterance: Utterance) -> None:
        if utterance.pcm:
            self._playback.made_seconds += utterance.seconds
            await self.ready.put(utterance)

    def _skip(self, utterance: Utterance, error: Upstream) -> None:
        if isinstance(error, Failed):
            self._voice.note_refusal()
        self._events.emit(
            SpeechEvent(
                state="skipped",
                utterance_id=utterance.id,
                code=error.code,
                detail="This sentence could not be spoken.",
            )
        )


class _Prefetcher:
    """Requests the audio of a likely sentence before it is certain.

    One wrong guess a turn is enough.
    """

    def __init__(self, voice: VoiceRequests) -> None:
        self.idle = False
        """The synthesis waits for a sentence."""
        self._voice = voice
        self._group: asyncio.TaskGroup | None = None
        self._speakable: Speakable | None = None
        self._prefetch: Prefetch | None = None
        self._was_wrong = False

    def start(self, group: asyncio.TaskGroup, speakable: "Speakable") -> None:
        self._group, self._speakable = group, speakable

    def expect(self, sentence: str, *, free: bool) -> None:
        """`free`: nothing waits to be made, and little audio is left to play."""
        may_guess = sentence and free and self.idle and not self._was_wrong
        if self._group is not None and (self._prefetch or may_guess):
            # In a task: an error in here must end the speech and not the text.
            self._group.create_task(self._consider(sentence))

    async def _consider(self, sentence: str) -> None:
        said = self._speakable.foresee(sentence) if sentence and self._speakable else ""
        if self._prefetch is not None:
            if self._prefetch.said != said:
                self.discard()
            return
        piece = Piece(sentence, said)
        may_guess = (
            said
            and not bounded(said)
            and self.idle
            and not self._was_wrong
            and not self._voice.given_up
        )
        if may_guess and self._group is not None and self._voice.fitting([piece]) == [piece]:
            utterance = self._voice.new_utterance([piece])
            request = self._group.create_task(self._voice.synthesise(utterance))
            self._prefetch = Prefetch(said, utterance, request)

    def is_for(self, piece: Piece) -> bool:
        """Return True if the audio of `piece` was requested. Discard a request for another one."""
        if self._prefetch is not None and self._prefetch.said != piece.said:
            self.discard()
        return self._prefetch is not None

    def take(self, batch: list[Piece]) -> Prefetch | None:
        """Return the request for this batch, if there is one. It is then the synthesis' own."""
        prefetch = self._prefetch if self.is_for(batch[0]) else None
        self._prefetch = None
        return prefetch

    def discard(self) -> None:
        prefetch, self._prefetch, self._was_wrong = self._prefetch, None, True
        if prefetch is not None and prefetch.request.cancel():
            self._voice.spent += len(prefetch.said)

    def close(self) -> None:
        self.idle = False
        if self._prefetch is not None:
            self.discard()


def _now() -> float:
    return asyncio.get_running_loop().time()
