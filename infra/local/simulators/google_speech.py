"""Google Cloud Text-to-Speech on one's own machine: `text:synthesize` and `voices`, real speech."""

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from xml.etree import ElementTree as ET

import anyio.to_thread
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from infra.local.simulators.agent_engine.google_api import (
    ERRORS,
    GoogleError,
    PerMinute,
    json_body,
)
from infra.local.simulators.espeak import KNOWN, VOICES, Gender, Utterance, synthesize, wav

MOST_BYTES = 5_000
NATURAL_RATE = 24_000
NO_CALLER = GoogleError(
    "PERMISSION_DENIED",
    "Method doesn't allow unregistered callers (callers without established identity). Please use "
    "API Key or other form of API consumer identity to call this API.",
)
NOT_MADE_HERE = ("MP3", "MP3_64_KBPS", "OGG_OPUS", "MULAW", "ALAW", "M4A")
"""Encodings that Google has and this simulator does not."""


@dataclass
class SpeechSimulator:
    """All that the simulator knows and can be told. Settings may be changed while it runs."""

    requests_a_minute: int | None = None
    """Google's own figure is 1,000 in all, and 100 to 200 for Chirp 3 HD voices. None: no limit."""
    latency_seconds: float = 0.0
    """Between a request and its answer, beside what the synthesis itself takes."""
    synthesize: Callable[[Utterance], bytes] = synthesize
    """PCM, 16 bit little-endian mono. Called in a thread."""
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    requests: int = 0
    """Answered with audio."""
    characters: int = 0
    """As Google bills them: of the text or the SSML of each of these requests."""
    quota: PerMinute = field(default_factory=lambda: PerMinute("All requests"))


class Wire(BaseModel):
    """protobuf's JSON: camelCase or snake_case, and no name that is not known."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class SynthesisInput(Wire):
    text: str | None = None
    ssml: str | None = None


class VoiceSelectionParams(Wire):
    language_code: str = ""
    name: str = ""
    ssml_gender: Literal["SSML_VOICE_GENDER_UNSPECIFIED", "MALE", "FEMALE", "NEUTRAL"] = (
        "SSML_VOICE_GENDER_UNSPECIFIED"
    )


class AudioConfig(Wire):
    audio_encoding: str = "AUDIO_ENCODING_UNSPECIFIED"
    speaking_rate: float = 0.0
    pitch: float = 0.0
    volume_gain_db: float = 0.0
    sample_rate_hertz: int = 0
    effects_profile_id: list[str] = []


class SynthesizeSpeechRequest(Wire):
    input: SynthesisInput
    voice: VoiceSelectionParams
    audio_config: AudioConfig


def google_speech_app(world: SpeechSimulator) -> Starlette:
    """To be mounted where `https://texttospeech.googleapis.com` would stand."""
    routes = [
        Route("/text:synthesize", text_synthesize, methods=["POST"]),
        Route("/voices", list_voices, methods=["GET"]),
    ]
    app = Starlette(
        routes=[Mount(f"/{version}", routes=routes) for version in ("v1", "v1beta1")],
        exception_handlers=ERRORS,
    )
    app.state.world = world
    return app


def _world(request: Request) -> SpeechSimulator:
    """The world, for a caller whom Google would know; raises GoogleError for any other."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    key = request.headers.get("x-goog-api-key") or request.query_params.get("key")
    if not key and not (scheme.lower() == "bearer" and token.strip()):
        raise NO_CALLER
    world = request.app.state.world
    assert isinstance(world, SpeechSimulator)  # noqa: S101 - narrows what Starlette keeps as Any
    return world


async def list_voices(request: Request) -> JSONResponse:
    _world(request)
    wanted = request.query_params.get("languageCode", "").lower()
    voices = [
        {
            "languageCodes": [code],
            "name": name,
            "ssmlGender": gender,
            "naturalSampleRateHertz": NATURAL_RATE,
        }
        for name, (code, gender) in KNOWN.items()
        if not wanted or code.lower() == wanted or code.lower().startswith(f"{wanted}-")
    ]
    return JSONResponse({"voices": voices} if voices else {})


