"""Google's own services as they are played here, and what Terraform puts into them elsewhere."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from google.cloud import tasks_v2

from common.adapters.google.secret_manager import SecretManagerClient as Client
from common.adapters.vault import sealed
from common.domain.errors import UpstreamNotFound
from common.settings import Settings
from infra.local.emulators import grpc_server
from infra.local.emulators.cloud_tasks import CloudTasksEmulator
from infra.local.emulators.secret_manager import SecretManagerEmulator
from infra.local.identity import LocalIdentity
from infra.local.simulators.all import Simulators

RETRIES = tasks_v2.RetryConfig(
    {"max_attempts": 100, "min_backoff": {"seconds": 1}, "max_backoff": {"seconds": 30}}
)
"""How the expiry queue tries again."""


@dataclass(frozen=True)
class GoogleCloud:
    """`address` is where both listen, for gRPC: `127.0.0.1:50123`."""

    secrets: SecretManagerEmulator
    tasks: CloudTasksEmulator
    address: str


@asynccontextmanager
async def google_cloud(
    folder: Path, http: httpx.AsyncClient, identity: LocalIdentity, worlds: Simulators
) -> AsyncIterator[GoogleCloud]:
    """Secrets lie in `folder`. Tasks are not delivered before `tasks.run` runs."""
    secrets = SecretManagerEmulator(file=folder / "secrets.json")
    tasks = CloudTasksEmulator(http, identity.oidc, delivery=worlds.delivery)
    services = secrets.service(), tasks.service()
    async with grpc_server.serve(*services, fault=worlds.faults.take) as address:
        yield GoogleCloud(secrets, tasks, address)


async def provide(
    google_cloud: GoogleCloud,
    settings: Settings,
    provider_key: str,
    *,
    entropy: Callable[[int], bytes] = os.urandom,
) -> None:
    """The expiry queue, the provider's key, and the key that seals tokens. Keys that are there
    already stay: they seal what an earlier run left."""
    queue = f"projects/{settings.project}/locations/{settings.location}/queues/"
    queue += settings.tasks_queue
    google_cloud.tasks.ensure_queue(queue, tasks_v2.Queue(name=queue, retry_config=RETRIES))
    client = Client(settings.project, address=google_cloud.address)
    try:
        await _keep(client, settings.liveavatar_secret, provider_key.encode())
        await _keep(client, sealed.KEY, entropy(sealed.BYTES))
    finally:
        await client.close()


async def _keep(client: Client, name: str, data: bytes) -> None:
    with suppress(UpstreamNotFound):
        await client.access(name)
        return
    await client.create(name)
    await client.add(name, data)
