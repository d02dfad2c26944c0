"""A recording is what its container says after it was read, and never what its caller says."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.errors import Invalid
from common.voice.recording import read_recording
from tests.support.recordings import OPUS_20_MS, block, element, track, wav_file, webm_file


def refusal(file: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        read_recording(file)
    ((field, problem),) = refused.value.fields
    assert field == "audio"
    assert refused.value.status == 422
    return problem


def with_size(file: bytes, size: int) -> bytes:
    """Return a WAV file whose header announces another size of its samples."""
    at = file.index(b"data") + 4
    return file[:at] + struct.pack("<I", size) + file[at + 4 :]


@pytest.mark.parametrize("seconds", [0.25, 1.0, 60.0])
def test_a_wav_file_is_as_long_as_its_samples(seconds: float) -> None:
    recording = read_recording(wav_file(seconds))
    assert (recording.kind, recording.rate, recording.channels) == ("pcm", 16_000, 1)
    assert recording.seconds == pytest.approx(seconds)
    assert len(recording.sound) == round(seconds * 32_000)


@pytest.mark.parametrize("seconds", [0.26, 1.0, 60.0])
def test_a_webm_file_is_as_long_as_its_packets(seconds: float) -> None:
    file = webm_file(seconds=seconds)
    recording = read_recording(file)
    assert (recording.kind, recording.rate, recording.sound) == ("webm", 48_000, file)
    assert recording.seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (b"", "is empty"),
        (b"hello", "is neither a WAV nor a WebM file"),
        (b"ID3\x04" + bytes(400), "is neither a WAV nor a WebM file"),
        (b"RIFF\0\0\0\0AVI " + bytes(40), "no WAV file"),
        (b"RIFF\0\0\0\0WAVE", "without samples"),
        (wav_file(1.0, rate=44_100), "has 44100 samples a second; 16000 are needed"),
        (wav_file(1.0, channels=2), "has 2 channels; 1 is needed"),
        (wav_file(1.0, width=1), "has 8 bits a sample; 16 are needed"),
        (wav_file(1.0).replace(b"fmt \x10\0\0\0\x01\0", b"fmt \x10\0\0\0\x07\0"), "coding 7"),
        (wav_file(1.0)[:-100], "is cut off: its header announces 32000 bytes, and 31900 follow"),
        (with_size(wav_file(1.0), 64_000), "is cut off"),
        (wav_file(0.2), "has 0.20 s of sound"),
        (wav_file(60.1), "has 60.1 s of sound"),
        (webm_file(seconds=0.2), "has 0.20 s of sound"),
        (webm_file(seconds=60.1), "has 60.1 s of sound"),
        (webm_file(doc_type=b"matroska"), "no WebM file"),
        (webm_file(tracks=[]), "one track"),
        (webm_file(tracks=[track(kind=1)]), "one track"),
        (webm_file(tracks=[track(), track()]), "one track"),
        (webm_file(tracks=[track(b"A_VORBIS")]), "Opus"),
        (webm_file(tracks=[track(channels=6)]), "has 6 channels"),
        (webm_file([block(0, flags=0x82)]), "laced"),
        (webm_file([block(0, b"\xff\x00")]), "damaged Opus packet"),
        (webm_file([element(0xA3, b"\x81\0")]), "damaged block"),
        (webm_file()[:-1], "cut off or damaged"),
        (webm_file([b"\xec\x80"] * 100_001), "too many elements"),
    ],
)
def test_another_or_a_damaged_container_is_refused_by_name(file: bytes, problem: str) -> None:
    assert problem in refusal(file)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_samples_of_unknown_size_go_on_to_the_end(size: int) -> None:
    assert read_recording(with_size(wav_file(2.0), size)).seconds == 2.0


def test_a_smaller_announced_size_ends_the_sound_that_is_sent() -> None:
    recording = read_recording(with_size(wav_file(60.0), 32_000))
    assert (recording.seconds, len(recording.sound)) == (1.0, 32_000)


def test_times_of_blocks_count_where_they_are_later_than_the_packets() -> None:
    """Packets may be left out where nothing is heard."""
    blocks = [block(0), block(5_000)]
    assert read_recording(webm_file(blocks)).seconds == pytest.approx(5.02)


def test_packets_count_where_the_times_of_blocks_stand_still() -> None:
    assert read_recording(webm_file([block(0)] * 100)).seconds == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("packet", "seconds"),
    [(b"\x18", 0.06), (b"\x1b\x02", 0.12), (b"\x61", 0.02), (OPUS_20_MS, 0.02), (b"\x80", 0.0025)],
)
def test_a_packet_is_as_long_as_its_frames(packet: bytes, seconds: float) -> None:
    assert read_recording(webm_file([block(0, packet)] * 120)).seconds == pytest.approx(
        120 * seconds
    )


@given(st.binary(max_size=200), st.sampled_from([b"RIFF\0\0\0\0WAVE", b"\x1a\x45\xdf\xa3", b""]))
def test_any_bytes_are_a_recording_or_a_refusal(noise: bytes, head: bytes) -> None:
    with contextlib.suppress(Invalid):
        assert read_recording(head + noise).seconds <= 60


@given(st.integers(0, 1_200), st.integers(0, 255))
def test_a_damaged_byte_is_no_bug(at: int, value: int) -> None:
    for file in (wav_file(0.5), webm_file(seconds=0.5)):
        damaged = bytearray(file)
        damaged[at % len(file)] = value
        with contextlib.suppress(Invalid):
            assert read_recording(bytes(damaged)).seconds <= 60
