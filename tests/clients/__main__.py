"""Run third-party clients, unmodified, against the local stack, and print a table of their calls.

The clients that are generated from docs/openapi.json also run against `make run`.

    make test-clients
    make test-clients ARGS='vertex_ai pipecat'     (only these clients)
    make test-clients ARGS=generated               (only the clients of one environment)

Each client runs in a process of its own, in one of the environments in `.venv-clients`.
"""

import asyncio
import base64
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from infra.local.recogniser.recogniser import Recognition
from infra.local.simulators.all import Simulators
from infra.local.simulators.liveavatar import LiveAvatarAccount, LiveAvatarSettings
from infra.local.simulators.speech_to_text import RecognitionSimulator
from infra.local.stack import Stack, stack
from tests.clients.adk import replies
from tests.clients.generated.hosts import own_hosts
from tests.clients.generated.make_run import make_run
from tests.clients.known import compare
from tests.clients.report import MARK, ClientAddresses, ClientRow
from tests.support.recordings import wav_file

ROOT = Path(__file__).parents[2]
SECONDS = 180
"""Time that one client has."""


@dataclass(frozen=True)
class Client:
    """A module below `tests.clients` and the environment that it runs in."""

    module: str
    environment: str

    @property
    def name(self) -> str:
        return self.module.rpartition(".")[2]


CLIENTS = (
    Client("avatar.livekit_plugin", "avatar"),
    Client("avatar.heygen_starter", "avatar"),
    Client("avatar.pipecat_avatar", "avatar"),
    Client("google.secret_manager", "google"),
    Client("google.cloud_tasks", "google"),
    Client("google.text_to_speech", "google"),
    Client("google.speech_to_text", "google"),
    Client("google.accounts", "google"),
    Client("google.vertex_ai", "google"),
    Client("adk.agents", "google"),
    Client("adk.agents", "adk1"),
    Client("adk.sessions", "google"),
    Client("generated.python_client", "generated"),
    Client("generated.typescript_client", "generated"),
)


DIALECTS: Mapping[str, LiveAvatarSettings] = {
    "": LiveAvatarSettings(),
    ", speak": LiveAvatarSettings(dialect="speak", ids="echo"),
    ", state": LiveAvatarSettings(dialect="state", ids="own"),
}
"""LiveAvatar's dialects by the text that names them. Only the avatar's clients run in each."""


async def main(wanted: Sequence[str]) -> int:
    """Run the wanted clients, or all, and return the exit code."""
    chosen = [
        client for client in CLIENTS if not wanted or {client.name, client.environment} & {*wanted}
    ]
    began = time.monotonic()
    rows: list[ClientRow] = []
    for variant, settings in DIALECTS.items():
        clients = [each for each in chosen if not variant or each.environment == "avatar"]
        rows += await run_all(clients, variant, settings)
    rows += await run_generated([each for each in chosen if each.environment == "generated"])
    return summarize(rows, time.monotonic() - began)


async def run_all(
    clients: Sequence[Client], variant: str, settings: LiveAvatarSettings
) -> list[ClientRow]:
    """Run clients one after the other, against a stack of their own."""
    rows: list[ClientRow] = []
    recognition = RecognitionSimulator(recognise=hear)
    simulators = Simulators(liveavatar=LiveAvatarAccount(settings), recognition=recognition)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            stack(Path(folder), simulators=simulators, scheduled=False) as running,
            own_hosts(running) as hosts,
        ):
            for client in clients:
                rows += await run(client, address_of(running, hosts, variant))
    return rows


async def run_generated(clients: Sequence[Client]) -> list[ClientRow]:
    """Run the generated clients once more, against `make run` in a process of its own."""
    if not clients:
        return []
    rows: list[ClientRow] = []
    with tempfile.TemporaryDirectory() as folder:
        async with make_run(Path(folder)) as address:
            for client in clients:
                rows += await run(client, address)
    return rows


async def hear(_file: bytes) -> Recognition:
    """Hear the same words in every recording: these clients are no test of the recogniser."""
    return Recognition(1.0, "What time is it?", 0.9)


def address_of(running: Stack, hosts: Mapping[str, str], variant: str = "") -> ClientAddresses:
    """Return the addresses of a running stack."""
    settings = running.settings
    return ClientAddresses(
        url=running.url,
        token=running.sign_in("ada")["authorization"].removeprefix("Bearer "),
        recording=base64.b64encode(wav_file()).decode(),
        hosts=hosts,
        grpc=running.cloud.address,
        project=settings.project,
        location=settings.location,
        engine=settings.agent_engine,
        key=running.simulators.liveavatar.key,
        variant=variant,
    )


async def run(client: Client, address: ClientAddresses) -> list[ClientRow]:
    """Run one client and return its rows, printing each as it comes."""
    environment = ROOT / ".venv-clients" / client.environment
    if not (environment / "installed").exists():
        result = "failed" if "CI" in os.environ else "not run"
        return [show(ClientRow(client.module, "install", result, f"{environment} is not complete"))]
    process = await asyncio.create_subprocess_exec(
        environment / "bin" / "python",
        "-m",
        f"tests.clients.{client.module}",
        json.dumps(asdict(address)),
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore", "GRPC_VERBOSITY": "NONE"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return [show(ClientRow(client.module, "all calls", "failed", f"no end after {SECONDS} s"))]
    rows = [
        show(compare(judge(parse(line))))
        for line in out.decode().splitlines()
        if line.startswith(MARK)
    ]
    if process.returncode or not rows:
        last = err.decode().strip().splitlines()[-1:]
        rows.append(
            show(ClientRow(client.module, "process", "failed", f"{process.returncode}: {last}"))
        )
    return rows


def judge(row: ClientRow) -> ClientRow:
    """Judge the events of an agent by the product's parser. Other rows have their result."""
    return replies.judge(row) if row.result == "parse" else row


def parse(line: str) -> ClientRow:
    """Parse a line that a client printed."""
    return ClientRow(**json.loads(line.removeprefix(MARK)))


def show(row: ClientRow) -> ClientRow:
    """Print a row of the table, and return it."""
    detail = f"  {row.detail}" if row.detail else ""
    sys.stdout.write(f"{row.client:<38} {row.call:<52} {row.result:<8}{detail}\n")
    sys.stdout.flush()
    return replace(row, events=())


def summarize(rows: Sequence[ClientRow], seconds: float) -> int:
    """Print the totals. Return 1 if a call failed, or if there is none."""
    counts = {
        result: sum(row.result == result for row in rows)
        for result in ("ok", "failed", "known", "not run")
    }
    totals = ", ".join(f"{count} {result}" for result, count in counts.items())
    sys.stdout.write(f"{totals} in {seconds:.0f} s\n")
    return 1 if counts["failed"] or not rows else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
