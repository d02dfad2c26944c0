"""Sentences to sound: the first one alone and at once, the next ones together, shortly before they
are needed. While there is nothing to play, the sound of a sentence is asked for at the very token
that most likely ends it (`expect`). The next token confirms that, or takes it back, long before the
voice has answered; no sound is sent before.

Requests for speech are scarce (100 to 1,000 a minute and project), and what was made and is then
interrupted was paid for in vain. So while more sound is queued than the next request takes, the
sentences that come meanwhile wait and share it: nothing is heard later for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from common.domain.conversation import CurrentAvatar
from common.domain.errors import Upstream
from common.domain.ids import UtteranceId
from common.ports.dependencies import Dependencies
from common.schemas.events import SentenceEvent, SpeechEvent
from common.speech.playback import Piece, Utterance
from common.text import loading

SHARED_CHARACTERS = 1_000
"""At most in one request: about a minute of speech. Google's limit is 5,000 bytes."""
LEAD_SECONDS = 1.0
"""The next request is made when no more sound than this is queued, or than twice the slowest took."""


@dataclass
class Prefetch:
    """A request for a sentence that nobody has released yet. None of its sound is sent before."""

    said: str
    utterance: Utterance
    request: "asyncio.Task[Upstream | None]"


Emit = Callable[[SentenceEvent | SpeechEvent], None]


