"""Google's own services as they are played here, and what Terraform puts into them elsewhere."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from google.cloud import tasks_v2

from common.adapters.google.secret_manager import SecretManager as Client
from common.adapters.vault import sealed
from common.domain.errors import Missing
from common.settings import Settings
from infra.local.emulators import grpc_server
from infra.local.emulators.cloud_tasks import CloudTasks
from infra.local.emulators.secret_manager import SecretManager
from infra.local.identity import LocalIdentity
from infra.local.simulators.all import Worlds

RETRIES = tasks_v2.RetryConfig(
    {"max_attempts": 100, "min_backoff": {"seconds": 1}, "max_backoff": {"seconds": 30}}
)
"""How the expiry queue tries again."""


@dataclass(frozen=True)
class Cloud:
    """`address` is where both listen, for gRPC: `127.0.0.1:50123`."""

    secrets: SecretManager
    tasks: CloudTasks
    address: str


@asynccontextmanager
async def cloud(
    folder: Path, http: httpx.AsyncClient, identity: LocalIdentity, worlds: Worlds
) -> AsyncIterator[Cloud]:
    """Secrets lie in `folder`. Tasks are not delivered before `tasks.run` runs."""
    secrets = SecretManager(file=folder / "secrets.json")
    tasks = CloudTasks(http, identity.oidc, delivery=worlds.delivery)
    services = secrets.service(), tasks.service()
    async with grpc_server.serve(*services, fault=worlds.faults.take) as address:
        yield Cloud(secrets, tasks, address)


async def provide(
    cloud: Cloud,
    settings: Settings,
    provider_key: str,
    *,
    entropy: Callable[[int], bytes] = os.urandom,
) -> None:
    """The expiry queue, the provider's key, and the key that seals tokens. Keys that are there
    already stay: they seal what an earlier run left."""
    queue = f"projects/{settings.project}/locations/{settings.location}/queues/"
    queue += settings.tasks_queue
    cloud.tasks.ensure_queue(queue, tasks_v2.Queue(name=queue, retry_config=RETRIES))
    client = Client(settings.project, address=cloud.address)
    try:
        await _keep(client, settings.liveavatar_secret, provider_key.encode())
        await _keep(client, sealed.KEY, entropy(sealed.BYTES))
    finally:
        await client.close()


async def _keep(client: Client, name: str, data: bytes) -> None:
    with suppress(Missing):
        await client.access(name)
        return
    await client.create(name)
    await client.add(name, data)
