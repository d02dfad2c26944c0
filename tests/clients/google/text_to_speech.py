"""google-cloud-texttospeech against the local stack, over REST."""

# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call,attr-defined"

import asyncio
import io
import wave

from google.auth.credentials import AnonymousCredentials
from google.cloud import texttospeech_v1 as tts
from google.cloud.texttospeech_v1.services.text_to_speech.transports.rest import (
    TextToSpeechRestTransport,
)
from google.oauth2.credentials import Credentials

from tests.clients.report import ClientAddresses, NotRun, Report, check, refused

VOICE = tts.VoiceSelectionParams(language_code="en-US", name="en-US-Chirp3-HD-Achernar")


def connect(address: ClientAddresses, credentials: object) -> tts.TextToSpeechClient:
    host = f"{address.url.partition('://')[2]}/simulators/google-speech"
    transport = TextToSpeechRestTransport(host=host, credentials=credentials, url_scheme="http")
    return tts.TextToSpeechClient(transport=transport)


def speak(client: tts.TextToSpeechClient, encoding: str, **source: str) -> bytes:
    audio: bytes = client.synthesize_speech(
        input=tts.SynthesisInput(**source),
        voice=VOICE,
        audio_config=tts.AudioConfig(audio_encoding=encoding, sample_rate_hertz=24_000),
    ).audio_content
    return audio


async def main() -> None:
    address = ClientAddresses.from_arguments()
    report = Report(f"texttospeech {tts.__version__} REST")
    client = connect(address, Credentials(token="local"))

    with report.call("list_voices"):
        voices = client.list_voices(language_code="de").voices
        check({code for voice in voices for code in voice.language_codes} == {"de-DE"})
    with report.call("synthesize LINEAR16"):
        audio = speak(client, "LINEAR16", text="Hello there.")
        with wave.open(io.BytesIO(audio)) as file:
            check((file.getframerate(), file.getnchannels()) == (24_000, 1))
            check(file.getnframes() > 12_000, file.getnframes())
    for encoding in ("PCM", "MULAW", "ALAW"):
        with report.call(f"synthesize {encoding}"):
            check(len(speak(client, encoding, text="Hello there.")) > 10_000)
    for encoding in ("MP3", "OGG_OPUS"):
        with report.call(f"synthesize {encoding}"):
            with refused("This simulator makes"):
                speak(client, encoding, text="Hello there.")
            raise NotRun("the simulator has no codec for it, and answers 501")
    with report.call("synthesize SSML and markup"):
        check(len(speak(client, "PCM", ssml="<speak>Hi <break time='1s'/> there</speak>")) > 40_000)
        check(len(speak(client, "PCM", markup="Hi [pause long] there")) > 40_000)
    with report.call("more than 5,000 bytes is refused"), refused("5000 bytes"):
        speak(client, "PCM", text="Hi. " * 1_300)
    with report.call("too long a sentence is refused"), refused("sentences that are too long"):
        speak(client, "PCM", text="word " * 500)
    with report.call("anonymous caller is refused"), refused("unregistered callers"):
        speak(connect(address, AnonymousCredentials()), "PCM", text="Hi.")
    with report.call("asynchronous client"):
        raise NotRun("it speaks gRPC only; the stack serves speech over REST")


if __name__ == "__main__":
    asyncio.run(main())
