import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from common.domain import deadlines
from common.domain.errors import Failed, Invalid, Unavailable, UnsupportedVoice, Upstream
from common.domain.ids import UtteranceId
from common.ports.voice import TextToSpeech
from common.speech import audio
from common.speech.playback import Piece, Utterance
from common.text import loading
from common.text.pieces import beginning, bounded, halves

if TYPE_CHECKING:
    from common.text.spoken.speakable import Speakable

MOST_FAILURES = 2
"""Failures in a row that end the speech of a turn."""
REQUEST_BYTES = 5_000
"""Bytes of UTF-8 in one request, at most: a limit of Google's voices."""
LEAD_SECONDS = 1.0
"""The next request is made when no more audio than this is left to play, or than twice the slowest
request took."""


class VoiceRequests:
    """The requests for speech of one turn: their cost, their pace, and their failure budget."""

    def __init__(
        self,
        port: TextToSpeech,
        voice: str,
        language: str,
        characters: int,
        new_id: Callable[[], str],
    ) -> None:
        self.spent = 0
        """Characters that were synthesised. A request that was cancelled is billed, too."""
        self.made = 0
        self.lead = LEAD_SECONDS
        self.is_unsupported = False
        """The service has no such voice, or no voice for the language."""
        self._failures = 0
        self._port = port
        self._voice, self._language = voice, language
        self._characters = characters
        self._new_id = new_id

    @property
    def given_up(self) -> bool:
        return self._failures >= MOST_FAILURES

    def note_refusal(self) -> None:
        """Count a sentence that the voice refused, in parts too."""
        self._failures += 1

    def new_id(self) -> UtteranceId:
        return UtteranceId(self._new_id())

    def new_utterance(self, pieces: list[Piece]) -> Utterance:
        return Utterance(self.new_id(), pieces)

    def fitting(self, pieces: list[Piece]) -> list[Piece]:
        """Return the pieces that the reservation still pays for. The last one may be cut short."""
        left, found = self._characters - self.spent, []
        for piece in pieces:
            if len(piece.said) > left:
                if part := _beginning(piece, left):
                    found.append(part)
                break
            left -= len(piece.said)
            found.append(piece)
        return found

    async def synthesise(self, utterance: Utterance) -> Upstream | None:
        """Make the audio of an utterance, within `deadlines.VOICE_REQUEST`.

        Return the error if the voice failed: then there is no audio, and no character is counted.
        """
        loop, self.made = asyncio.get_running_loop(), self.made + 1
        began = loop.time()
        try:
            async with asyncio.timeout(deadlines.VOICE_REQUEST):
                utterance.pcm = b"".join(
                    [
                        await self._port.synthesize(part, self._voice, self._language)
                        for part in _parts(utterance.said)
                    ]
                )
        except TimeoutError:
            self._failures += 1
            return Unavailable("voice", "it did not answer in time", retry_after=2)
        except Upstream as error:
            self._failures += not isinstance(error, Failed)
            self.is_unsupported |= isinstance(error, UnsupportedVoice)
            return error
        self._failures = 0
        utterance.seconds = audio.seconds(utterance.pcm)
        self.lead = max(self.lead, 2 * (loop.time() - began))
        self.spent += utterance.characters
        return None


async def split_text(language: str, text: str, limit: int) -> tuple[list[str], int]:
    """Split a given text into pieces, and count its characters as they are said.

    The voice bills these characters. Raises Invalid for more than `limit`.
    """
    sentences = loading.sentences(language)
    pieces = sentences.feed(text) + sentences.end()
    if not pieces:
        return [], 0
    speakable = await asyncio.to_thread(loading.speakable, language)
    characters = sum(len(speakable.say(piece)) for piece in pieces)
    if characters > limit:
        problem = f"has {characters} characters when spoken; at most {limit}"
        raise Invalid("The text is too long when spoken.", fields=[("text", problem)])
    return pieces, characters


def _beginning(piece: Piece, characters: int) -> Piece | None:
    """Return the words at the beginning of a piece that have at most so many spoken characters."""
    said = beginning(piece.said, characters)
    written = beginning(piece.written, len(piece.written) * len(said) // len(piece.said))
    return Piece(written, said) if said and written else None


def _parts(text: str) -> Iterator[str]:
    """Yield the text in parts that fit into one request, cut between words where there are any."""
    while len(text.encode()) > REQUEST_BYTES:
        end = len(text.encode()[:REQUEST_BYTES].decode(errors="ignore"))
        end = text.rfind(" ", 1, end) if " " in text[1:end] else end
        yield text[:end]
        text = text[end:]
    yield text


LONG_BYTES = 100
"""A refused sentence of fewer bytes is skipped; a longer one is tried again in halves."""


class SpokenPieces:
    """The sentences with something to say, each with its spoken form.

    A sentence whose spoken form is longer than a voice takes is several pieces.
    """

    def __init__(self, sentences: "asyncio.Queue[str | None]", speakable: "Speakable") -> None:
        self._sentences = sentences
        self._speakable = speakable
        self._is_over = False
        self._ready: list[Piece] = []

    async def next(self) -> Piece | None:
        while not (self._is_over or self._ready):
            sentence = await self._sentences.get()
            if sentence is None:
                self._is_over = True
            elif said := self._speakable.say(sentence):
                self._ready = self._cut(Piece(sentence, said))
        return self._ready.pop(0) if self._ready else None

    def _cut(self, piece: Piece) -> list[Piece]:
        """Cut a piece that is too long where it is written, if that leaves what is said."""
        if not bounded(piece.said):
            return [piece]
        parts = [Piece(part, self._speakable.foresee(part)) for part in halves(piece.written) or ()]
        if " ".join(part.said for part in parts) != piece.said:
            parts = [part for half in halves_of(piece) for part in half]
        return [each for part in parts for each in self._cut(part)] or [piece]


def halves_of(piece: Piece) -> list[list[Piece]]:
    """Cut a sentence in two near its middle; empty if it is short, or cannot be cut.

    A short sentence was not refused for its length.
    """
    if len(piece.said.encode()) < LONG_BYTES:
        return []
    written, said = halves(piece.written) or (piece.written, ""), halves(piece.said)
    return [[Piece(*part)] for part in zip(written, said, strict=True)] if said else []
