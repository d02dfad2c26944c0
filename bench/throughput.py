"""Text and speech through one process, with 1 and with 200 users at once.

    make bench ARGS=throughput

The measured process is the function `chat` as it is deployed (functions-framework, gunicorn, one
uvicorn worker), with its real adapters and a SQLite store. Its services and its callers are in this
process, on the other core (`simulated_services.py`, `talkers.py`)."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
import uvloop

from bench.served import ROOT, ServedFunction, serve_function
from bench.simulated_services import (
    ChatCaller,
    SimulatedReply,
    SimulatedServices,
    SimulatedVoice,
    request,
    run_services,
)
from bench.table import Row, middle
from bench.talkers import Talker, start_talkers
from common.settings import Settings
from infra.local.emulators.google_cloud import google_cloud, provide
from infra.local.identity import LocalIdentity
from infra.local.simulators.all import Simulators

MANY = 200
TOKEN_SECONDS = 0.025
TEXT = [" quick"] * 60
SENTENCE = ["Here", " is", " what", " I", " found", " out", " for", " you", " today", "."]
TALK = [*SENTENCE, *([" And", *SENTENCE[1:]] * 5)]
MANDARIN_SENTENCE = "今天的天气非常好，我们可以一起去公园散步，然后喝一杯热茶。"
MANDARIN = (MANDARIN_SENTENCE * 140)[:4_000]
SPEECH_SECONDS, SPEECH_PACE = 3.0, 120.0
"""Each answer of the voice has at least so many seconds of audio, for so many bytes of text a second.
A person speaks about 14: the voice is eight times as fast, so that a run ends in time."""
TALK_SECONDS = 12.0
"""Time over which the starts of the turns are spread. A turn takes about as long, so all of them
run at the same time, at different places."""
MANDARIN_SECONDS = 110.0
"""The same for the replies in Mandarin: 2,000 tokens of two characters, one every 25 ms, and 100 s of
speech."""
RUN_SECONDS = 300.0
"""Time-out of a run. Without it, a turn that never began would block the run."""
TEXT_BAR, LAG_BAR, MEMORY_BAR = 2.0, 50.0, 250.0


@dataclass(frozen=True)
class SpokenReply:
    """Tokens of a reply. `first` is the index of the token that ends the first sentence."""

    tokens: Sequence[str]
    first: int


ENGLISH_REPLY = SpokenReply(TALK, len(SENTENCE) - 1)
MANDARIN_REPLY = SpokenReply(
    [MANDARIN[at : at + 2] for at in range(0, len(MANDARIN), 2)], len(MANDARIN_SENTENCE) // 2
)


@dataclass(frozen=True)
class ThroughputSetup:
    """The measured function, its services and its users."""

    services: SimulatedServices
    function: ServedFunction
    talkers: Sequence[Talker]
    numbers: "count[int]"

    async def text(self, streams: int) -> list[float]:
        """Return the milliseconds from the agent to the caller, for each token."""
        agent = self.services.agent
        agent.gate.clear()
        agent.waiting = 0
        turns = [(t, SimulatedReply(TEXT, TOKEN_SECONDS)) for t in self.talkers[:streams]]
        callers = [await self._ask(talker, reply, speak=False) for talker, reply in turns]
        while agent.waiting < streams:  # noqa: ASYNC110 - polling: no measurement runs yet
            await asyncio.sleep(0.01)
        await asyncio.sleep(2.0)  # until the work that the admission left is done
        agent.gate.set()
        await _all_done(callers)
        return [
            1_000 * (came - sent)
            for caller, (_, reply) in zip(callers, turns, strict=True)
            for sent, came in zip(reply.sent, caller.times, strict=True)
        ]

    async def talk(
        self, sessions: int, over: float, spoken: SpokenReply = ENGLISH_REPLY
    ) -> tuple[list[float], int]:
        """Return the milliseconds from the end of each first sentence to its first audio.

        The second value is the number of lost turns. The starts are spread evenly over `over`
        seconds."""
        self.services.agent.gate.set()
        self.services.avatars.first.clear()
        turns = [(t, SimulatedReply(spoken.tokens, TOKEN_SECONDS)) for t in self.talkers[:sessions]]
        began, callers = time.perf_counter(), []
        for number, (talker, reply) in enumerate(turns):
            await asyncio.sleep(began + number * over / sessions - time.perf_counter())
            callers.append(await self._ask(talker, reply, speak=True))
        ends = await asyncio.gather(*(caller.done for caller in callers))
        first = self.services.avatars.first
        lags = [
            1_000 * (first[talker.session] - reply.sent[spoken.first])
            for talker, reply in turns
            if talker.session in first
        ]
        whole = sum('"ended":"complete"' in end for end in ends)
        return lags, sessions - min(whole, len(lags))

    async def _ask(self, talker: Talker, reply: SimulatedReply, *, speak: bool) -> ChatCaller:
        message = f"{next(self.numbers)}"
        self.services.agent.replies[message] = reply
        body = {"message": message, "conversation_id": talker.conversation, "speak": speak}
        message_bytes = request(talker.token, body, self.function.port)
        _, caller = await asyncio.get_running_loop().create_connection(
            lambda: ChatCaller(message_bytes), "127.0.0.1", self.function.port
        )
        return caller


async def _all_done(callers: Sequence[ChatCaller]) -> None:
    for caller in callers:
        end = await caller.done
        if '"ended":"complete"' not in end:
            raise RuntimeError(f"a turn was lost: {end[-500:]}")


@asynccontextmanager
async def run_function() -> AsyncIterator[ThroughputSetup]:
    """Run the function and its services, with `MANY` users."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            run_services(SimulatedVoice(SPEECH_SECONDS, SPEECH_PACE)) as services,
            httpx.AsyncClient() as http,
        ):
            settings = _settings(Path(folder), services)
            identity = LocalIdentity(Path(folder), settings.project)
            async with google_cloud(Path(folder), http, identity, Simulators()) as google:
                here = settings.model_copy(update={"secret_manager_address": google.address})
                await provide(google, here, "key")
                users = await start_talkers(here, services.ws, identity, MANY)
                source = ROOT / "functions" / "chat" / "main.py"
                environment = _environment(here, identity.certificates_file)
                with serve_function(source, "chat", environment) as function:
                    setup = ThroughputSetup(services, function, users, count())
                    await setup.talk(20, 1.0)  # loads what is loaded at the first use
                    yield setup


