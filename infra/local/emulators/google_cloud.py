"""The emulators of Google Cloud, and the resources that Terraform creates in the real one."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
from google.cloud import tasks_v2

from common.adapters.google import identity_hash
from common.adapters.google.secret_manager import SecretManagerClient
from common.adapters.vault import sealed
from common.domain.errors import UpstreamNotFound
from common.settings import Settings
from infra.local.emulators import grpc_server
from infra.local.emulators.cloud_tasks import CloudTasksEmulator
from infra.local.emulators.secret_manager import SecretManagerEmulator
from infra.local.identity import LocalIdentity
from infra.local.simulators.all import Simulators
from infra.local.simulators.faults import ServiceFaults

RETRIES = tasks_v2.RetryConfig(
    {"max_attempts": 100, "min_backoff": {"seconds": 1}, "max_backoff": {"seconds": 30}}
)
"""Retries of the expiry queue."""


@dataclass(frozen=True)
class GoogleCloud:
    """The emulators. Both listen at the gRPC address `address`, such as `127.0.0.1:50123`."""

    secrets: SecretManagerEmulator
    tasks: CloudTasksEmulator
    address: str


@asynccontextmanager
async def google_cloud(
    folder: Path, http: httpx.AsyncClient, identity: LocalIdentity, simulators: Simulators
) -> AsyncIterator[GoogleCloud]:
    """Run the emulators while the block runs.

    Secrets are stored in `folder`. Tasks are delivered while `tasks.run` runs.
    """
    secrets = SecretManagerEmulator(file=folder / "secrets.json")
    tasks = CloudTasksEmulator(http, identity.oidc, delivery=simulators.delivery)
    services = secrets.service(), tasks.service()
    fault = partial(draw_fault, simulators.faults)
    async with grpc_server.serve(*services, fault=fault) as address:
        yield GoogleCloud(secrets, tasks, address)


def draw_fault(faults: ServiceFaults, service: str, method: str) -> grpc_server.RpcFailure | None:
    """Return how the next call of a method fails. A frozen service acts when it is thawed."""
    if seconds := faults.frozen_seconds(service, method):
        return grpc_server.RpcFailure("late", seconds)
    if (fault := faults.match(service, method)) is None:
        return None
    return grpc_server.RpcFailure(fault.mode, faults.pace.delay(fault), fault.message)


async def provide(
    google_cloud: GoogleCloud,
    settings: Settings,
    provider_key: str,
    oauth_client: bytes = b"",
    *,
    entropy: Callable[[int], bytes] = os.urandom,
) -> None:
    """Create the expiry queue, the provider's key, the OAuth client, and the key that seals tokens.

    Existing ones stay: they seal data of an earlier run.
    """
    queue = f"projects/{settings.project}/locations/{settings.location}/queues/"
    queue += settings.tasks_queue
    google_cloud.tasks.ensure_queue(queue, tasks_v2.Queue(name=queue, retry_config=RETRIES))
    client = SecretManagerClient(settings.project, address=google_cloud.address)
    try:
        await _ensure_secret(client, settings.liveavatar_secret, provider_key.encode())
        if oauth_client:
            await _ensure_secret(client, settings.google_client_secret, oauth_client)
        await _ensure_secret(client, identity_hash.KEY, entropy(sealed.BYTES))
        await _ensure_secret(client, sealed.KEY, entropy(sealed.BYTES))
    finally:
        await client.close()


async def _ensure_secret(client: SecretManagerClient, name: str, data: bytes) -> None:
    with suppress(UpstreamNotFound):
        await client.access(name)
        return
    await client.create(name)
    await client.add(name, data)
