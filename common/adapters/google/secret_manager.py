import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import google_crc32c

from common.adapters.google.grpc_client import connect_client, import_client, translate_errors
from common.domain import errors

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import SecretManagerServiceAsyncClient

SERVICE = "secret_manager"
TIMEOUT = 3.0
"""Seconds for each call. Without a time-out the client waits for minutes in an outage."""
CACHE_SECONDS = 300.0
"""How long `read` answers from memory."""


@dataclass(frozen=True, repr=False)
class Secret:
    """One version of a secret. `version` is its number, also if `latest` was asked for."""

    version: str
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode().strip()


class SecretManagerClient:
    """The secrets of a project in Secret Manager.

    `address` (`127.0.0.1:50123`) is the local emulator, called without encryption and credentials.
    `now` returns seconds of any origin.

    Google's client is built at the first call: importing it takes 0.4 s of a cold start.
    """

    def __init__(
        self,
        project: str,
        *,
        address: str | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parent = f"projects/{project}"
        self._address = address
        self._now = now
        self._client: SecretManagerServiceAsyncClient | None = None
        self._connecting = asyncio.Lock()
        self._cache: dict[tuple[str, str], tuple[float, Secret]] = {}
        self._reading: dict[tuple[str, str], asyncio.Task[Secret]] = {}

    async def read(self, name: str, version: str = "latest", *, refresh: bool = False) -> Secret:
        """Return a version of a secret, from memory for `CACHE_SECONDS`.

        Concurrent callers share one access. `refresh` skips the memory and does not share. While
        Secret Manager is `Unavailable`, an older value is returned if there is one. Raises the
        errors of `access`.
        """
        until, cached = self._cache.get((name, version), (0.0, None))
        if cached and not refresh and self._now() < until:
            return cached
        try:
            secret = await (self.access if refresh else self._share)(name, version)
        except errors.Unavailable:
            if cached is None or refresh:
                raise
            return cached
        for key in (version, secret.version):
            self._cache[name, key] = (self._now() + CACHE_SECONDS, secret)
        return secret

    async def _share(self, name: str, version: str) -> Secret:
        """Join the access that other callers wait for, or begin one."""
        key = (name, version)
        if (reading := self._reading.get(key)) is None:
            reading = self._reading[key] = asyncio.create_task(self.access(name, version))
            reading.add_done_callback(lambda _: self._reading.pop(key, None))
            reading.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(reading)  # it serves other callers if this one is cancelled

    async def access(self, name: str, version: str = "latest") -> Secret:
        """Fetch a version of a secret.

        Raises:
            UpstreamNotFound: There is no such secret or version.
            Failed: The version is disabled, or its checksum is wrong.
        """
        client = await self._connect()
        path = f"{self._parent}/secrets/{name}/versions/{version}"
        with translate_errors(SERVICE, writing=False):
            answer = await client.access_secret_version(name=path, timeout=TIMEOUT, retry=None)
        data = answer.payload.data
        if answer.payload.data_crc32c != google_crc32c.value(data):
            raise errors.Failed(SERVICE, "checksum")
        return Secret(answer.name.rpartition("/")[2], data)

    async def create(self, name: str, expires_at: datetime | None = None) -> None:
        """Create a secret without a version. Google deletes it at `expires_at`.

        Does nothing if the secret exists.
        """
        client = await self._connect()
        secret: dict[str, Any] = {"replication": {"automatic": {}}}
        if expires_at:
            secret["expire_time"] = expires_at
        request = {"parent": self._parent, "secret_id": name, "secret": secret}
        with translate_errors(SERVICE, writing=True, done="ALREADY_EXISTS"):
            await client.create_secret(request=request, timeout=TIMEOUT, retry=None)

    async def add(self, name: str, data: bytes) -> str:
        """Add a version and return its number, "1" for the first.

        Raises `UpstreamNotFound` if there is no such secret.
        """
        client = await self._connect()
        payload = {"data": data, "data_crc32c": google_crc32c.value(data)}
        request = {"parent": f"{self._parent}/secrets/{name}", "payload": payload}
        with translate_errors(SERVICE, writing=True):
            added = await client.add_secret_version(request=request, timeout=TIMEOUT, retry=None)
        return added.name.rpartition("/")[2]

    async def delete(self, name: str) -> None:
        """Delete a secret with all its versions. Does nothing if there is none."""
        client = await self._connect()
        path = f"{self._parent}/secrets/{name}"
        with translate_errors(SERVICE, writing=True, done="NOT_FOUND"):
            await client.delete_secret(name=path, timeout=TIMEOUT, retry=None)

    async def close(self) -> None:
        if self._client:
            await self._client.transport.close()  # type: ignore[no-untyped-call]  # Google's
            self._client = None

    async def _connect(self) -> "SecretManagerServiceAsyncClient":
        async with self._connecting:
            if self._client is None:
                library = await import_client("google.cloud.secretmanager_v1")
                client = library.SecretManagerServiceAsyncClient
                self._client = await connect_client(client, self._address, SERVICE)
            return self._client
