"""Sizes and lengths of speech: signed 16-bit little endian, mono, 24,000 Hz."""

from collections.abc import Iterator

RATE = 24_000
BYTES_A_SECOND = 2 * RATE
FIRST_CHUNK_SECONDS = 0.5
CHUNK_SECONDS = 1.0
"""The provider's advice: 0.4 to 0.6 s first, then about 1 s; chunks of 20 ms are heard as separate
utterances. Its limit is 1 MB a message, as base64."""


def seconds(pcm: bytes) -> float:
    return len(pcm) / BYTES_A_SECOND


def chunks(pcm: bytes) -> Iterator[bytes]:
    first = int(FIRST_CHUNK_SECONDS * BYTES_A_SECOND)
    size = int(CHUNK_SECONDS * BYTES_A_SECOND)
    yield pcm[:first]
    for start in range(first, len(pcm), size):
        yield pcm[start : start + size]
