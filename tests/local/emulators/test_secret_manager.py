import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
import pytest
from google.api_core import exceptions as google
from google.cloud import secretmanager_v1 as sm
from google.cloud.secretmanager_v1.services.secret_manager_service import transports

from infra.local.emulators.grpc_server import serve
from infra.local.emulators.secret_manager import SecretManagerEmulator
from tests.local.emulators.secret_manager_client import (
    AUTOMATIC,
    KEY,
    PROJECT,
    Call,
    Client,
    add,
    client_of,
    create,
    read,
)
from tests.support.fakes.vault import Seconds


async def test_versions_are_read_by_number_and_as_latest(client: Client) -> None:
    made = await create(client, labels={"app": "oprina"})
    assert (made.name, dict(made.labels)) == (KEY, {"app": "oprina"})
    assert (await add(client, b"one")).name == f"{KEY}/versions/1"
    assert (await add(client, b"two")).name == f"{KEY}/versions/2"
    assert (await add(client, b"three")).state == sm.SecretVersion.State.ENABLED
    assert [await read(client, v) for v in ("1", "2", "3", "latest")] == [
        b"one",
        b"two",
        b"three",
        b"three",
    ]
    latest = await client.get_secret_version(name=f"{KEY}/versions/latest")
    assert latest.name == f"{KEY}/versions/3"


async def test_sync_client_creates_reads_and_deletes(address: str) -> None:
    def use() -> bytes:
        channel = grpc.insecure_channel(address)
        transport = transports.SecretManagerServiceGrpcTransport(channel=channel)
        client = sm.SecretManagerServiceClient(transport=transport)
        client.create_secret(parent=PROJECT, secret_id="key", secret=sm.Secret(AUTOMATIC))
        client.add_secret_version(parent=KEY, payload=sm.SecretPayload(data=b"one"))
        data = client.access_secret_version(name=f"{KEY}/versions/latest").payload.data
        assert [s.name for s in client.list_secrets(parent=PROJECT)] == [KEY]
        client.delete_secret(name=KEY)
        channel.close()
        return data

    assert await asyncio.to_thread(use) == b"one"


