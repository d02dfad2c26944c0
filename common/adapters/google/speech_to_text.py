"""Google Cloud Speech-to-Text v2 over REST: `recognize`, for recordings of at most 60 seconds.

The decoding is always given explicitly. Automatic detection has refused WebM files that browsers
recorded ("Audio data does not appear to be in a supported encoding").
"""

import base64
from collections.abc import Sequence
from typing import Any

from common.adapters.http.client import HttpClient
from common.adapters.http.request import (
    MB,
    RETRY_BILLED,
    Auth,
    HttpAnswer,
    OutboundRequest,
    refusal,
)
from common.domain import deadlines, errors
from common.ports.voice import Recording, Transcript

SERVICE = "speech"
ADDRESS = "https://speech.googleapis.com"
REGIONAL = "https://{location}-speech.googleapis.com"
GLOBAL = "global"
UNSUPPORTED = b"is not supported by the model"
ENCODINGS = {"pcm": "LINEAR16", "webm": "WEBM_OPUS"}


class GoogleRecognition:
    """Google Cloud Speech-to-Text with the implicit recognizer of a project.

    `location` is `global` or a region: a model may be in some of them only. `base_url` replaces
    Google's address by a simulator's.
    """

    def __init__(
        self,
        auth: Auth,
        http_client: HttpClient,
        *,
        project: str,
        location: str,
        model: str,
        base_url: str | None = None,
    ) -> None:
        regional = ADDRESS if location == GLOBAL else REGIONAL.format(location=location)
        root = f"{(base_url or regional).rstrip('/')}/v2"
        self._url = f"{root}/projects/{project}/locations/{location}/recognizers/_:recognize"
        self._model = model
        self._auth = auth
        self._http_client = http_client

    async def recognize(self, recording: Recording, languages: Sequence[str]) -> Transcript:
        """Return the words of a recording. A refused request is billed nothing."""
        body = {
            "config": {
                "explicitDecodingConfig": {
                    "encoding": ENCODINGS[recording.kind],
                    "sampleRateHertz": recording.rate,
                    "audioChannelCount": recording.channels,
                },
                "model": self._model,
                "languageCodes": list(languages),
                "features": {"enableAutomaticPunctuation": True},
            },
            "content": base64.b64encode(recording.sound).decode(),
        }
        request = OutboundRequest(
            SERVICE, "POST", self._url, auth=self._auth, body=body, changes=False
        )
        answer = await self._http_client.call(
            request, deadline=deadlines.RECOGNITION, cap=2 * MB, retry=RETRY_BILLED
        )
        if not answer.ok:
            raise _language_refusal(answer) or refusal(request, answer)
        return transcript(answer.json(), languages[0])


def _language_refusal(answer: HttpAnswer) -> errors.Invalid | None:
    """Return the refusal of a language that the model does not have. Google names it in words only."""
    if answer.status == 400 and UNSUPPORTED in answer.body:  # noqa: PLR2004 - invalid argument
        problem = "is not supported by speech recognition"
        return errors.Invalid("Unsupported language.", fields=[("language", problem)])
    return None


def transcript(answer: Any, language: str) -> Transcript:  # noqa: ANN401 - any JSON value
    """Read Google's answer and join its results.

    The confidence is their mean by length; None if one of them has none. Raises Failed for
    an answer of another shape.
    """
    try:
        results = [result for result in answer.get("results", []) if result.get("alternatives")]
        best = [result["alternatives"][0] for result in results]
        texts = [_text(each.get("transcript", "")).strip() for each in best]
        sure = [_number(each.get("confidence")) for each in best]
        languages = [_text(result.get("languageCode", "")) or language for result in results]
    except (AttributeError, IndexError, KeyError, TypeError):
        raise errors.Failed(SERVICE, "its answer is not a transcript") from None
    text = " ".join(text for text in texts if text)
    heard = [(len(words), value) for words, value in zip(texts, sure, strict=True) if words]
    confidence = None
    if heard and all(0 < value <= 1 for _, value in heard):
        confidence = sum(size * value for size, value in heard) / sum(size for size, _ in heard)
    return Transcript(text, confidence, languages[0] if languages else language)


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a text. Raises TypeError: a null would be heard as the word "None"."""
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: Any) -> float:  # noqa: ANN401 - any JSON value
    """Return a confidence, 0 if there is none. Raises TypeError."""
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)
