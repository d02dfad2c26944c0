"""Real speech without a cloud: espeak-ng by ctypes, resampled to the rate that was asked for.

espeak is not reentrant and keeps its state in the process, so one lock guards it. Some of that
state (the phases of its oscillators) outlives even its own re-initialisation and changes what is
said next, so the library is loaded afresh for each utterance: 6 ms in all for a sentence, and the
same words always sound the same. numpy and the library load at the first synthesis.
"""

import _ctypes
import ctypes
import io
import math
import threading
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    Samples = NDArray[float64]

Gender = Literal["FEMALE", "MALE"]

VOICES = {
    "en-US": "en-us",
    "en-GB": "en-gb-x-rp",
    "de-DE": "de",
    "es-ES": "es",
    "es-US": "es-419",
    "fr-FR": "fr",
    "cmn-CN": "cmn",
    "ja-JP": "ja",
    "hi-IN": "hi",
}
"""Google's language codes, and espeak's names for the voices that speak them."""

VARIANTS: Mapping[Gender, str] = {"FEMALE": "+f4", "MALE": ""}
"""Not every variant can be had: +f2, +f3 and +f5 read memory that nobody wrote, and so vary."""

CHIRP = {
    "FEMALE": (
        "Achernar Aoede Autonoe Callirrhoe Despina Erinome Gacrux Kore Laomedeia Leda Pulcherrima "
        "Sulafat Vindemiatrix Zephyr"
    ),
    "MALE": (
        "Achird Algenib Algieba Alnilam Charon Enceladus Fenrir Iapetus Orus Puck Rasalgethi "
        "Sadachbia Sadaltager Schedar Umbriel Zubenelgenubi"
    ),
}


def _voices() -> dict[str, tuple[str, Gender]]:
    """Google's voices by name: (language code, gender), in the order in which they are listed."""
    genders: tuple[Gender, ...] = ("FEMALE", "MALE")
    found: dict[str, tuple[str, Gender]] = {}
    for code in VOICES:
        for family in ("Standard", "Wavenet", "Neural2"):
            for number, letter in enumerate("ABCDEFGHIJ"):
                found[f"{code}-{family}-{letter}"] = (code, genders[number % 2])
        for gender in genders:
            for star in CHIRP[gender].split():
                found[f"{code}-Chirp3-HD-{star}"] = (code, gender)
    return found


KNOWN = _voices()

# espeak_Initialize, espeak_SetParameter and espeak_Synth, from espeak-ng/speak_lib.h
_SYNCHRONOUS, _RATE, _PITCH = 2, 1, 3
_CHARS_UTF8, _SSML = 0x01, 0x10
_WORDS_A_MINUTE, _PITCH_MIDDLE = 175, 50


@dataclass(frozen=True)
class Utterance:
    """`rate` is in Hz, `speed` 1.0 is normal, `pitch` is in semitones, `gain` in decibels."""

    text: str
    language: str = "en-US"
    gender: Gender = "FEMALE"
    rate: int = 24_000
    speed: float = 1.0
    pitch: float = 0.0
    gain: float = 0.0
    ssml: bool = False


def synthesize(utterance: Utterance) -> bytes:
    """Signed 16-bit little-endian mono PCM at `utterance.rate`; the same in, the same out.

    Blocks; safe to call from any thread. `utterance.language` is a key of `VOICES`.
    """
    import numpy as np  # noqa: PLC0415 - the stack starts without it

    rate, raw = _espeak(utterance)
    samples = np.frombuffer(raw, "<i2").astype(np.float64)
    heard = resample(samples, rate, utterance.rate) * 10 ** (utterance.gain / 20)
    return np.clip(np.rint(heard), -32768, 32767).astype("<i2").tobytes()


def wav(pcm: bytes, rate: int) -> bytes:
    """16-bit mono PCM behind a WAV header, as every LINEAR16 answer of Google's comes."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(pcm)
    return file.getvalue()


def resample(samples: "Samples", source: int, target: int) -> "Samples":
    """A polyphase filter: `target`/`source` times as many samples, nothing above either's half."""
    import numpy as np  # noqa: PLC0415 - as above

    divisor = math.gcd(source, target)
    up, down = target // divisor, source // divisor
    if up == down or not len(samples):
        return samples
    weights = _filter(up, down)
    taps = weights.shape[1]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(samples, taps // 2), taps)
    out = np.empty(-(-len(samples) * up // down))
    for phase in range(min(up, len(out))):
        wanted = out[phase::up]
        wanted[:] = windows[phase * down // up + 1 :: down][: len(wanted)] @ weights[phase]
    return out


@cache
def _filter(up: int, down: int) -> "Samples":
    """For each of `up` phases the weights of the samples around it: a Kaiser-windowed sinc."""
    import numpy as np  # noqa: PLC0415 - as above

    cutoff = min(1.0, up / down)
    half = math.ceil(16 / cutoff)  # 16 crossings of zero to each side
    phases = (np.arange(up) * down % up / up)[:, None]
    distance = phases - np.arange(1 - half, half + 1)
    inside = np.sqrt(np.clip(1 - (distance / half) ** 2, 0, None))
    window = np.i0(9.0 * inside) / np.i0(9.0)  # about 90 dB down outside the band
    weights: Samples = cutoff * np.sinc(cutoff * distance) * window
    return weights


_LOCK = threading.Lock()
_OnAudio: Callable[[Callable[..., int]], Callable[..., int]] = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def _espeak(utterance: Utterance) -> tuple[int, bytes]:
    """(sample rate in Hz, PCM) as espeak makes it."""
    audio: list[bytes] = []

    @_OnAudio
    def on_audio(samples: Any, count: int, _events: Any) -> int:  # noqa: ANN401 - C's pointers
        if samples and count > 0:
            audio.append(ctypes.string_at(samples, count * 2))
        return 0

    with _LOCK, _fresh_library() as (library, rate):
        library.espeak_SetSynthCallback(on_audio)
        _choose_voice(library, utterance)
        text = utterance.text.replace("\0", " ").encode() + b"\0"
        flags = _CHARS_UTF8 | (_SSML if utterance.ssml else 0)
        library.espeak_Synth(text, len(text), 0, 1, 0, flags, None, None)
        library.espeak_Synchronize()
    return rate, b"".join(audio)


def _choose_voice(library: ctypes.CDLL, utterance: Utterance) -> None:
    name = VOICES[utterance.language] + VARIANTS[utterance.gender]
    if library.espeak_SetVoiceByName(name.encode()):
        raise RuntimeError(f"espeak-ng has no voice {name}")
    pitch = min(100, max(0, round(_PITCH_MIDDLE + 2.5 * utterance.pitch)))
    library.espeak_SetParameter(_RATE, round(_WORDS_A_MINUTE * utterance.speed), 0)
    library.espeak_SetParameter(_PITCH, pitch, 0)


@contextmanager
def _fresh_library() -> Iterator[tuple[ctypes.CDLL, int]]:
    """The library without a past, and the rate in Hz at which it speaks."""
    import espeakng_loader  # noqa: PLC0415 - the stack starts without it

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    data = str(espeakng_loader.get_data_path()).encode()
    try:
        rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data, 0)
        if rate <= 0:
            raise RuntimeError("espeak-ng found no data to speak with")
        yield library, rate
        library.espeak_Terminate()
    finally:
        _ctypes.dlclose(library._handle)  # noqa: SLF001 - ctypes has no public way to unload