async def text_synthesize(request: Request) -> JSONResponse:
    world = _world(request)
    world.quota.take(world.requests_a_minute, world.now())
    asked = _parse(await json_body(request))
    utterance = _utterance(asked)
    await world.sleep(world.latency_seconds)
    pcm = await anyio.to_thread.run_sync(world.synthesize, utterance)
    world.requests += 1
    world.characters += len(utterance.text)
    whole = pcm if asked.audio_config.audio_encoding == "PCM" else wav(pcm, utterance.rate)
    return JSONResponse({"audioContent": base64.b64encode(whole).decode()})


def _parse(body: dict[str, Any]) -> SynthesizeSpeechRequest:
    try:
        return SynthesizeSpeechRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        *parents, name = [str(part) for part in first["loc"]]
        at = f"at '{'.'.join(parents)}': " if parents else ""
        what = "Cannot find field." if first["type"] == "extra_forbidden" else first["msg"]
        message = f'Invalid JSON payload received. "{name}" {at}{what}'
        raise GoogleError("INVALID_ARGUMENT", message) from None


def _utterance(asked: SynthesizeSpeechRequest) -> Utterance:
    language, gender = _voice(asked.voice)
    config = asked.audio_config
    _check_encoding(config.audio_encoding)
    _check_range("speaking_rate", config.speaking_rate or 1.0, 0.25, 2.0)
    _check_range("pitch", config.pitch, -20, 20)
    _check_range("volume_gain_db", config.volume_gain_db, -96, 16)
    _check_range("sample_rate_hertz", config.sample_rate_hertz or NATURAL_RATE, 8_000, 48_000)
    return Utterance(
        text=_text(asked.input),
        language=language,
        gender=gender,
        rate=config.sample_rate_hertz or NATURAL_RATE,
        speed=config.speaking_rate or 1.0,
        pitch=config.pitch,
        gain=config.volume_gain_db,
        ssml=asked.input.ssml is not None,
    )


def _text(asked: SynthesisInput) -> str:
    if (asked.text is None) == (asked.ssml is None):
        raise _invalid("Exactly one of `input.text` and `input.ssml` must be set.")
    text = asked.text or asked.ssml or ""
    if not text.strip():
        raise _invalid("`input.text` or `input.ssml` must not be empty.")
    if len(text.encode()) > MOST_BYTES:
        raise _invalid(
            f"Either `input.text` or `input.ssml` is longer than the limit of {MOST_BYTES} bytes. "
            "This limit is different from quotas. To fix, reduce the byte length of the characters "
            "in this request, or consider using the Long Audio API."
        )
    if asked.ssml is not None:
        _check_ssml(text)
    return text


def _check_ssml(ssml: str) -> None:
    try:
        root = ET.fromstring(ssml)  # noqa: S314 - of a developer, to their own machine, 5 kB
    except ET.ParseError:
        root = None
    if root is None or root.tag.rpartition("}")[2] != "speak":
        raise _invalid("Invalid SSML. Newer voices like Neural2 require valid SSML.")


def _voice(asked: VoiceSelectionParams) -> tuple[str, Gender]:
    """(one of our language codes, gender) of the voice that was asked for."""
    if not asked.language_code:
        raise _invalid("`voice.language_code` must be set.")
    wanted = asked.language_code.lower().replace("zh", "cmn", 1)
    codes = [c for c in VOICES if c.lower() == wanted or c.lower().startswith(f"{wanted}-")]
    if not asked.name:
        if not codes:
            raise _invalid(f"No voice speaks the language {asked.language_code!r}.")
        return codes[0], "MALE" if asked.ssml_gender == "MALE" else "FEMALE"
    if asked.name not in KNOWN:
        raise _invalid(f"Voice {asked.name!r} does not exist. Is it misspelled?")
    code, gender = KNOWN[asked.name]
    if code not in codes:
        raise _invalid(
            f"Requested language code {asked.language_code!r} doesn't match the voice "
            f"{asked.name!r}'s language code {code!r}. Either supply a different language code or "
            "choose a different voice."
        )
    return code, gender


def _check_encoding(name: str) -> None:
    if name in NOT_MADE_HERE:
        raise GoogleError("UNIMPLEMENTED", f"This simulator makes LINEAR16 and PCM, not {name}.")
    if name not in {"LINEAR16", "PCM"}:
        raise _invalid(f"Invalid value at 'audio_config.audio_encoding', {name!r}.")


def _check_range(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise _invalid(f"`audio_config.{name}` must be between {least} and {most}, not {value}.")


def _invalid(message: str) -> GoogleError:
    return GoogleError("INVALID_ARGUMENT", message)
