import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from infra.local.simulators.espeak import EspeakRequest, synthesize
from infra.local.simulators.google_api import PerMinute

SENTENCE_BYTES = 900
"""Default limit of one sentence.

Google publishes no figure. It has refused 316 bytes of Spanish (google-cloud-node #4074) and a longer
sentence in Hindi (wavenet-for-chrome #106), and has spoken longer ones in English.
"""


@dataclass
class SpeechSimulator:
    """State and settings of the simulator. Settings may be changed while it runs."""

    requests_a_minute: int | None = None
    """Limit of requests. Google's is 1,000, and 200 for Chirp 3 HD voices. None: no limit."""
    sentence_bytes: int | None = SENTENCE_BYTES
    """Most bytes of one sentence. A longer one is refused, as Google refuses it. None: no limit."""
    latency_seconds: float = 0.0
    """Delay of each answer, in addition to the synthesis."""
    synthesize: Callable[[EspeakRequest], bytes] = synthesize
    """Returns PCM, 16 bit little-endian mono. It is called in a thread."""
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    requests: int = 0
    """Requests that were answered with audio."""
    characters: int = 0
    """Billed characters: those of the text, markup or SSML of these requests."""
    quota: PerMinute = field(default_factory=lambda: PerMinute("All requests"))
