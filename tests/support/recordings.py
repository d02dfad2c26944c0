"""Recordings as callers send them: WAV and WebM files, right and wrong."""

import io
import struct
import wave
from collections.abc import Iterator, Sequence

RATE = 16_000
OPUS_20_MS = bytes([31 << 3])
"""A packet of one CELT frame of 20 ms (RFC 6716, section 3.1), without sound."""


def wav_file(
    seconds: float = 1.0, *, rate: int = RATE, channels: int = 1, width: int = 2, pcm: bytes = b""
) -> bytes:
    """Return a WAV file of silence, or of `pcm`."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(pcm or bytes(int(seconds * rate) * channels * width))
    return file.getvalue()


def element(name: int, *content: bytes, unknown: bool = False) -> bytes:
    """Return an EBML element. `unknown`: of unknown size, as recorders write a segment."""
    body = b"".join(content)
    size = b"\x01" + b"\xff" * 7 if unknown else struct.pack(">Q", len(body) | 1 << 56)
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + size + body


def block(time: int, packet: bytes = OPUS_20_MS, *, flags: int = 0x80) -> bytes:
    return element(0xA3, b"\x81", struct.pack(">hB", time, flags), packet)


def track(codec: bytes = b"A_OPUS", kind: int = 2, channels: int = 1) -> bytes:
    parts = (element(0x83, bytes([kind])), element(0x86, codec))
    return element(0xAE, *parts, element(0xE1, element(0x9F, bytes([channels]))))


def webm_file(
    blocks: Sequence[bytes] | None = None,
    *,
    tracks: Sequence[bytes] | None = None,
    doc_type: bytes = b"webm",
    seconds: float = 1.0,
) -> bytes:
    """Return a WebM file as a browser records it, with a cluster of `blocks`."""
    found = list(_second_clusters(round(seconds * 50))) if blocks is None else blocks
    return b"".join(
        (
            element(0x1A45DFA3, element(0x4282, doc_type)),
            element(0x18538067, unknown=True),
            element(0x1549A966, element(0x2AD7B1, (1_000_000).to_bytes(3, "big"))),
            element(0x1654AE6B, *([track()] if tracks is None else tracks)),
            cluster(0),
            *found,
        )
    )


def cluster(time: int) -> bytes:
    """Return the beginning of a cluster. The times of its blocks are relative to `time`."""
    return element(0x1F43B675, unknown=True) + element(0xE7, struct.pack(">I", time))


def _second_clusters(packets: int) -> Iterator[bytes]:
    """Yield blocks of 20 ms, with a new cluster each second."""
    for number in range(packets):
        if number % 50 == 0:
            yield cluster(number * 20)
        yield block(number % 50 * 20)
