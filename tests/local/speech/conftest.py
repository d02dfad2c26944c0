from collections.abc import AsyncIterator

import httpx
import pytest

from infra.local.simulators.google_speech import SpeechSimulator, google_speech_app
from tests.local.speech.speech_requests import LOCAL


@pytest.fixture
def simulator() -> SpeechSimulator:
    return SpeechSimulator()


@pytest.fixture
async def client(simulator: SpeechSimulator) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(google_speech_app(simulator))
    async with httpx.AsyncClient(transport=transport, base_url="http://s", headers=LOCAL) as client:
        yield client