def _settings(folder: Path, services: SimulatedServices) -> Settings:
    engine = "projects/oprina-local/locations/us-central1/reasoningEngines/1"
    return Settings(
        store="sqlite",
        data_dir=str(folder),
        admitted=("*",),
        agent_engine_url=f"{services.http}/v1/{engine}",
        speech_url=services.http,
        max_session_seconds=1_200,
        idle_seconds=1_200,
        allowance_agent_tokens=10_000_000,
        allowance_voice_characters=10_000_000,
    )


def _environment(settings: Settings, certificates: Path) -> dict[str, str]:
    names = (settings.model_fields_set | {"secret_manager_address"}) - {"admitted"}
    variables = {f"OPRINA_{name.upper()}": str(getattr(settings, name)) for name in names}
    return variables | {"OPRINA_ADMITTED": "*", "OPRINA_CERTIFICATES": str(certificates)}


@dataclass(frozen=True)
class ThroughputRun:
    """Milliseconds of one run.

    `text_1`, `text_many` and `speech_1` are medians. `speech_many` is the 95th percentile with 200
    users, less `speech_1`."""

    text_1: float
    text_many: float
    speech_1: float
    speech_many: float
    lost: int


async def _run(setup: ThroughputSetup) -> ThroughputRun:
    one, many = await setup.text(1), await setup.text(MANY)
    alone = [lag for _ in range(3) for lag in (await setup.talk(1, 0.0))[0]]
    lags, lost = await setup.talk(MANY, TALK_SECONDS)
    base = statistics.median(alone)
    late = statistics.quantiles(lags, n=20)[-1] - base
    return ThroughputRun(statistics.median(one), statistics.median(many), base, late, lost)


async def _runs(runs: int) -> tuple[list[ThroughputRun], list[float], int, float]:
    """Measure the runs, then the replies in Mandarin once, then the peak memory in MB."""
    async with run_function() as setup:
        found = [await asyncio.wait_for(_run(setup), RUN_SECONDS) for _ in range(runs)]
        lags, lost = await asyncio.wait_for(
            setup.talk(MANY, MANDARIN_SECONDS, MANDARIN_REPLY), RUN_SECONDS
        )
        return found, lags, lost, setup.function.megabytes()


def measure(runs: int) -> list[Row]:
    found, mandarin_lags, mandarin_lost, megabytes = uvloop.run(_runs(runs))
    lost = sum(run.lost for run in found)
    text = "From the agent's sending of a token to its arrival at the caller; tokens every 25 ms."
    speech = f"{MANY} turns, whose starts are spread over {TALK_SECONDS:g} s, the length of a turn."
    mandarin = f"{MANY} turns, whose starts are spread over {MANDARIN_SECONDS:g} s. One run."
    late = statistics.quantiles(mandarin_lags, n=20)[-1]
    alone = statistics.median(run.speech_1 for run in found)
    return [
        _row("text, 1 stream", "ms", [run.text_1 for run in found], TEXT_BAR, text),
        _row(f"text, {MANY} streams", "ms", [run.text_many for run in found], TEXT_BAR, text),
        _row(
            f"first speech of {MANY} talking, 95th percentile, beyond that of 1",
            "ms",
            [run.speech_many for run in found],
            LAG_BAR,
            speech,
        ),
        _row(
            f"first speech of {MANY} talking, 4,000 characters of Mandarin, the same",
            "ms",
            [late - alone],
            LAG_BAR,
            mandarin,
        ),
        _row("memory, peak", "MB", [megabytes], MEMORY_BAR, "After all of these, in one process."),
        _row("turns lost", "turns", [lost + mandarin_lost], 0, speech),
    ]


def _row(figure: str, unit: str, values: Sequence[float], bar: float, how: str) -> Row:
    median, spread = middle(values)
    return Row(
        f"throughput: {figure}", median, unit, {}, spread, f"at most {bar:g}", median <= bar, how
    )
