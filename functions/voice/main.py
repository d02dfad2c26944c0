from starlette.responses import Response

from common.api.endpoint import App, IdempotencyKey, Route, User, endpoint
from common.api.requests import AUDIO, AUDIO_FORM
from common.api.responses import wav_response
from common.domain.errors import (
    AccountClosing,
    CapacityReached,
    QuotaExceeded,
    SpendingStopped,
    TooManyTurns,
)
from common.schemas.answers import TranscribeAnswer
from common.schemas.requests import SynthesizeRequest, TranscribeRequest


@Route(
    "POST",
    "/transcribe",
    TranscribeRequest,
    TranscribeAnswer,
    answers={200: "The words of the recording."},
    raises=(AccountClosing, QuotaExceeded, TooManyTurns, SpendingStopped, CapacityReached),
    spends=True,
    keyed=True,
    bodies=(AUDIO, AUDIO_FORM),
    seconds=60,
)
async def transcribe(
    caller: User, request: TranscribeRequest, app: App, key: IdempotencyKey
) -> TranscribeAnswer:
    """Turn 0.25 to 60 s of speech into words. WAV (16 bit, mono, 16 kHz) or WebM (Opus)."""
    return await app.transcripts.transcribe(caller, request, key)


@Route(
    "POST",
    "/synthesize",
    SynthesizeRequest,
    None,
    answers={200: "The spoken text: a WAV file, 16 bit, mono, 24 kHz."},
    raises=(AccountClosing, QuotaExceeded, TooManyTurns, SpendingStopped, CapacityReached),
    spends=True,
    media_type="audio/wav",
)
async def synthesize(
    caller: User, request: SynthesizeRequest, app: App, _key: IdempotencyKey
) -> Response:
    """Speak a text. The sound is not stored: a repeated request is charged again."""
    return wav_response(await app.syntheses.synthesize(caller, request))


voice = endpoint(transcribe, synthesize, name="voice")
