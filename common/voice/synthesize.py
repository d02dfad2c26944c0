"""Speak a text for a caller who plays the sound itself: the page without an avatar."""

import asyncio
from dataclasses import dataclass

from common.domain.errors import Invalid, Unavailable
from common.domain.ids import TurnId
from common.domain.quota import Meter
from common.domain.turn import Outcome, TurnRecord, turn_path
from common.domain.user import User
from common.ports.dependencies import Dependencies
from common.schemas.events import SentenceEvent, SpeechEvent
from common.schemas.requests import SynthesizeRequest
from common.speech.playback import Playback
from common.speech.synthesis import Synthesis
from common.speech.voice_requests import VoiceRequests, split_text
from common.transactions.account import account_paths
from common.transactions.transaction import SETTLEMENT, Transactions
from common.voice.languages import caller_voice
from common.voice.voice_turn import AdmitVoice, SettleVoice


@dataclass
class SpeechTrouble:
    """Receives the events of a synthesis, and keeps the last that reports a failure."""

    last: SpeechEvent | None = None

    def emit(self, event: SentenceEvent | SpeechEvent) -> None:
        if isinstance(event, SpeechEvent):
            self.last = event


@dataclass(frozen=True)
class SynthesizeUseCase:
    deps: Dependencies

    async def synthesize(self, caller: User, request: SynthesizeRequest) -> bytes:
        """Return the spoken text: signed 16-bit samples, mono, 24,000 a second.

        Raises Invalid, QuotaExceeded, TooManyTurns: nothing is charged then. Raises Unavailable if
        a part of the text could not be spoken; then nothing is charged.
        """
        deps = self.deps
        transactions = Transactions(deps.store, deps.clock, deps.pause)
        turn, user = TurnId(deps.new_id()), caller.uid
        paths = [turn_path(turn), *account_paths(caller, deps.clock.now())]
        documents = await transactions.read(*paths)
        profile = documents[f"users/{user}"]
        voice, language = caller_voice(request.voice, request.language, profile, deps.settings)
        limit = deps.settings.turn_characters
        pieces, characters = await split_text(language, request.text, limit)
        if not characters:
            raise Invalid("Nothing to say.", fields=[("text", "has nothing that can be spoken")])
        admission = AdmitVoice(
            turn_id=turn,
            holder=deps.new_id(),
            fingerprint="",
            caller=caller,
            function="synthesize",
            meter="voice_characters",
            amount=characters,
            settings=deps.settings,
        )
        committed = await transactions.run(admission, documents=documents)
        admitted = committed.result
        assert not isinstance(admitted, TurnRecord)  # noqa: S101 - its id is new
        record, trouble = admitted.record, SpeechTrouble()
        requests = VoiceRequests(deps.voice, voice, language, characters, deps.new_id)
        pcm = b""
        try:
            pcm = await _speak(requests, pieces, language, trouble)
        finally:
            is_whole = bool(pcm) and trouble.last is None
            charged: dict[Meter, int] = {"voice_characters": requests.spent} if is_whole else {}
            outcome: Outcome = "complete" if is_whole else "unreached"
            done = SettleVoice(record, record.holder, outcome, charged)
            await transactions.run(done, SETTLEMENT)
        if requests.is_unsupported:
            name = next((each for each in ("voice", "language") if getattr(request, each)), None)
            fields = [(name or "preferences.language", "is not offered by the speech service")]
            raise Invalid("Unsupported voice or language.", fields=fields)
        if not is_whole:
            raise Unavailable("voice", "a part of the text could not be spoken", retry_after=2)
        return pcm


async def _speak(
    requests: VoiceRequests, pieces: list[str], language: str, trouble: SpeechTrouble
) -> bytes:
    """Return the speech of all pieces. A failure is reported in `trouble`."""
    now = asyncio.get_running_loop().time()
    synthesis = Synthesis(requests, Playback(now), trouble, patient=False, deadline=float("inf"))
    for piece in pieces:
        synthesis.say(piece)
    synthesis.finish()
    made: list[bytes] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(synthesis.run(language))
        while (utterance := await synthesis.ready.get()) is not None:
            made.append(utterance.pcm)
    return b"".join(made)
