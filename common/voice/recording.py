"""Read a recording of a caller: its container decides what it is and how long it is, not the caller."""

from typing import Final

from common.domain.errors import Invalid
from common.ports.voice import Recording
from common.settings_rules import LONGEST_RECORDING
from common.voice.container import WrongContainerError
from common.voice.wav import read_wav
from common.voice.webm import MAGIC, read_webm

MAX_BYTES = 2 * 1024 * 1024
MAX_SECONDS: Final = float(LONGEST_RECORDING)
"""Google's limit for one synchronous request."""
MIN_SECONDS: Final = 0.25
"""A shorter recording holds no word: a click, or a misfire of voice detection."""


def read_recording(sound: bytes) -> Recording:
    """Return the recording in a WAV file (16 bit, mono, 16,000 Hz) or a WebM file (Opus).

    Raises Invalid, which names the field `audio`: for another or a damaged container, and for less
    than 0.25 s or more than 60 s of sound.
    """
    try:
        recording = _read(sound)
    except WrongContainerError as error:
        raise _refusal("Unusable audio.", str(error)) from None
    if recording.seconds < MIN_SECONDS:
        problem = f"has {recording.seconds:.2f} s of sound; at least {MIN_SECONDS} s are needed"
        raise _refusal("The recording is too short.", problem)
    if recording.seconds > MAX_SECONDS:
        problem = f"has {recording.seconds:.1f} s of sound; at most {MAX_SECONDS:.0f} s are taken"
        raise _refusal("The recording is too long.", problem)
    return recording


def _read(sound: bytes) -> Recording:
    if not sound:
        raise WrongContainerError("is empty")
    if sound[:4] == b"RIFF":
        return read_wav(sound)
    if sound.startswith(MAGIC):
        return read_webm(sound)
    raise WrongContainerError("is neither a WAV nor a WebM file")


def _refusal(detail: str, problem: str) -> Invalid:
    return Invalid(detail, fields=[("audio", problem)])