REFUSED: dict[str, tuple[Call, type[Exception], str]] = {
    "empty payload": (
        lambda c: add(c, b"", f"{PROJECT}/secrets/taken"),
        google.InvalidArgument,
        "Secret Payload cannot be empty.",
    ),
    "label with upper case": (
        lambda c: create(c, labels={"UPPER CASE": "y"}),
        google.InvalidArgument,
        "Invalid label [UPPER CASE: y].",
    ),
    "too many labels": (
        lambda c: create(c, labels={f"k{number}": "" for number in range(65)}),
        google.InvalidArgument,
        "A secret has at most 64 labels.",
    ),
    "update without a mask": (
        lambda c: c.update_secret(
            request={"secret": {"name": f"{PROJECT}/secrets/taken"}, "update_mask": {}}
        ),
        google.InvalidArgument,
        "update_mask is required",
    ),
    "update of a fixed field": (
        lambda c: c.update_secret(
            request={
                "secret": {"name": f"{PROJECT}/secrets/taken"},
                "update_mask": {"paths": ["create_time"]},
            }
        ),
        google.InvalidArgument,
        "Field [create_time] cannot be updated.",
    ),
    "update into the past": (
        lambda c: c.update_secret(
            request={
                "secret": {
                    "name": f"{PROJECT}/secrets/taken",
                    "expire_time": datetime(2020, 1, 1, tzinfo=UTC),
                },
                "update_mask": {"paths": ["expire_time"]},
            }
        ),
        google.InvalidArgument,
        "Secret.expire_time must be in the future.",
    ),
    "update of a missing secret": (
        lambda c: c.update_secret(
            request={"secret": {"name": KEY}, "update_mask": {"paths": ["labels"]}}
        ),
        google.NotFound,
        f"Secret [{KEY}] not found.",
    ),
    "filter of an unknown field": (
        lambda c: c.list_secrets(request={"parent": PROJECT, "filter": "mood:good"}),
        google.InvalidArgument,
        "Invalid filter: mood:good",
    ),
    "there already": (
        lambda c: create(c, "taken"),
        google.AlreadyExists,
        f"Secret [{PROJECT}/secrets/taken] already exists.",
    ),
    "no secret to get": (
        lambda c: c.get_secret(name=KEY),
        google.NotFound,
        f"Secret [{KEY}] not found.",
    ),
    "no secret to delete": (
        lambda c: c.delete_secret(name=KEY),
        google.NotFound,
        f"Secret [{KEY}] not found.",
    ),
    "no secret to add to": (lambda c: add(c, b"x"), google.NotFound, f"Secret [{KEY}] not found."),
    "no secret to access": (
        lambda c: c.access_secret_version(name=f"{KEY}/versions/latest"),
        google.NotFound,
        f"Secret [{KEY}] not found or has no versions.",
    ),
    "no version yet": (
        lambda c: c.access_secret_version(name=f"{PROJECT}/secrets/empty/versions/latest"),
        google.NotFound,
        f"Secret [{PROJECT}/secrets/empty] not found or has no versions.",
    ),
    "no such version": (
        lambda c: c.access_secret_version(name=f"{PROJECT}/secrets/taken/versions/2"),
        google.NotFound,
        f"Secret Version [{PROJECT}/secrets/taken/versions/2] not found.",
    ),
    "no number": (
        lambda c: c.access_secret_version(name=f"{PROJECT}/secrets/taken/versions/01"),
        google.NotFound,
        f"Secret Version [{PROJECT}/secrets/taken/versions/01] not found.",
    ),
    "a slash in the id": (lambda c: create(c, "a/b"), google.InvalidArgument, ""),
    "an empty id": (lambda c: create(c, ""), google.InvalidArgument, ""),
    "no replication": (
        lambda c: create(c, replication={}),
        google.InvalidArgument,
        "Secret.replication is required.",
    ),
    "expired at birth": (
        lambda c: create(c, expire_time=datetime(2020, 1, 1, tzinfo=UTC)),
        google.InvalidArgument,
        "Secret.expire_time must be in the future.",
    ),
    "another checksum": (
        lambda c: c.add_secret_version(
            parent=f"{PROJECT}/secrets/taken",
            payload=sm.SecretPayload(data=b"x", data_crc32c=1),
        ),
        google.InvalidArgument,
        "",
    ),
    "too large": (
        lambda c: add(c, b"x" * 65537, f"{PROJECT}/secrets/taken"),
        google.InvalidArgument,
        "",
    ),
    "a page of nonsense": (
        lambda c: c.list_secrets(request={"parent": PROJECT, "page_token": "x"}),
        google.InvalidArgument,
        "Invalid page token.",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED.keys())
async def test_refusals_are_googles(
    client: Client, call: Call, error: type[Exception], message: str
) -> None:
    await create(client, "taken")
    await add(client, b"x", f"{PROJECT}/secrets/taken")
    await create(client, "empty")
    with pytest.raises(error) as caught:
        await call(client)
    assert isinstance(caught.value, google.GoogleAPICallError)
    assert message in str(caught.value.message)


async def test_version_is_disabled_enabled_and_destroyed(client: Client) -> None:
    await create(client)
    await add(client, b"one")
    name = f"{KEY}/versions/1"
    await client.disable_secret_version(name=name)
    with pytest.raises(google.FailedPrecondition, match="is in DISABLED state"):
        await read(client, "latest")
    await client.enable_secret_version(name=name)
    assert await read(client, "1") == b"one"
    destroyed = await client.destroy_secret_version(name=name)
    assert destroyed.state == sm.SecretVersion.State.DESTROYED
    assert "destroy_time" in destroyed
    for again in (client.enable_secret_version, client.destroy_secret_version):
        with pytest.raises(google.FailedPrecondition, match="is in DESTROYED state"):
            await again(name=name)
    assert (await add(client, b"two")).name == f"{KEY}/versions/2"


async def test_lists_have_pages_newest_first(client: Client) -> None:
    for number in range(5):
        await create(client, f"s{number}")
    first = await client.list_secrets(request={"parent": PROJECT, "page_size": 2})
    assert [s.name[-2:] async for s in first] == ["s4", "s3", "s2", "s1", "s0"]
    assert (await client.list_secrets(request={"parent": "projects/other"})).secrets == []
    for data in (b"1", b"2", b"3"):
        await add(client, data, f"{PROJECT}/secrets/s0")
    versions = await client.list_secret_versions(
        request={"parent": f"{PROJECT}/secrets/s0", "page_size": 2}
    )
    assert versions.total_size == 3
    assert [v.name[-1] async for v in versions] == ["3", "2", "1"]


@pytest.mark.parametrize("how", ["ttl", "expire_time"])
async def test_expired_secret_is_not_found(client: Client, clock: Seconds, how: str) -> None:
    expiry: dict[str, Any] = {"ttl": timedelta(seconds=90), "expire_time": clock.after(90)}
    made = await create(client, "key", **{how: expiry[how]})
    assert made.expire_time == clock.after(90)
    assert "ttl" not in made
    await add(client, b"one")
    clock.advance(89)
    assert await read(client, "1") == b"one"
    clock.advance(1)
    with pytest.raises(google.NotFound):
        await read(client, "1")
    with pytest.raises(google.NotFound):
        await client.get_secret(name=KEY)
    await create(client)


async def test_secrets_survive_a_restart_in_a_private_file(clock: Seconds, tmp_path: Path) -> None:
    file = tmp_path / "data" / "secrets.json"
    for run in range(2):
        async with AsyncExitStack() as stack:
            service = SecretManagerEmulator(now=clock, file=file).service()
            client = await stack.enter_async_context(
                client_of(await stack.enter_async_context(serve(service)))
            )
            if run == 0:
                await create(client, expire_time=clock.after(60), labels={"a": "b"})
                await add(client, b"\x00\xff")
                await add(client, b"two")
                await client.disable_secret_version(name=f"{KEY}/versions/2")
            assert await read(client, "1") == b"\x00\xff"
            assert (await client.get_secret(name=KEY)).expire_time == clock.after(60)
            with pytest.raises(google.FailedPrecondition):
                await read(client, "2")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in file.parent.iterdir()] == ["secrets.json"]
    clock.advance(61)
    with pytest.raises(google.NotFound):
        async with (
            serve(SecretManagerEmulator(now=clock, file=file).service()) as at,
            client_of(at) as c,
        ):
            await c.get_secret(name=KEY)
