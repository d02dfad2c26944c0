from collections.abc import AsyncIterator

import httpx
import pytest

from infra.local.recogniser.recogniser import Recogniser, Recognition
from infra.local.simulators.speech_to_text import RecognitionSimulator, speech_to_text_app
from tests.support.recogniser import require_recogniser

LOCAL = {"Authorization": "Bearer local"}


async def hear(_file: bytes) -> Recognition:
    """Hear the same words in every recording, without a recogniser."""
    return Recognition(1.5, "What time is it?", 0.8)


@pytest.fixture
def simulator() -> RecognitionSimulator:
    return RecognitionSimulator(recognise=hear)


@pytest.fixture
async def client(simulator: RecognitionSimulator) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(speech_to_text_app(simulator))
    async with httpx.AsyncClient(transport=transport, base_url="http://s", headers=LOCAL) as client:
        yield client


@pytest.fixture(scope="module")
async def recogniser() -> AsyncIterator[Recogniser]:
    """Yield one process for all tests: to load its weights takes seconds."""
    require_recogniser()
    found = Recogniser()
    yield found
    await found.close()
