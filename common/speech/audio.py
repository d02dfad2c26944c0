"""Sizes and lengths of speech: signed 16-bit little endian, mono, 24,000 Hz."""

from array import array
from collections.abc import Iterator

RATE = 24_000
BYTES_A_SECOND = 2 * RATE
FIRST_CHUNK_SECONDS = 0.5
CHUNK_SECONDS = 1.0
"""The provider's advice: 0.4 to 0.6 s first, then about 1 s; chunks of 20 ms are heard as separate
utterances. Its limit is 1 MB a message, as base64."""


FRAME = 480
"""Samples whose loudness is compared, to find a pause: 20 ms."""


def seconds(pcm: bytes) -> float:
    """Return how long the audio plays."""
    return len(pcm) / BYTES_A_SECOND


def quietest(pcm: bytes, first: float, last: float) -> int:
    """Return the offset in bytes of the quietest 20 ms between the seconds `first` and `last`."""
    begin, end = (int(max(0.0, at) * RATE) for at in (first, last))
    samples = array("h", pcm[2 * begin : 2 * end])
    starts = range(0, len(samples) - FRAME + 1, FRAME)
    found = min(starts, key=lambda at: sum(map(abs, samples[at : at + FRAME])), default=0)
    return 2 * (begin + found)


def chunks(pcm: bytes) -> Iterator[bytes]:
    """Yield the audio in the chunks in which it is sent: the first one shorter than the others."""
    first = int(FIRST_CHUNK_SECONDS * BYTES_A_SECOND)
    size = int(CHUNK_SECONDS * BYTES_A_SECOND)
    yield pcm[:first]
    for start in range(first, len(pcm), size):
        yield pcm[start : start + size]
