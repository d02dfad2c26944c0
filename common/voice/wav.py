import struct

from common.ports.voice import Recording
from common.voice.container import WrongContainerError

RATE = 16_000
PCM, EXTENSIBLE = 0x0001, 0xFFFE
FORMAT_BYTES, EXTENSIBLE_BYTES = 16, 40
UNKNOWN = (0, 0xFFFFFFFF)
"""Sizes that a recorder writes before it knows better: the samples go on to the end."""


def read_wav(file: bytes) -> Recording:
    """Return the samples of a WAV file: PCM of 16 bit, mono, 16,000 Hz.

    The length follows from the samples that are there. Raises WrongContainerError, also if the
    header announces more samples than follow.
    """
    if len(file) < 12 or file[8:12] != b"WAVE":  # noqa: PLR2004 - RIFF, a size, WAVE
        raise WrongContainerError("is a RIFF file, but no WAV file")
    at, known = 12, False
    while at + 8 <= len(file):
        name, size = file[at : at + 4], int.from_bytes(file[at + 4 : at + 8], "little")
        content = file[at + 8 : at + 8 + size]
        if name == b"fmt ":
            _check_format(content)
            known = True
        if name == b"data":
            if not known:
                raise WrongContainerError("has samples before their format")
            return _recording(file[at + 8 :] if size in UNKNOWN else content, size)
        at += 8 + size + size % 2
    raise WrongContainerError("is a WAV file without samples")


def _check_format(chunk: bytes) -> None:
    if len(chunk) < FORMAT_BYTES:
        raise WrongContainerError("is a WAV file with a damaged header")
    code, channels, rate, _, _, bits = struct.unpack("<HHIIHH", chunk[:FORMAT_BYTES])
    if code == EXTENSIBLE and len(chunk) >= EXTENSIBLE_BYTES:
        code = int.from_bytes(chunk[24:26], "little")
    if code != PCM:
        raise WrongContainerError(f"is a WAV file with the coding {code}; only PCM (1) is taken")
    if bits != 16:  # noqa: PLR2004 - bits
        raise WrongContainerError(f"has {bits} bits a sample; 16 are needed")
    if channels != 1:
        raise WrongContainerError(f"has {channels} channels; 1 is needed")
    if rate != RATE:
        raise WrongContainerError(f"has {rate} samples a second; {RATE} are needed")


def _recording(samples: bytes, announced: int) -> Recording:
    if announced not in UNKNOWN and len(samples) < announced:
        problem = f"is cut off: its header announces {announced} bytes, and {len(samples)} follow"
        raise WrongContainerError(problem)
    samples = samples[: len(samples) // 2 * 2]
    return Recording("pcm", samples, RATE, 1, len(samples) / 2 / RATE)
