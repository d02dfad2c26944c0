"""Requests of `text:synthesize`: their fields, and the checks that Google makes."""

from typing import Any, Literal
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from infra.local.simulators.espeak import KNOWN, VOICES, EspeakRequest, Gender
from infra.local.simulators.google_api import GoogleError
from infra.local.simulators.google_speech.encodings import check_encoding
from infra.local.simulators.google_speech.sentences import check_sentences

MOST_BYTES = 5_000
"""Bytes of a request's input (Google's quotas page)."""
NATURAL_RATE = 24_000
PAUSES = {"[pause short]": "300ms", "[pause]": "600ms", "[pause long]": "1200ms"}
"""Pauses of a markup. Google publishes no durations."""


class ProtoMessage(BaseModel):
    """A protobuf message as JSON: camelCase or snake_case names, and no unknown ones."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class SynthesisInput(ProtoMessage):
    text: str | None = None
    markup: str | None = None
    ssml: str | None = None
    multi_speaker_markup: dict[str, Any] | None = None
    prompt: str | None = None
    custom_pronunciations: dict[str, Any] | None = None

    def source(self) -> str:
        """Return the text, markup or SSML."""
        return next(each for each in (self.text, self.markup, self.ssml, "") if each is not None)


class VoiceSelectionParams(ProtoMessage):
    language_code: str = ""
    name: str = ""
    ssml_gender: Literal["SSML_VOICE_GENDER_UNSPECIFIED", "MALE", "FEMALE", "NEUTRAL"] = (
        "SSML_VOICE_GENDER_UNSPECIFIED"
    )
    custom_voice: dict[str, Any] | None = None
    voice_clone: dict[str, Any] | None = None
    model_name: str | None = None
    multi_speaker_voice_config: dict[str, Any] | None = None


class AudioConfig(ProtoMessage):
    audio_encoding: str = "AUDIO_ENCODING_UNSPECIFIED"
    speaking_rate: float = 0.0
    pitch: float = 0.0
    volume_gain_db: float = 0.0
    sample_rate_hertz: int = 0
    effects_profile_id: list[str] = []


class SynthesizeSpeechRequest(ProtoMessage):
    input: SynthesisInput
    voice: VoiceSelectionParams
    audio_config: AudioConfig
    advanced_voice_options: dict[str, Any] | None = None
    enable_time_pointing: list[str] = []


def parse_request(body: dict[str, Any]) -> SynthesizeSpeechRequest:
    """Parse a body. Raises GoogleError: INVALID_ARGUMENT, UNIMPLEMENTED."""
    try:
        request = SynthesizeSpeechRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        *parents, name = [str(part) for part in first["loc"]]
        at = f"at '{'.'.join(parents)}': " if parents else ""
        what = "Cannot find field." if first["type"] == "extra_forbidden" else first["msg"]
        message = f'Invalid JSON payload received. "{name}" {at}{what}'
        raise GoogleError("INVALID_ARGUMENT", message) from None
    _refuse_missing_features(request)
    return request


def to_espeak(request: SynthesizeSpeechRequest, sentence_bytes: int | None) -> EspeakRequest:
    """Check a request and return what espeak has to speak.

    `sentence_bytes` is the limit of one sentence. Raises GoogleError(INVALID_ARGUMENT).
    """
    language, gender = _voice(request.voice)
    config = request.audio_config
    check_encoding(config.audio_encoding)
    _check_range("speaking_rate", config.speaking_rate or 1.0, 0.25, 2.0)
    _check_range("pitch", config.pitch, -20, 20)
    _check_range("volume_gain_db", config.volume_gain_db, -96, 16)
    _check_range("sample_rate_hertz", config.sample_rate_hertz or NATURAL_RATE, 8_000, 48_000)
    text, ssml = _text(request, sentence_bytes)
    return EspeakRequest(
        text=text,
        language=language,
        gender=gender,
        rate=config.sample_rate_hertz or NATURAL_RATE,
        speed=config.speaking_rate or 1.0,
        pitch=config.pitch,
        gain=config.volume_gain_db,
        ssml=ssml,
    )


def _refuse_missing_features(request: SynthesizeSpeechRequest) -> None:
    features = {
        "input.multi_speaker_markup": request.input.multi_speaker_markup,
        "input.prompt": request.input.prompt,
        "input.custom_pronunciations": request.input.custom_pronunciations,
        "voice.custom_voice": request.voice.custom_voice,
        "voice.voice_clone": request.voice.voice_clone,
        "voice.model_name": request.voice.model_name,
        "voice.multi_speaker_voice_config": request.voice.multi_speaker_voice_config,
        "advanced_voice_options": request.advanced_voice_options,
        "enable_time_pointing": request.enable_time_pointing,
    }
    for name, value in features.items():
        if value:
            raise GoogleError("UNIMPLEMENTED", f"This simulator does not have `{name}`.")


def _text(request: SynthesizeSpeechRequest, sentence_bytes: int | None) -> tuple[str, bool]:
    """Return the text to speak, and whether it is SSML."""
    given = request.input
    if sum(each is not None for each in (given.text, given.markup, given.ssml)) != 1:
        raise _invalid("Exactly one of `input.text`, `input.markup` and `input.ssml` must be set.")
    text = given.source()
    if not text.strip():
        raise _invalid("`input.text` or `input.ssml` must not be empty.")
    if len(text.encode()) > MOST_BYTES:
        raise _invalid(
            f"Either `input.text` or `input.ssml` is longer than the limit of {MOST_BYTES} bytes. "
            "This limit is different from quotas. To fix, reduce the byte length of the characters "
            "in this request, or consider using the Long Audio API."
        )
    if given.ssml is not None:
        for passage in _ssml_passages(text):
            check_sentences(passage, sentence_bytes)
        return text, True
    check_sentences(text, sentence_bytes)
    if given.markup is None:
        return text, False
    if "Chirp3-HD" not in request.voice.name:
        raise _invalid("`input.markup` is only supported for Chirp 3: HD voices.")
    return _markup_to_ssml(text), True


def _markup_to_ssml(markup: str) -> str:
    ssml = escape(markup)
    for tag, duration in PAUSES.items():
        ssml = ssml.replace(tag, f"<break time='{duration}'/>")
    return f"<speak>{ssml}</speak>"


def _ssml_passages(ssml: str) -> list[str]:
    """Return the texts between the tags. Raises GoogleError for SSML that is not valid."""
    try:
        root = ET.fromstring(ssml)  # noqa: S314 - of a developer, on their own machine, 5 kB
    except ET.ParseError:
        root = None
    if root is None or root.tag.rpartition("}")[2] != "speak":
        raise _invalid("Invalid SSML. Newer voices like Neural2 require valid SSML.")
    return list(root.itertext())


def _voice(params: VoiceSelectionParams) -> tuple[str, Gender]:
    """Return the language code, a key of `VOICES`, and the gender of the voice.

    Where no voice speaks the region, one of another region does, as with Google: its documents of
    `VoiceSelectionParams.language_code`.
    """
    if not params.language_code:
        raise _invalid("`voice.language_code` must be set.")
    wanted = params.language_code.lower().replace("zh", "cmn", 1)
    codes = [c for c in VOICES if c.lower() == wanted or c.lower().startswith(f"{wanted}-")]
    if not params.name:
        language = wanted.partition("-")[0]
        codes = codes or [c for c in VOICES if c.partition("-")[0] == language]
        if not codes:
            raise _invalid(f"No voice speaks the language {params.language_code!r}.")
        return codes[0], "MALE" if params.ssml_gender == "MALE" else "FEMALE"
    if params.name not in KNOWN:
        raise _invalid(f"Voice {params.name!r} does not exist. Is it misspelled?")
    code, gender = KNOWN[params.name]
    if code not in codes:
        raise _invalid(
            f"Requested language code {params.language_code!r} doesn't match the voice "
            f"{params.name!r}'s language code {code!r}. Either supply a different language code or "
            "choose a different voice."
        )
    return code, gender


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise _invalid(f"`audio_config.{name}` must be between {least} and {most}, not {value}.")


def _invalid(message: str) -> GoogleError:
    return GoogleError("INVALID_ARGUMENT", message)
