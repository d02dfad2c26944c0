"""google-cloud-speech against the simulator of Speech-to-Text, over REST."""

# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call,attr-defined"

import asyncio
import io
import wave

from google.auth.credentials import AnonymousCredentials
from google.cloud import speech_v2 as speech
from google.cloud.speech_v2.services.speech.transports.rest import SpeechRestTransport
from google.oauth2.credentials import Credentials

from tests.clients.report import ClientAddresses, NotRun, Report, check, refused

RATE = 16_000


def connect(address: ClientAddresses, credentials: object) -> speech.SpeechClient:
    host = f"{address.url.partition('://')[2]}/simulators/google-recognition"
    transport = SpeechRestTransport(host=host, credentials=credentials, url_scheme="http")
    return speech.SpeechClient(transport=transport)


def wav(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(bytes(int(RATE * seconds) * 2))
    return file.getvalue()


def recognize(
    client: speech.SpeechClient, recognizer: str, content: bytes, **config: object
) -> speech.RecognizeResponse:
    asked = {
        "auto_decoding_config": speech.AutoDetectDecodingConfig(),
        "language_codes": ["en-US"],
        "model": "short",
        **config,
    }
    request = speech.RecognizeRequest(
        recognizer=recognizer, config=speech.RecognitionConfig(asked), content=content
    )
    return client.recognize(request=request)


async def main() -> None:
    address = ClientAddresses.from_arguments()
    report = Report("google-cloud-speech REST")
    client = connect(address, Credentials(token="local"))
    recognizer = f"projects/{address.project}/locations/global/recognizers/_"

    with report.call("recognize"):
        answer = recognize(client, recognizer, wav(2.0))
        [result] = answer.results
        check(result.alternatives[0].transcript == "What time is it?", result)
        check(0 < result.alternatives[0].confidence <= 1, result)
        check(result.language_code == "en-us", result)
        check(answer.metadata.total_billed_duration.total_seconds() >= 1, answer.metadata)
    with report.call("explicit LINEAR16"):
        encoding = speech.ExplicitDecodingConfig.AudioEncoding.LINEAR16
        explicit = speech.ExplicitDecodingConfig(
            encoding=encoding, sample_rate_hertz=RATE, audio_channel_count=1
        )
        answer = recognize(
            client,
            recognizer,
            bytes(RATE * 4),
            auto_decoding_config=None,
            explicit_decoding_config=explicit,
        )
        check(answer.results)
    with report.call("a language that Google does not have is refused"), refused("BadRequest"):
        recognize(client, recognizer, wav(1.0), language_codes=["tlh"])
    with report.call("a model that Google does not have is refused"), refused("BadRequest"):
        recognize(client, recognizer, wav(1.0), model="best")
    with report.call("a request without a recording is refused"), refused("BadRequest"):
        recognize(client, recognizer, b"")
    with report.call("a stored recognizer is not there"), refused("NotFound"):
        recognize(client, recognizer.replace("/_", "/mine"), wav(1.0))
    with report.call("anonymous caller is refused"), refused("Anonymous credentials"):
        recognize(connect(address, AnonymousCredentials()), recognizer, wav(1.0))
    with report.call("asynchronous client"):
        raise NotRun("it speaks gRPC only; the stack serves recognition over REST")


if __name__ == "__main__":
    asyncio.run(main())