class Synthesis:
    """`ahead` tells how many seconds of sound are still to be played. With `patient`, nothing is
    made long before it is needed."""

    def __init__(
        self,
        deps: Dependencies,
        face: CurrentAvatar,
        emit: Emit,
        ahead: Callable[[], float],
        *,
        patient: bool,
    ) -> None:
        self._deps = deps
        self._face = face
        self._emit = emit
        self._ahead = ahead
        self._patient = patient
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue()
        self._over = False
        self._lead = LEAD_SECONDS
        self._requests = 0
        self._left = 0
        self.made: asyncio.Queue[Utterance | None] = asyncio.Queue(maxsize=1)
        """One ahead: the next is made while the last is sent."""
        self._idle = False
        self._likely = ""
        self._guess: Prefetch | None = None
        self._guesses = asyncio.TaskGroup()
        self._guessed_wrong = False
        self.asked = False
        self.spent = 0
        """Characters that were synthesised: what the voice costs."""
        self.seconds = 0.0
        """Of sound that was made."""

    def say(self, sentence: str) -> None:
        self.asked = True
        self._waiting.put_nowait(sentence)

    def expect(self, sentence: str) -> None:
        """Most likely `say` comes next with this sentence; with "" nobody knows."""
        self._likely = sentence
        if self._guess is not None or (sentence and self._may_guess()):
            self._guesses.create_task(self._weigh())

    def _may_guess(self) -> bool:
        """Nothing is being made, nothing waits to be, and soon nothing is to be heard. One wrong guess
        in a turn is enough."""
        free = self._idle and self._waiting.empty() and self._ahead() <= self._lead
        return free and not self._guessed_wrong

    def finish(self) -> None:
        """No more sentences come."""
        self._waiting.put_nowait(None)

    async def run(self, characters: Callable[[], Awaitable[int]]) -> None:
        """`characters` gives what may be spent, once it is set aside: nothing is spent before."""
        self._speakable = await asyncio.to_thread(loading.speakable, self._face.language)
        self._left = await characters()
        async with self._guesses:
            try:
                await self._make()
            finally:
                self._idle = False
                self._take_back()

    async def _make(self) -> None:
        while batch := await self._batch():
            fitting = batch if self._guess else self._fitting(batch)  # a guess was fitted, and paid
            for utterance in await self._speak(fitting):
                self.seconds += utterance.seconds
                await self.made.put(utterance)
            if len(fitting) < len(batch):
                self._emit(
                    SpeechEvent(
                        state="stopped",
                        code="quota_exceeded",
                        detail="The voice that was set aside for this is used up.",
                    )
                )
                break
        await self.made.put(None)

    # ── what goes together ───────────────────────────────────────────────────────────────────────

    async def _batch(self) -> list[Piece]:
        """Empty when there is no more."""
        self._idle = True
        first = await self._next()
        self._idle = False
        if first is None:
            return []
        if self._guess is not None and self._guess.said != first.said:
            self._take_back()
        batch, now = [first], asyncio.get_running_loop().time()
        if self._requests == 0 or self._guess is not None:
            return batch
        needed_at = now + max(0.0, self._ahead() - self._lead)
        while sum(len(piece.said) for piece in batch) < SHARED_CHARACTERS:
            try:
                async with asyncio.timeout_at(needed_at):
                    piece = await self._next()
            except TimeoutError:
                break
            if piece is None:
                break
            batch.append(piece)
        if self._patient:
            await asyncio.sleep(needed_at - asyncio.get_running_loop().time())
        return batch

    async def _next(self) -> Piece | None:
        """Without those in which there is nothing to say."""
        while not self._over:
            sentence = await self._waiting.get()
            if sentence is None:
                self._over = True
            elif said := self._speakable.say(sentence):
                return Piece(sentence, said)
        return None

    def _fitting(self, batch: list[Piece]) -> list[Piece]:
        fitting: list[Piece] = []
        for piece in batch:
            if sum(len(each.said) for each in [*fitting, piece]) > self._left - self.spent:
                break
            fitting.append(piece)
        return fitting

    # ── the requests ─────────────────────────────────────────────────────────────────────────────

    async def _speak(self, pieces: list[Piece]) -> list[Utterance]:
        """Where a shared request fails, each sentence is tried alone, so that only what really
        cannot be spoken is skipped."""
        if not pieces:
            return []
        guess, self._guess = self._guess, None
        utterance = guess.utterance if guess else self._utterance(pieces)
        utterance.pieces = pieces
        for piece in pieces:
            self._emit(SentenceEvent(utterance_id=utterance.id, text=piece.written))
        error = await (guess.request if guess else self._synthesise(utterance))
        if error is None:
            return [utterance]
        if len(pieces) == 1:
            self._skip(utterance, error)
            return []
        alone = [self._utterance([piece]) for piece in pieces]
        return [each for each in alone if await self._or_skip(each)]

    async def _or_skip(self, utterance: Utterance) -> bool:
        error = await self._synthesise(utterance)
        if error is not None:
            self._skip(utterance, error)
        return error is None

    async def _synthesise(self, utterance: Utterance) -> Upstream | None:
        began, loop = asyncio.get_running_loop().time(), asyncio.get_running_loop()
        self._requests += 1
        text = utterance.said
        try:
            utterance.pcm = await self._deps.voice.synthesize(
                text, self._face.voice, self._face.language
            )
        except Upstream as error:
            return error
        self._lead = max(self._lead, 2 * (loop.time() - began))
        self.spent += sum(len(piece.said) for piece in utterance.pieces)
        return None

    # ── guesses ──────────────────────────────────────────────────────────────────────────────────

    async def _weigh(self) -> None:
        """In a task of its own: what goes wrong in here ends the speech, and not the text."""
        if not self._waiting.empty():
            return  # nobody need guess any more
        said = self._speakable.foresee(self._likely) if self._likely else ""
        if self._guess is not None:
            if self._guess.said != said:
                self._take_back()
        elif said and self._may_guess() and len(said) <= self._left - self.spent:
            utterance = self._utterance([Piece(self._likely, said)])
            request = self._guesses.create_task(self._synthesise(utterance))
            self._guess = Prefetch(said, utterance, request)

    def _take_back(self) -> None:
        if (guess := self._guess) is None:
            return
        self._guess, self._guessed_wrong = None, True
        if guess.request.cancel():  # it was asked for, and so it is paid for
            self.spent += len(guess.said)

    def _skip(self, utterance: Utterance, error: Upstream) -> None:
        self._emit(
            SpeechEvent(
                state="skipped",
                utterance_id=utterance.id,
                code=error.code,
                detail="This sentence could not be spoken.",
            )
        )

    def _utterance(self, pieces: list[Piece]) -> Utterance:
        return Utterance(UtteranceId(self._deps.new_id()), pieces)
