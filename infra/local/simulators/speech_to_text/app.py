"""The simulator's route: `recognize` of the implicit recognizer. The recognition is real, offline."""

import math
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from infra.local.recogniser.recogniser import NoRecogniserError, Recognition, UndecodableError
from infra.local.simulators.google_api import ERRORS, Bearer, GoogleError, json_body
from infra.local.simulators.speech_to_text.requests import MOST_SECONDS, parse_recognize
from infra.local.simulators.speech_to_text.state import SCRIPTED, RecognitionSimulator

UNAUTHENTICATED = GoogleError(
    "UNAUTHENTICATED",
    "Request is missing required authentication credential. Expected OAuth 2 access token, login "
    "cookie or other valid authentication credential.",
)


def speech_to_text_app(simulator: RecognitionSimulator) -> Bearer:
    """Return the app to mount in place of `https://speech.googleapis.com`."""
    path = "/v2/projects/{project}/locations/{location}/recognizers/{recognizer}:recognize"
    app = Starlette(
        routes=[Route(path, recognize, methods=["POST"])],
        exception_handlers=ERRORS,
    )
    app.state.simulator = simulator
    return Bearer(app, UNAUTHENTICATED)


async def recognize(request: Request) -> JSONResponse:
    simulator = request.app.state.simulator
    assert isinstance(simulator, RecognitionSimulator)  # noqa: S101 - narrows what Starlette keeps as Any
    simulator.quota.take(simulator.requests_a_minute, simulator.now())
    names = request.path_params
    asked = parse_recognize(await json_body(request), names["location"], names["recognizer"])
    await simulator.sleep(simulator.latency_seconds)
    try:
        heard = await simulator.recognise(asked.file)
    except UndecodableError:
        message = "Audio data does not appear to be in a supported encoding."
        raise GoogleError("INVALID_ARGUMENT", message) from None
    except (NoRecogniserError, TimeoutError):
        raise GoogleError(
            "UNAVAILABLE",
            "The recogniser is not installed, or is being installed: make .venv-recogniser/installed",
        ) from None
    if heard.seconds > MOST_SECONDS:
        raise GoogleError("INVALID_ARGUMENT", "Audio can be of a maximum of 60 seconds.")
    simulator.requests += 1
    simulator.seconds += math.ceil(heard.seconds)
    return JSONResponse(_answer(heard, asked.languages, confident=simulator.gives_confidence))


def _answer(heard: Recognition, languages: tuple[str, ...], *, confident: bool) -> dict[str, Any]:
    """Return Google's answer. Without speech it has no results."""
    metadata = {
        "requestId": uuid4().hex,
        "totalBilledDuration": f"{math.ceil(heard.seconds)}s",
    }
    if not heard.text:
        return {"metadata": metadata}
    language = next((each for each in languages if each.startswith("en-")), languages[0])
    alternative: dict[str, Any] = {
        "transcript": SCRIPTED.get(language.partition("-")[0], heard.text)
    }
    if confident:
        alternative["confidence"] = heard.confidence
    result = {
        "alternatives": [alternative],
        "resultEndOffset": f"{heard.seconds:.3f}s",
        "languageCode": language.lower(),
    }
    return {"results": [result], "metadata": metadata}
