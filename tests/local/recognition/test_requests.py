"""The simulator of Speech-to-Text offers no more than Google does, and refuses in its words."""

import base64
from typing import Any

import httpx
import pytest

from infra.local.recogniser.recogniser import NoRecogniserError, Recognition, UndecodableError
from infra.local.simulators.speech_to_text import RecognitionSimulator
from tests.support.recordings import wav_file, webm_file

PATH = "/v2/projects/p/locations/global/recognizers/_:recognize"
PCM = {"encoding": "LINEAR16", "sampleRateHertz": 16_000, "audioChannelCount": 1}


def body(content: bytes = bytes(48_000), **config: Any) -> dict[str, Any]:
    default = {"explicitDecodingConfig": PCM, "model": "short", "languageCodes": ["en-US"]}
    found = {name: value for name, value in {**default, **config}.items() if value is not None}
    return {"config": found, "content": base64.b64encode(content).decode()}


async def test_an_answer_has_words_a_confidence_and_billed_seconds(
    simulator: RecognitionSimulator, client: httpx.AsyncClient
) -> None:
    answer = (await client.post(PATH, json=body())).json()
    (result,) = answer["results"]
    assert result == {
        "alternatives": [{"transcript": "What time is it?", "confidence": 0.8}],
        "resultEndOffset": "1.500s",
        "languageCode": "en-us",
    }
    assert answer["metadata"]["totalBilledDuration"] == "2s"
    assert (simulator.requests, simulator.seconds) == (1, 2)


async def test_a_model_may_give_no_confidence(
    simulator: RecognitionSimulator, client: httpx.AsyncClient
) -> None:
    simulator.gives_confidence = False
    answer = (await client.post(PATH, json=body())).json()
    assert answer["results"][0]["alternatives"] == [{"transcript": "What time is it?"}]


async def test_silence_has_no_results_and_is_billed(
    simulator: RecognitionSimulator, client: httpx.AsyncClient
) -> None:
    async def silence(_: bytes) -> Recognition:
        return Recognition(2.0, "", 0.0)

    simulator.recognise = silence
    answer = (await client.post(PATH, json=body())).json()
    assert "results" not in answer
    assert answer["metadata"]["totalBilledDuration"] == "2s"


async def test_other_languages_than_english_get_a_scripted_answer(
    client: httpx.AsyncClient,
) -> None:
    german = (await client.post(PATH, json=body(languageCodes=["de-DE"]))).json()
    both = (await client.post(PATH, json=body(languageCodes=["de-DE", "en-GB"]))).json()
    assert german["results"][0]["alternatives"][0]["transcript"] == "Wie spät ist es?"
    assert both["results"][0]["languageCode"] == "en-gb"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model": ""}, "Invalid 'model': field must be non-empty."),
        (
            {"model": "chirp_2"},
            'The model "chirp_2" does not exist in the location named "global".',
        ),
        ({"languageCodes": []}, "Invalid 'language_codes': field must be non-empty."),
        ({"languageCodes": ["en-US", "de-DE", "fr-FR", "es-ES"]}, "at most 3"),
        ({"languageCodes": ["en"]}, 'The language "en" is not supported by the model "short"'),
        ({"explicitDecodingConfig": None}, "Exactly one"),
        ({"autoDecodingConfig": {}}, "Exactly one"),
        ({"explicitDecodingConfig": None, "autoDecodingConfig": {}}, "supported encoding"),
        ({"explicitDecodingConfig": {"encoding": "LINEAR16"}}, "sample rate hertz value: 0"),
        ({"explicitDecodingConfig": {**PCM, "audioChannelCount": 0}}, "channel count: 0"),
        ({"explicitDecodingConfig": {**PCM, "encoding": "SPEEX"}}, "Invalid audio encoding"),
        ({"explicitDecodingConfig": {**PCM, "encoding": 99}}, "Invalid audio encoding"),
        ({"explicitDecodingConfig": {**PCM, "encoding": "WEBM_OPUS"}}, "supported encoding"),
        ({"mood": "kind"}, "Cannot find field"),
    ],
)
async def test_what_google_refuses_is_refused_in_its_words(
    simulator: RecognitionSimulator,
    client: httpx.AsyncClient,
    config: dict[str, Any],
    message: str,
) -> None:
    answer = await client.post(PATH, json=body(**config))
    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (400, "INVALID_ARGUMENT")
    assert message in error["message"]
    assert simulator.requests == 0


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"config": body()["config"]}, "must be supplied"),
        ({**body(), "content": "***"}, "Base64"),
        (body(b""), "Provided file is empty."),
        (body(bytes(10 * 1024 * 1024 + 1)), "exceeds the limit"),
    ],
)
async def test_wrong_content_is_refused(
    client: httpx.AsyncClient, sent: dict[str, Any], message: str
) -> None:
    answer = await client.post(PATH, json=sent)
    assert (answer.status_code, message in answer.text) == (400, True)


@pytest.mark.parametrize("encoding", ["MULAW", "MP3", 8])
async def test_an_encoding_of_google_that_is_missing_here_is_501(
    client: httpx.AsyncClient, encoding: str | int
) -> None:
    answer = await client.post(
        PATH, json=body(explicitDecodingConfig={**PCM, "encoding": encoding})
    )
    assert (answer.status_code, answer.json()["error"]["status"]) == (501, "UNIMPLEMENTED")


async def test_webm_and_wav_files_are_taken(client: httpx.AsyncClient) -> None:
    webm = {"encoding": 9, "sampleRateHertz": 48_000, "audioChannelCount": 1}
    sent = (
        body(webm_file(), explicitDecodingConfig=webm),
        body(wav_file(), explicitDecodingConfig=None, autoDecodingConfig={}),
    )
    assert [(await client.post(PATH, json=each)).status_code for each in sent] == [200, 200]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (PATH.replace("global", "us-central1"), 400),
        (PATH.replace("_:", "mine:"), 404),
        (PATH.replace(":recognize", ":batchRecognize"), 404),
    ],
)
async def test_other_recognizers_and_regions_are_refused(
    client: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await client.post(path, json=body())
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == status


async def test_a_caller_without_a_token_is_401(client: httpx.AsyncClient) -> None:
    client.headers.pop("Authorization")
    answer = await client.post(PATH, json=body())
    assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [(UndecodableError(), 400, "INVALID_ARGUMENT"), (NoRecogniserError(), 503, "UNAVAILABLE")],
)
async def test_a_recogniser_that_fails_is_googles_error(
    simulator: RecognitionSimulator,
    client: httpx.AsyncClient,
    error: Exception,
    status: int,
    name: str,
) -> None:
    async def fail(_: bytes) -> Recognition:
        raise error

    simulator.recognise = fail
    answer = await client.post(PATH, json=body())
    assert (answer.status_code, answer.json()["error"]["status"]) == (status, name)


async def test_more_than_a_minute_is_refused(
    simulator: RecognitionSimulator, client: httpx.AsyncClient
) -> None:
    async def long(_: bytes) -> Recognition:
        return Recognition(60.5, "Words.", 0.9)

    simulator.recognise = long
    answer = await client.post(PATH, json=body())
    assert "Audio can be of a maximum of 60 seconds." in answer.text


async def test_requests_over_the_quota_are_429(
    simulator: RecognitionSimulator, client: httpx.AsyncClient
) -> None:
    simulator.requests_a_minute = 1
    assert [(await client.post(PATH, json=body())).status_code for _ in range(2)] == [200, 429]
