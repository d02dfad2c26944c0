"""WebM files with one Opus track, as browsers record them (RFC 8794 EBML, RFC 9559 Matroska).

The length is that of the Opus packets (RFC 6716, section 3.1) and of the blocks' times, whichever is
longer. The duration that a header names is not read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from common.ports.voice import Recording
from common.voice.container import WrongContainerError

MAGIC = b"\x1a\x45\xdf\xa3"


class Element(IntEnum):
    """The elements that are read, by their ids in the file."""

    EBML = 0x1A45DFA3
    DOC_TYPE = 0x4282
    SEGMENT = 0x18538067
    INFO = 0x1549A966
    TIMESTAMP_SCALE = 0x2AD7B1
    TRACKS = 0x1654AE6B
    TRACK_ENTRY = 0xAE
    TRACK_TYPE = 0x83
    CODEC_ID = 0x86
    AUDIO = 0xE1
    CHANNELS = 0x9F
    CLUSTER = 0x1F43B675
    TIMESTAMP = 0xE7
    SIMPLE_BLOCK = 0xA3
    BLOCK_GROUP = 0xA0
    BLOCK = 0xA1


OPEN = frozenset(
    {
        Element.EBML,
        Element.SEGMENT,
        Element.INFO,
        Element.TRACKS,
        Element.TRACK_ENTRY,
        Element.AUDIO,
        Element.CLUSTER,
        Element.BLOCK_GROUP,
    }
)
"""Elements whose content is read as elements, where they stand."""
SOUND_TRACK = 2
RATE = 48_000
"""Opus counts in samples of 48,000 a second, whatever was recorded."""
LACING = 0x06
MAX_CHANNELS = 2
MAX_PACKET = 120_000
"""Microseconds of the longest packet."""
MAX_ELEMENTS = 100_000
"""A minute of the shortest packets has 24,000 blocks."""
SCALE = 1_000_000
"""Nanoseconds of one unit of time, where the file names none."""


def read_webm(file: bytes) -> Recording:
    """Return a WebM file as a recording. Raises WrongContainerError."""
    found = _Reader()
    for number, (name, content) in enumerate(_elements(file)):
        if number >= MAX_ELEMENTS:
            raise WrongContainerError("is a WebM file of too many elements")
        found.take(name, content)
    if found.kinds != [SOUND_TRACK]:
        raise WrongContainerError("must be a WebM file with one track, which is sound")
    if found.codec != "A_OPUS":
        raise WrongContainerError("must be a WebM file whose sound is Opus")
    if not 1 <= found.channels <= MAX_CHANNELS:
        raise WrongContainerError(
            f"has {found.channels} channels; at most {MAX_CHANNELS} are taken"
        )
    return Recording("webm", file, RATE, found.channels, found.seconds)


@dataclass
class _Reader:
    """The values of a file that matter, as its elements pass by."""

    kinds: list[int] = field(default_factory=list)
    codec: str = ""
    channels: int = 1
    scale: int = SCALE
    packets: int = 0
    cluster: int = 0
    first: int | None = None
    last_end: int = 0

    @property
    def seconds(self) -> float:
        return max(self.packets, self.last_end) / 1e6

    def take(self, name: int, content: bytes) -> None:
        match name:
            case Element.DOC_TYPE if content.rstrip(b"\0") != b"webm":
                raise WrongContainerError("is a Matroska file, but no WebM file")
            case Element.TRACK_TYPE:
                self.kinds.append(_number(content))
            case Element.CODEC_ID:
                self.codec = content.rstrip(b"\0").decode("ascii", "replace")
            case Element.CHANNELS:
                self.channels = _number(content)
            case Element.TIMESTAMP_SCALE:
                self.scale = _number(content) or SCALE
            case Element.TIMESTAMP:
                self.cluster = _number(content)
            case Element.SIMPLE_BLOCK | Element.BLOCK:
                self._block(content)

    def _block(self, content: bytes) -> None:
        _, at = _size(content, 0)
        if len(content) < at + 4:
            raise WrongContainerError("is a WebM file with a damaged block")
        time = self.cluster + int.from_bytes(content[at : at + 2], "big", signed=True)
        if content[at + 2] & LACING:
            raise WrongContainerError("is a WebM file with laced blocks, which are not taken")
        length = _packet_length(content[at + 3 :])
        self.packets += length
        self.first = time if self.first is None else self.first
        begins = (time - self.first) * self.scale // 1_000
        self.last_end = max(self.last_end, begins + length)


def _packet_length(packet: bytes) -> int:
    """Return the microseconds of an Opus packet: the frames that its first bytes announce."""
    coding, form = packet[0] >> 3, packet[0] & 0x03
    if coding < 12:  # noqa: PLR2004 - SILK: 10, 20, 40 or 60 ms
        frame = (10_000, 20_000, 40_000, 60_000)[coding & 0x03]
    elif coding < 16:  # noqa: PLR2004 - hybrid: 10 or 20 ms
        frame = (10_000, 20_000)[coding & 0x01]
    else:  # CELT: 2.5, 5, 10 or 20 ms
        frame = (2_500, 5_000, 10_000, 20_000)[coding & 0x03]
    frames = (1, 2, 2)[form] if form < 3 else (packet[1] & 0x3F if len(packet) > 1 else 0)  # noqa: PLR2004 - RFC 6716
    if not 0 < frame * frames <= MAX_PACKET:
        raise WrongContainerError("is a WebM file with a damaged Opus packet")
    return frame * frames


def _elements(file: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the elements in their order; those of `OPEN` elements in their place.

    A segment or cluster of unknown size is open to the end.
    """
    at = 0
    while at < len(file):
        name, at = _id(file, at)
        size, at = _size(file, at)
        if name in OPEN:
            continue
        if size is None or at + size > len(file):
            raise WrongContainerError("is a WebM file that is cut off or damaged")
        yield name, file[at : at + size]
        at += size


def _id(file: bytes, at: int) -> tuple[int, int]:
    width = 9 - file[at].bit_length()
    if width > 4 or at + width > len(file):  # noqa: PLR2004 - an id has at most 4 bytes
        raise WrongContainerError("is a WebM file that is cut off or damaged")
    return int.from_bytes(file[at : at + width], "big"), at + width


def _size(file: bytes, at: int) -> tuple[int | None, int]:
    """Return the size at `at`, None if it is unknown, and the place behind it."""
    width = 9 - file[at].bit_length() if at < len(file) else 9
    if width > 8 or at + width > len(file):  # noqa: PLR2004 - a size has at most 8 bytes
        raise WrongContainerError("is a WebM file that is cut off or damaged")
    value = int.from_bytes(file[at : at + width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), at + width


def _number(content: bytes) -> int:
    return int.from_bytes(content, "big")
