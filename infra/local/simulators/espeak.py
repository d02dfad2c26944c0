"""Real speech without a cloud: espeak-ng by ctypes, resampled to the rate that was asked for.

espeak is not reentrant and keeps its state in the process, so one lock guards it. Some of that state
(the phases of its oscillators) outlives its own re-initialisation and changes the next request. So
the library is loaded afresh for each utterance: 6 ms in all for a sentence, and the same words always
sound the same. numpy and the library are imported at the first synthesis.
"""

import _ctypes
import ctypes
import math
import threading
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
    "ar-XA": "ar",
    "da-DK": "da",
    "fi-FI": "fi",
    "id-ID": "id",
    "it-IT": "it",
    "ko-KR": "ko",
    "nl-NL": "nl",
    "pl-PL": "pl",
    "pt-BR": "pt-br",
    "sv-SE": "sv",
    "tr-TR": "tr",
    "uk-UA": "uk",
    "vi-VN": "vi",
}
"""espeak's voice for each of Google's language codes."""

VARIANTS: Mapping[Gender, str] = {"FEMALE": "+f4", "MALE": ""}
"""espeak's variant of each gender.

The variants +f2, +f3 and +f5 read uninitialised memory, so their sound varies.
"""

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


def _list_voices() -> dict[str, tuple[str, Gender]]:
    """Return the language code and gender of each of Google's voices, in Google's order."""
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


KNOWN = _list_voices()

# espeak_Initialize, espeak_SetParameter and espeak_Synth, from espeak-ng/speak_lib.h
_SYNCHRONOUS, _RATE, _PITCH = 2, 1, 3
_CHARS_UTF8, _SSML = 0x01, 0x10
_WORDS_A_MINUTE, _PITCH_MIDDLE = 175, 50


@dataclass(frozen=True)
class EspeakRequest:
    """A text to speak: `rate` in Hz, `speed` 1.0 is normal, `pitch` in semitones, `gain` in dB."""

    text: str
    language: str = "en-US"
    gender: Gender = "FEMALE"
    rate: int = 24_000
    speed: float = 1.0
    pitch: float = 0.0
    gain: float = 0.0
    ssml: bool = False


def synthesize(request: EspeakRequest) -> bytes:
    """Return signed 16-bit little-endian mono PCM at `request.rate`. Equal requests sound equal.

    The call blocks, and is safe in any thread. `request.language` is a key of `VOICES`.
    """
    import numpy as np  # noqa: PLC0415 - the stack starts without it

    rate, raw = _espeak(request)
    samples = np.frombuffer(raw, "<i2").astype(np.float64)
    heard = resample(samples, rate, request.rate) * 10 ** (request.gain / 20)
    return np.clip(np.rint(heard), -32768, 32767).astype("<i2").tobytes()


def resample(samples: "Samples", source: int, target: int) -> "Samples":
    """Resample from `source` to `target` Hz by a polyphase filter.

    Frequencies above half of either rate are removed.
    """
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
    """Return the weights of the samples around each of `up` phases: a Kaiser-windowed sinc."""
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


def _espeak(request: EspeakRequest) -> tuple[int, bytes]:
    """Return the sample rate in Hz and the PCM that espeak makes."""
    audio: list[bytes] = []

    @_OnAudio
    def on_audio(samples: Any, count: int, _events: Any) -> int:  # noqa: ANN401 - C's pointers
        if samples and count > 0:
            audio.append(ctypes.string_at(samples, count * 2))
        return 0

    with _LOCK, _fresh_library() as (library, rate):
        library.espeak_SetSynthCallback(on_audio)
        _choose_voice(library, request)
        text = request.text.replace("\0", " ").encode() + b"\0"
        flags = _CHARS_UTF8 | (_SSML if request.ssml else 0)
        library.espeak_Synth(text, len(text), 0, 1, 0, flags, None, None)
        library.espeak_Synchronize()
    return rate, b"".join(audio)


def _choose_voice(library: ctypes.CDLL, request: EspeakRequest) -> None:
    name = VOICES[request.language] + VARIANTS[request.gender]
    if library.espeak_SetVoiceByName(name.encode()):
        raise RuntimeError(f"espeak-ng has no voice {name}")
    pitch = min(100, max(0, round(_PITCH_MIDDLE + 2.5 * request.pitch)))
    library.espeak_SetParameter(_RATE, round(_WORDS_A_MINUTE * request.speed), 0)
    library.espeak_SetParameter(_PITCH, pitch, 0)


@contextmanager
def _fresh_library() -> Iterator[tuple[ctypes.CDLL, int]]:
    """Load the library and yield it with its sample rate in Hz. Raises RuntimeError."""
    import espeakng_loader  # noqa: PLC0415 - the stack starts without it

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    data = str(espeakng_loader.get_data_path()).encode()
    try:
        rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data, 0)
        if rate <= 0:
            raise RuntimeError("espeak-ng has no data")
        yield library, rate
        library.espeak_Terminate()
    finally:
        _ctypes.dlclose(library._handle)  # noqa: SLF001 - ctypes has no public way to unload
