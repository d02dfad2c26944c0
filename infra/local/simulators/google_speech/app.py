"""The simulator's routes: `text:synthesize` and `voices`. The speech is real."""

import base64

import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from infra.local.simulators.espeak import KNOWN
from infra.local.simulators.google_api import ERRORS, GoogleError, json_body
from infra.local.simulators.google_speech.encodings import encode
from infra.local.simulators.google_speech.requests import NATURAL_RATE, parse_request, to_espeak
from infra.local.simulators.google_speech.state import SpeechSimulator

NO_CALLER = GoogleError(
    "PERMISSION_DENIED",
    "Method doesn't allow unregistered callers (callers without established identity). Please use "
    "API Key or other form of API consumer identity to call this API.",
)


def google_speech_app(simulator: SpeechSimulator) -> Starlette:
    """Return the app to mount in place of `https://texttospeech.googleapis.com`."""
    routes = [
        Route("/text:synthesize", text_synthesize, methods=["POST"]),
        Route("/voices", list_voices, methods=["GET"]),
    ]
    app = Starlette(
        routes=[Mount(f"/{version}", routes=routes) for version in ("v1", "v1beta1")],
        exception_handlers=ERRORS,
    )
    app.state.simulator = simulator
    return app


def _admit(request: Request) -> SpeechSimulator:
    """Return the simulator. Raises GoogleError for a caller without a token and without a key."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    key = request.headers.get("x-goog-api-key") or request.query_params.get("key")
    if not key and not (scheme.lower() == "bearer" and token.strip()):
        raise NO_CALLER
    simulator = request.app.state.simulator
    assert isinstance(simulator, SpeechSimulator)  # noqa: S101 - narrows what Starlette keeps as Any
    return simulator


async def list_voices(request: Request) -> JSONResponse:
    _admit(request)
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
    simulator = _admit(request)
    simulator.quota.take(simulator.requests_a_minute, simulator.now())
    asked = parse_request(await json_body(request))
    speech = to_espeak(asked, simulator.sentence_bytes)
    await simulator.sleep(simulator.latency_seconds)
    pcm = await anyio.to_thread.run_sync(simulator.synthesize, speech)
    simulator.requests += 1
    simulator.characters += len(asked.input.source())
    audio = encode(pcm, speech.rate, asked.audio_config.audio_encoding)
    return JSONResponse({"audioContent": base64.b64encode(audio).decode()})
