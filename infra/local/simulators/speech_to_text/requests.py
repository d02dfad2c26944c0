"""Requests of `recognize`: their fields, and the checks that Google makes, in its words."""

import base64
import binascii
import io
import wave
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from infra.local.simulators.espeak import VOICES
from infra.local.simulators.google_api import GoogleError

MOST_BYTES = 10 * 1024 * 1024
MOST_SECONDS = 60
MOST_LANGUAGES = 3
MODELS = ("short", "long", "telephony", "latest_short", "latest_long")
"""Models of the location `global`. The Chirp models are in regions only."""
LANGUAGES = {code.lower(): code for code in (*VOICES, "cmn-Hans-CN", "it-IT", "pt-BR", "pt-PT")}
ENCODINGS = (
    *("AUDIO_ENCODING_UNSPECIFIED", "LINEAR16", "MULAW", "ALAW", "AMR", "AMR_WB", "FLAC", "MP3"),
    *("OGG_OPUS", "WEBM_OPUS", "MP4_AAC", "M4A_AAC", "MOV_AAC"),
)
"""By their numbers in `ExplicitDecodingConfig.AudioEncoding`."""
DECODED = ("LINEAR16", "WEBM_OPUS")


class ProtobufJson(BaseModel):
    """A protobuf message as JSON: camelCase or snake_case names, and no unknown ones."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class ExplicitDecodingConfig(ProtobufJson):
    encoding: str | int = 0
    sample_rate_hertz: int = 0
    audio_channel_count: int = 0

    @property
    def encoding_name(self) -> str:
        """Return the encoding's name. Google's clients send its number."""
        if isinstance(self.encoding, str):
            return self.encoding
        return ENCODINGS[self.encoding] if 0 <= self.encoding < len(ENCODINGS) else "?"


class RecognitionConfig(ProtobufJson):
    auto_decoding_config: dict[str, Any] | None = None
    explicit_decoding_config: ExplicitDecodingConfig | None = None
    model: str = ""
    language_codes: list[str] = []
    features: dict[str, Any] | None = None
    adaptation: dict[str, Any] | None = None
    transcript_normalization: dict[str, Any] | None = None
    translation_config: dict[str, Any] | None = None
    denoiser_config: dict[str, Any] | None = None


class RecognizeRequest(ProtobufJson):
    recognizer: str = ""
    config: RecognitionConfig = RecognitionConfig()
    config_mask: str = ""
    content: str | None = None
    uri: str | None = None


@dataclass(frozen=True)
class RecordingToRecognise:
    """A recording as a WAV or WebM file, and the languages that it may be in."""

    file: bytes
    languages: tuple[str, ...]


def parse_recognize(body: dict[str, Any], location: str, recognizer: str) -> RecordingToRecognise:
    """Check a request and return what is to be recognised. Raises GoogleError."""
    try:
        request = RecognizeRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        *parents, name = [str(part) for part in first["loc"]]
        at = f"at '{'.'.join(parents)}': " if parents else ""
        what = "Cannot find field." if first["type"] == "extra_forbidden" else first["msg"]
        raise _invalid(f'Invalid JSON payload received. "{name}" {at}{what}') from None
    if location != "global":
        raise _invalid(
            f"Expected resource location to be global, but found {location} in resource name."
        )
    if recognizer != "_":
        raise GoogleError("NOT_FOUND", f"Unable to find Recognizer {recognizer}.")
    _refuse_what_is_missing(request)
    languages = _languages(request.config, location)
    return RecordingToRecognise(_file(request), languages)


def _refuse_what_is_missing(request: RecognizeRequest) -> None:
    config = request.config
    features = {
        "uri": request.uri,
        "config_mask": request.config_mask,
        "config.adaptation": config.adaptation,
        "config.transcript_normalization": config.transcript_normalization,
        "config.translation_config": config.translation_config,
        "config.denoiser_config": config.denoiser_config,
    }
    known = {"enableAutomaticPunctuation", "enable_automatic_punctuation", "maxAlternatives"}
    others = {f"config.features.{name}": on for name, on in (config.features or {}).items()}
    features |= {name: on for name, on in others.items() if name.rpartition(".")[2] not in known}
    for name, value in features.items():
        if value:
            raise GoogleError("UNIMPLEMENTED", f"This simulator does not have `{name}`.")


def _languages(config: RecognitionConfig, location: str) -> tuple[str, ...]:
    if not config.model:
        raise _invalid("Invalid 'model': field must be non-empty.")
    if config.model not in MODELS:
        raise _invalid(
            f'The model "{config.model}" does not exist in the location named "{location}".'
        )
    if not config.language_codes:
        raise _invalid("Invalid 'language_codes': field must be non-empty.")
    if len(config.language_codes) > MOST_LANGUAGES:
        raise _invalid(f"Invalid 'language_codes': at most {MOST_LANGUAGES} may be given.")
    for code in config.language_codes:
        if code.lower() not in LANGUAGES:
            raise _invalid(
                f'The language "{code}" is not supported by the model "{config.model}" in the '
                f'location named "{location}".'
            )
    return tuple(LANGUAGES[code.lower()] for code in config.language_codes)


def _file(request: RecognizeRequest) -> bytes:
    """Return the recording as a WAV or WebM file."""
    if request.content is None:
        raise _invalid("Either `content` or `uri` must be supplied.")
    try:
        content = base64.b64decode(request.content, validate=True)
    except (binascii.Error, ValueError):
        raise _invalid('Invalid value at "content" (TYPE_BYTES), Base64 decoding failed.') from None
    if not content:
        raise _invalid("Provided file is empty.")
    if len(content) > MOST_BYTES:
        raise _invalid("Request payload size exceeds the limit: 10485760 bytes.")
    return _decoding(request.config, content)


def _decoding(config: RecognitionConfig, content: bytes) -> bytes:
    explicit = config.explicit_decoding_config
    if (explicit is None) == (config.auto_decoding_config is None):
        raise _invalid("Exactly one of the decoding configs must be set.")
    if explicit is None:
        if content[:4] != b"RIFF":
            raise _encoding_refusal()
        return content
    name = explicit.encoding_name
    if name not in ENCODINGS or name == ENCODINGS[0]:
        raise _invalid("Invalid audio encoding.")
    if name not in DECODED:
        raise GoogleError("UNIMPLEMENTED", f"This simulator decodes {DECODED}, not {name}.")
    if not 8_000 <= explicit.sample_rate_hertz <= 48_000:  # noqa: PLR2004 - Google's limits
        raise _invalid(f"Invalid sample rate hertz value: {explicit.sample_rate_hertz}.")
    if not 1 <= explicit.audio_channel_count <= 8:  # noqa: PLR2004 - Google's limits
        raise _invalid(f"Invalid audio channel count: {explicit.audio_channel_count}.")
    if name == "LINEAR16":
        return _wav(content, explicit.sample_rate_hertz, explicit.audio_channel_count)
    if not content.startswith(b"\x1a\x45\xdf\xa3"):
        raise _encoding_refusal()
    return content


def _wav(samples: bytes, rate: int, channels: int) -> bytes:
    """Return headerless 16-bit samples as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(channels)
        audio.setsampwidth(2)
        audio.setframerate(rate)
        audio.writeframes(samples)
    return file.getvalue()


def _encoding_refusal() -> GoogleError:
    return _invalid("Audio data does not appear to be in a supported encoding.")


def _invalid(message: str) -> GoogleError:
    return GoogleError("INVALID_ARGUMENT", message)
