"""Audio encodings: PCM as it is, and LINEAR16, MULAW and ALAW behind a WAV header."""

import struct
from typing import TYPE_CHECKING

from infra.local.simulators.google_api import GoogleError

if TYPE_CHECKING:
    from numpy import int32
    from numpy.typing import NDArray

COMPRESSED = ("MP3", "MP3_64_KBPS", "OGG_OPUS", "M4A")
"""Encodings of Google that the simulator does not have: each needs a codec."""
_WAV_FORMAT = {"LINEAR16": 1, "ALAW": 6, "MULAW": 7}
"""Format codes of a WAV header (WAVE_FORMAT_PCM, _ALAW, _MULAW)."""
_PCM = 1


def check_encoding(name: str) -> None:
    """Raise GoogleError for an encoding that does not exist, or that the simulator does not have."""
    if name in COMPRESSED:
        made = "LINEAR16, PCM, MULAW and ALAW"
        raise GoogleError("UNIMPLEMENTED", f"This simulator makes {made}, not {name}.")
    if name != "PCM" and name not in _WAV_FORMAT:
        message = f"Invalid value at 'audio_config.audio_encoding', {name!r}."
        raise GoogleError("INVALID_ARGUMENT", message)


def encode(pcm: bytes, rate: int, encoding: str) -> bytes:
    """Return 16-bit mono PCM at `rate` Hz in one of Google's encodings."""
    if encoding == "PCM":
        return pcm
    samples = pcm if encoding == "LINEAR16" else _compand(pcm, encoding)
    return _wav(samples, rate, _WAV_FORMAT[encoding])


def _wav(samples: bytes, rate: int, code: int) -> bytes:
    """Return mono samples behind a WAV header: two bytes each for PCM, one byte each else."""
    width = 2 if code == _PCM else 1
    header = struct.pack("<HHIIHH", code, 1, rate, rate * width, width, 8 * width)
    if code != _PCM:
        header += struct.pack("<H", 0)  # the size of an extension, which is empty
    chunks = b"".join(
        (
            struct.pack("<4sI", b"fmt ", len(header)) + header,
            struct.pack("<4sI", b"data", len(samples)) + samples + b"\0" * (len(samples) % 2),
        )
    )
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WAVE") + chunks


def _compand(pcm: bytes, encoding: str) -> bytes:
    """Return 16-bit PCM as 8-bit samples by G.711."""
    import numpy as np  # noqa: PLC0415 - the stack starts without it

    samples = np.frombuffer(pcm, "<i2").astype(np.int32)
    return (_mu_law if encoding == "MULAW" else _a_law)(samples)


def _mu_law(samples: "NDArray[int32]") -> bytes:
    import numpy as np  # noqa: PLC0415 - as above

    magnitude = np.minimum(np.abs(samples), 32_635) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(samples < 0, 0x80, 0)
    coded: bytes = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()
    return coded


def _a_law(samples: "NDArray[int32]") -> bytes:
    import numpy as np  # noqa: PLC0415 - as above

    positive = samples >= 0
    magnitude = np.where(positive, samples, -samples - 1) >> 3
    exponent = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 4, 0)
    mantissa = (magnitude >> np.maximum(exponent, 1)) & 0x0F
    inverted = ((exponent << 4) | mantissa) ^ np.where(positive, 0xD5, 0x55)
    coded: bytes = inverted.astype(np.uint8).tobytes()
    return coded
