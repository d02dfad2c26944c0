"""Text and talk through one process, at 1 and at 200 at once.

    python bench/throughput.py [--runs 5]

The process that is measured is the function `chat` as it is deployed (functions-framework, gunicorn,
one uvicorn worker), with its real adapters and a SQLite store. All that it calls and all that call
it are in this process, on the other core: raw sockets that cost little (stand_ins.py).
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import httpx
import uvloop

from bench.served import ROOT, Served, served
from bench.stand_ins import Caller, Reply, StandIns, request, stand_ins
from bench.table import Row, markdown, middle
from common.adapters.google.secret_manager import SecretManagerClient
from common.adapters.sqlite.store import SqliteStore
from common.adapters.vault.per_session import SecretVault
from common.bootstrap import SystemClock, new_id, pause
from common.domain.ids import AvatarSessionId, UserId
from common.domain.user import User
from common.ports.avatar import SessionToken, StartedSession
from common.ports.dependencies import Dependencies as Ports
from common.schemas.requests import StartAvatarRequest
from common.sessions.avatar_sessions import AvatarSessions
from common.settings import Settings
from common.transactions.idempotency import IdempotencyKey
from infra.local.emulators.google_cloud import google_cloud, provide
from infra.local.identity import LocalIdentity
from infra.local.simulators.all import Simulators

MANY = 200
TOKEN_SECONDS = 0.025
TEXT = [" quick"] * 60
SENTENCE = ["Here", " is", " what", " I", " found", " out", " for", " you", " today", "."]
TALK = [*SENTENCE, *([" And", *SENTENCE[1:]] * 5)]
ENDS = len(SENTENCE) - 1
"""The token that ends the first sentence."""
SPEECH_SECONDS = 3.0
"""Of sound in each answer of the voice."""
TALK_SECONDS = 12.0
"""Over which the starts of the talking sessions are spread: about as long as each takes, so that
all of them are under way at once, at different places."""
RUN_SECONDS = 180.0
"""After which a run is given up: a turn that was never begun would be waited for for ever."""
TEXT_BAR, LAG_BAR, MEMORY_BAR = 2.0, 50.0, 250.0


@dataclass(frozen=True)
class Talker:
    token: str
    conversation: str
    session: str


@dataclass(frozen=True)
class Scene:
    stand_ins: StandIns
    function: Served
    talkers: Sequence[Talker]
    numbers: "count[int]"

    async def text(self, streams: int) -> list[float]:
        """Milliseconds from the sending of each token by the agent to its coming to the caller."""
        agent = self.stand_ins.agent
        agent.gate.clear()
        agent.waiting = 0
        asked = [(t, Reply(TEXT, TOKEN_SECONDS)) for t in self.talkers[:streams]]
        callers = [await self._ask(talker, reply, speak=False) for talker, reply in asked]
        while agent.waiting < streams:  # noqa: ASYNC110 - nothing here is measured yet
            await asyncio.sleep(0.01)
        await asyncio.sleep(2.0)  # until what the admission left to do is done
        agent.gate.set()
        await _all_done(callers)
        return [
            1_000 * (came - sent)
            for caller, (_, reply) in zip(callers, asked, strict=True)
            for sent, came in zip(reply.sent, caller.times, strict=True)
        ]

    async def talk(self, sessions: int, over: float) -> tuple[list[float], int]:
        """Milliseconds from the end of each first sentence to the first sound of it, and how many
        turns were lost. The starts are spread evenly over so many seconds."""
        self.stand_ins.agent.gate.set()
        self.stand_ins.mouths.first.clear()
        asked = [(t, Reply(TALK, TOKEN_SECONDS)) for t in self.talkers[:sessions]]
        began, callers = time.perf_counter(), []
        for number, (talker, reply) in enumerate(asked):
            await asyncio.sleep(began + number * over / sessions - time.perf_counter())
            callers.append(await self._ask(talker, reply, speak=True))
        ends = await asyncio.gather(*(caller.done for caller in callers))
        first = self.stand_ins.mouths.first
        lags = [
            1_000 * (first[talker.session] - reply.sent[ENDS])
            for talker, reply in asked
            if talker.session in first
        ]
        whole = sum('"ended":"complete"' in end for end in ends)
        return lags, sessions - min(whole, len(lags))

    async def _ask(self, talker: Talker, reply: Reply, *, speak: bool) -> Caller:
        message = f"{next(self.numbers)}"
        self.stand_ins.agent.replies[message] = reply
        body = {"message": message, "conversation_id": talker.conversation, "speak": speak}
        asked = request(talker.token, body, self.function.port)
        _, caller = await asyncio.get_running_loop().create_connection(
            lambda: Caller(asked), "127.0.0.1", self.function.port
        )
        return caller


async def _all_done(callers: Sequence[Caller]) -> None:
    for caller in callers:
        end = await caller.done
        if '"ended":"complete"' not in end:
            raise RuntimeError(f"a turn was lost: {end[-500:]}")


class Started:
    """An avatar provider whose sessions only have a websocket."""

    def __init__(self, ws: str) -> None:
        self._ws = ws
        self._numbers = count()

    async def create_session_token(self, avatar: str, quality: str, seconds: int) -> SessionToken:  # noqa: ARG002 - the port's
        return SessionToken(AvatarSessionId(f"session-{next(self._numbers)}"), "token")

    async def start(self, ticket: SessionToken) -> StartedSession:
        return StartedSession("wss://livekit.invalid", "token", f"{self._ws}/{ticket.session}")


class Tasks:
    async def expire(self, session: AvatarSessionId, at: datetime) -> None: ...


@asynccontextmanager
async def scene(talkers: int = MANY) -> AsyncIterator[Scene]:
    with tempfile.TemporaryDirectory() as folder:
        async with stand_ins(SPEECH_SECONDS) as world, httpx.AsyncClient() as http:
            settings = _settings(Path(folder), world)
            identity = LocalIdentity(Path(folder), settings.project)
            async with google_cloud(Path(folder), http, identity, Simulators()) as google:
                here = settings.model_copy(update={"secret_manager_address": google.address})
                await provide(google, here, "key")
                known = await _started(here, world, identity, talkers)
                source = ROOT / "functions" / "chat" / "main.py"
                given = _environment(here, identity.certificates_file)
                with served(source, "chat", given) as function:
                    made = Scene(world, function, known, count())
                    await made.talk(min(20, talkers), 1.0)  # what is loaded at the first use
                    yield made


def _settings(folder: Path, world: StandIns) -> Settings:
    engine = "projects/oprina-local/locations/us-central1/reasoningEngines/1"
    return Settings(
        store="sqlite",
        data_dir=str(folder),
        agent_engine_url=f"{world.http}/v1/{engine}",
        speech_url=world.http,
        max_session_seconds=1_200,
        idle_seconds=1_200,
        allowance_agent_tokens=10_000_000,
        allowance_voice_characters=10_000_000,
    )


def _environment(settings: Settings, certificates: Path) -> dict[str, str]:
    names = settings.model_fields_set | {"secret_manager_address"}
    given = {f"OPRINA_{name.upper()}": str(getattr(settings, name)) for name in names}
    return given | {"OPRINA_CERTIFICATES": str(certificates)}


async def _started(
    settings: Settings, world: StandIns, identity: LocalIdentity, number: int
) -> list[Talker]:
    store = SqliteStore(Path(settings.data_dir) / "oprina.sqlite3")
    secrets = SecretManagerClient(settings.project, address=settings.secret_manager_address)
    ports = Ports(
        store=store,
        avatars=Started(world.ws),  # type: ignore[arg-type]  # all that a start asks for
        agent=None,  # type: ignore[arg-type]  # nobody talks here
        voice=None,  # type: ignore[arg-type]  # as above
        vault=SecretVault(secrets),
        tasks=Tasks(),
        clock=SystemClock(),
        new_id=new_id,
        pause=pause,
        settings=settings,
    )
    try:
        return [await _talker(AvatarSessions(ports), identity, n) for n in range(number)]
    finally:
        await store.close()
        await secrets.close()


async def _talker(avatars: AvatarSessions, identity: LocalIdentity, number: int) -> Talker:
    user = f"user-{number}"
    started = await avatars.start(User(UserId(user)), StartAvatarRequest(), IdempotencyKey())
    return Talker(identity.mint(user, user), started.conversation_id, started.avatar_session_id)


@dataclass(frozen=True)
class Run:
    """Milliseconds: medians of the text's, then of speech at 1, and the 95th of 200 beyond that."""

    text_1: float
    text_many: float
    speech_1: float
    speech_many: float
    lost: int


