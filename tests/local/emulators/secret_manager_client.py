"""Google's client of the Secret Manager emulator, and calls that tests share."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import google_crc32c
from google.cloud import secretmanager_v1 as sm
from google.cloud.secretmanager_v1.services.secret_manager_service import transports
from grpc import aio as grpc_aio  # type: ignore[import-untyped]  # grpcio ships no types

Client = sm.SecretManagerServiceAsyncClient
PROJECT = "projects/demo"
KEY = f"{PROJECT}/secrets/key"
AUTOMATIC: dict[str, Any] = {"replication": {"automatic": {}}}


@asynccontextmanager
async def client_of(address: str) -> AsyncIterator[Client]:
    channel = grpc_aio.insecure_channel(address)
    yield Client(
        transport=transports.SecretManagerServiceGrpcAsyncIOTransport(channel=channel),
    )
    await channel.close()


async def create(client: Client, name: str = "key", **options: Any) -> sm.Secret:
    secret = {**AUTOMATIC, **options}
    return await client.create_secret(
        request={"parent": PROJECT, "secret_id": name, "secret": secret}
    )


async def add(client: Client, data: bytes, name: str = KEY) -> sm.SecretVersion:
    return await client.add_secret_version(parent=name, payload=sm.SecretPayload(data=data))


async def read(client: Client, version: str) -> bytes:
    answer = await client.access_secret_version(name=f"{KEY}/versions/{version}")
    assert answer.payload.data_crc32c == google_crc32c.value(answer.payload.data)
    return answer.payload.data


Call = Callable[[Client], Any]
