import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import google_crc32c

from common.domain import errors

if TYPE_CHECKING:
    from google.cloud.secretmanager_v1 import SecretManagerServiceAsyncClient
from common.adapters.google.grpc_client import connect_client, import_client, translate_errors

SERVICE = "secret_manager"
TIMEOUT = 3.0
"""Seconds for each call; without one a client waits for minutes in an outage."""
REMEMBERED = 300.0
"""Seconds for which `read` believes what it read."""


@dataclass(frozen=True, repr=False)
class Secret:
    """One version of a secret. `version` is its number, also where `latest` was asked for."""

    version: str
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode().strip()


class SecretManagerClient:
    """Google's own client, made at the first call: importing it takes 0.4 s of a cold start.

    `address` (`127.0.0.1:50123`) is a local stand-in, called without encryption or credentials.
    `now` gives seconds, of any origin.
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
        self._making = asyncio.Lock()
        self._read: dict[tuple[str, str], tuple[float, Secret]] = {}

    async def read(self, name: str, version: str = "latest", *, refresh: bool = False) -> Secret:
        """Like `access`, from memory where it was read in the last minutes; `refresh` asks again.

        What was read before still serves while Secret Manager is `Unavailable`.
        """
        until, known = self._read.get((name, version), (0.0, None))
        if known and not refresh and self._now() < until:
            return known
        try:
            found = await self.access(name, version)
        except errors.Unavailable:
            if known is None or refresh:
                raise
            return known
        for asked in (version, found.version):
            self._read[name, asked] = (self._now() + REMEMBERED, found)
        return found

    async def access(self, name: str, version: str = "latest") -> Secret:
        """`Missing`: no such secret or version. `Failed`: it is disabled, or arrived damaged."""
        client = await self._ready()
        path = f"{self._parent}/secrets/{name}/versions/{version}"
        with translate_errors(SERVICE, writing=False):
            answer = await client.access_secret_version(name=path, timeout=TIMEOUT, retry=None)
        data = answer.payload.data
        if answer.payload.data_crc32c != google_crc32c.value(data):
            raise errors.Failed(SERVICE, "checksum")
        return Secret(answer.name.rpartition("/")[2], data)

    async def create(self, name: str, expires_at: datetime | None = None) -> None:
        """A secret without a version, which Google deletes at `expires_at`. There already: fine."""
        client = await self._ready()
        secret: dict[str, Any] = {"replication": {"automatic": {}}}
        if expires_at:
            secret["expire_time"] = expires_at
        request = {"parent": self._parent, "secret_id": name, "secret": secret}
        with translate_errors(SERVICE, writing=True, done="ALREADY_EXISTS"):
            await client.create_secret(request=request, timeout=TIMEOUT, retry=None)

    async def add(self, name: str, data: bytes) -> str:
        """The new version's number, "1" for the first. `Missing`: no such secret."""
        client = await self._ready()
        payload = {"data": data, "data_crc32c": google_crc32c.value(data)}
        request = {"parent": f"{self._parent}/secrets/{name}", "payload": payload}
        with translate_errors(SERVICE, writing=True):
            added = await client.add_secret_version(request=request, timeout=TIMEOUT, retry=None)
        return added.name.rpartition("/")[2]

    async def delete(self, name: str) -> None:
        """With all its versions. Gone already: fine."""
        client = await self._ready()
        path = f"{self._parent}/secrets/{name}"
        with translate_errors(SERVICE, writing=True, done="NOT_FOUND"):
            await client.delete_secret(name=path, timeout=TIMEOUT, retry=None)

    async def close(self) -> None:
        if self._client:
            await self._client.transport.close()  # type: ignore[no-untyped-call]  # Google's
            self._client = None

    async def _ready(self) -> "SecretManagerServiceAsyncClient":
        async with self._making:
            if self._client is None:
                library = await import_client("google.cloud.secretmanager_v1")
                made = library.SecretManagerServiceAsyncClient
                self._client = await connect_client(made, self._address, SERVICE)
            return self._client