async def _run(at: Scene) -> Run:
    async with asyncio.timeout(RUN_SECONDS):
        return await _taken(at)


async def _taken(at: Scene) -> Run:
    one, many = await at.text(1), await at.text(MANY)
    alone = [lag for _ in range(3) for lag in (await at.talk(1, 0.0))[0]]
    lags, lost = await at.talk(MANY, TALK_SECONDS)
    base = statistics.median(alone)
    late = statistics.quantiles(lags, n=20)[-1] - base
    return Run(statistics.median(one), statistics.median(many), base, late, lost)


async def _runs(runs: int) -> tuple[list[Run], float]:
    async with scene() as at:
        return [await _run(at) for _ in range(runs)], at.function.megabytes()


def measure(runs: int) -> list[Row]:
    found, megabytes = uvloop.run(_runs(runs))
    lost = sum(run.lost for run in found)
    text = "From the agent's sending of a token to the caller's getting it; tokens every 25 ms."
    speech = (
        f"{MANY} turns, their starts spread over {TALK_SECONDS:g} s, about as long as each lasts."
    )
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
        _row("memory, most", "MB", [megabytes], MEMORY_BAR, "After all of these, in one process."),
        _row("turns lost", "turns", [lost], 0, speech),
    ]


def _row(figure: str, unit: str, values: Sequence[float], bar: float, how: str) -> Row:
    median, spread = middle(values)
    return Row(
        f"throughput: {figure}", median, unit, {}, spread, f"at most {bar:g}", median <= bar, how
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    print(markdown(measure(parser.parse_args().runs)))


if __name__ == "__main__":
    main()
