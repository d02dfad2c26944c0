"""The Secret Manager emulator, used by Google's own clients."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import google_crc32c
import grpc  # type: ignore[import-untyped]  # grpcio ships no types
import pytest
from google.api_core import exceptions as google
from google.cloud import secretmanager_v1 as sm
from google.cloud.secretmanager_v1.services.secret_manager_service import transports
from grpc import aio as grpc_aio

from common.adapters.google.grpc_client import translate_errors
from common.adapters.google.secret_manager import SecretManagerClient as Adapter
from common.domain import errors
from infra.local.emulators.grpc_server import serve
from infra.local.emulators.secret_manager import SecretManagerEmulator
from tests.support.fakes.vault import Seconds

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


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
async def address(clock: Seconds) -> AsyncIterator[str]:
    async with serve(SecretManagerEmulator(now=clock).service()) as address:
        yield address


@pytest.fixture
async def client(address: str) -> AsyncIterator[Client]:
    async with client_of(address) as client:
        yield client


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


Call = Callable[[Client], Any]
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


async def test_each_change_gives_a_new_etag(client: Client) -> None:
    made = await create(client)
    version = await add(client, b"one")
    assert (await client.get_secret(name=KEY)).etag == made.etag
    enabled = await client.enable_secret_version(name=version.name)
    updated = await client.update_secret(
        request={
            "secret": {"name": KEY, "labels": {"a": "b"}},
            "update_mask": {"paths": ["labels"]},
        }
    )
    etags = [made.etag, updated.etag, version.etag, enabled.etag]
    assert len(set(etags)) == 4
    assert all(etag[0] == etag[-1] == '"' and len(etag) > 2 for etag in etags)
    listed = await client.list_secret_versions(parent=KEY)
    assert [each.etag async for each in listed] == [enabled.etag]


ETAG_CALLS: dict[str, Call] = {
    "update": lambda c: c.update_secret(
        request={"secret": {"name": KEY, "etag": '"nope"'}, "update_mask": {"paths": ["labels"]}}
    ),
    "delete": lambda c: c.delete_secret(request={"name": KEY, "etag": '"nope"'}),
    "disable": lambda c: c.disable_secret_version(
        request={"name": f"{KEY}/versions/1", "etag": '"nope"'}
    ),
    "destroy": lambda c: c.destroy_secret_version(
        request={"name": f"{KEY}/versions/1", "etag": '"nope"'}
    ),
}


@pytest.mark.parametrize("call", ETAG_CALLS.values(), ids=ETAG_CALLS.keys())
async def test_wrong_etag_changes_nothing(client: Client, call: Call) -> None:
    await create(client)
    await add(client, b"one")
    with pytest.raises(google.FailedPrecondition, match="does not match"):
        await call(client)
    assert await read(client, "latest") == b"one"


async def test_current_etag_admits_the_change(client: Client) -> None:
    made = await create(client)
    version = await add(client, b"one")
    name = version.name
    destroyed = await client.destroy_secret_version(request={"name": name, "etag": version.etag})
    assert destroyed.state == sm.SecretVersion.State.DESTROYED
    await client.delete_secret(request={"name": KEY, "etag": made.etag})
    with pytest.raises(google.NotFound):
        await client.get_secret(name=KEY)


async def test_update_changes_the_masked_fields_only(client: Client, clock: Seconds) -> None:
    await create(client, labels={"a": "b"}, annotations={"note": "old"}, ttl=timedelta(hours=1))
    for data in (b"one", b"two"):
        await add(client, data)
    changed = await client.update_secret(
        request={
            "secret": {
                "name": KEY,
                "labels": {"c": "d"},
                "annotations": {"note": "new"},
                "version_aliases": {"live": 1},
                "ttl": timedelta(hours=2),
            },
            "update_mask": {"paths": ["labels", "version_aliases", "ttl"]},
        }
    )
    assert (dict(changed.labels), dict(changed.annotations)) == ({"c": "d"}, {"note": "old"})
    assert changed.expire_time == clock.after(7200)
    assert await read(client, "live") == b"one"
    cleared = await client.update_secret(
        request={"secret": {"name": KEY}, "update_mask": {"paths": ["labels", "expire_time"]}}
    )
    assert (dict(cleared.labels), "expire_time" in cleared) == ({}, False)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("name:key", ["key-two", "key-one"]),
        ("name=key-one", ["key-one"]),
        ("labels.app=oprina", ["other", "key-one"]),
        ("labels.app:OPR AND name:key", ["key-one"]),
        ("labels:*", ["other", "key-one"]),
        ("NOT labels.app=oprina", ["key-two"]),
        ("-name:key", ["other"]),
        ("expire_time:*", ["key-two"]),
        ('create_time<"2100-01-01T00:00:00Z" (name:other OR name=key-one)', ["other", "key-one"]),
        ("create_time>2100-01-01T00:00:00Z", []),
        ("replication.automatic:*", []),
    ],
)
async def test_filter_selects_secrets(client: Client, text: str, names: list[str]) -> None:
    await create(client, "key-one", labels={"app": "oprina"})
    await create(client, "key-two", ttl=timedelta(hours=1))
    await create(client, "other", labels={"app": "oprina"})
    found = await client.list_secrets(request={"parent": PROJECT, "filter": text})
    assert [secret.name.rpartition("/")[2] async for secret in found] == names


async def test_filter_selects_versions_by_state(client: Client) -> None:
    await create(client)
    for data in (b"one", b"two", b"three"):
        await add(client, data)
    await client.disable_secret_version(name=f"{KEY}/versions/1")
    await client.destroy_secret_version(name=f"{KEY}/versions/2")
    for text, numbers in (
        ("state:ENABLED", ["3"]),
        ("state=DISABLED", ["1"]),
        ("state:(DISABLED OR DESTROYED)", ["2", "1"]),
        ("state!=DESTROYED", ["3", "1"]),
        ("destroy_time:*", ["2"]),
    ):
        found = await client.list_secret_versions(request={"parent": KEY, "filter": text})
        assert [version.name[-1] async for version in found] == numbers


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


FAULTS: dict[str, type[Exception]] = {
    "refuse": google.ServiceUnavailable,
    "reset": google.ServiceUnavailable,
    "truncate": google.ServiceUnavailable,
    "429": google.ResourceExhausted,
    "500": google.InternalServerError,
    "garbage": google.InternalServerError,
}


@pytest.mark.parametrize(("mode", "error"), FAULTS.items())
async def test_fault_fails_the_chosen_method(mode: str, error: type[Exception]) -> None:
    calls = []

    def fault(service: str, method: str) -> str | None:
        calls.append((service, method))
        return mode if method == "CreateSecret" else None

    async with serve(SecretManagerEmulator().service(), fault=fault) as at, client_of(at) as client:
        with pytest.raises(error):
            await client.create_secret(
                parent=PROJECT, secret_id="key", secret=sm.Secret(AUTOMATIC), retry=None
            )
        there = (await client.list_secrets(request={"parent": PROJECT})).total_size
    assert there == (mode == "truncate")
    assert calls == [("secret-manager", "CreateSecret"), ("secret-manager", "ListSecrets")]


@pytest.mark.parametrize(
    ("writing", "error"), [(False, errors.Unavailable), (True, errors.Ambiguous)]
)
async def test_hanging_call_ends_at_its_deadline(
    *, writing: bool, error: type[errors.Upstream]
) -> None:
    service = SecretManagerEmulator().service()
    async with serve(service, fault=lambda *_: "timeout") as at, client_of(at) as client:
        with (
            pytest.raises(error, match="DEADLINE_EXCEEDED"),
            translate_errors("s", writing=writing),
        ):
            await client.get_secret(name=KEY, timeout=0.05, retry=None)


async def test_stopped_server_is_unavailable() -> None:
    async with serve(SecretManagerEmulator().service()) as at:
        pass
    adapter = Adapter("demo", address=at)
    with pytest.raises(errors.Unavailable, match="UNAVAILABLE"):
        await adapter.access("key")
    with pytest.raises(errors.Ambiguous):
        await adapter.delete("key")
    await adapter.close()


# --- the adapter's cache of configuration


async def test_adapter_caches_configuration_for_minutes(address: str, clock: Seconds) -> None:
    adapter = Adapter("demo", address=address, now=clock)
    await adapter.create("key")
    await adapter.add("key", b" one\n")
    assert (await adapter.read("key")).text == "one"
    await adapter.add("key", b"two")
    assert (await adapter.read("key")).text == "one"
    fresh = await adapter.read("key", refresh=True)
    assert (fresh.text, fresh.version) == ("two", "2")
    await adapter.delete("key")
    assert (await adapter.read("key")).text == "two"
    assert (await adapter.read("key", "1")).text == "one"
    clock.advance(301)
    with pytest.raises(errors.UpstreamNotFound):
        await adapter.read("key")
    await adapter.delete("key")
    assert "two" not in f"{fresh!r} {fresh}"
    await adapter.close()


async def test_concurrent_first_calls_make_one_client(address: str) -> None:
    adapter = Adapter("demo", address=address)
    clients = await asyncio.gather(*(adapter._connect() for _ in range(20)))
    assert len(set(map(id, clients))) == 1
    await adapter.close()
    await adapter.close()


async def test_connected_client_prints_nothing_when_the_server_ends(
    capfd: pytest.CaptureFixture[str],
) -> None:
    for _ in range(20):
        async with AsyncExitStack() as client, serve(SecretManagerEmulator().service()) as address:
            await create(await client.enter_async_context(client_of(address)))
    assert capfd.readouterr().err == ""
