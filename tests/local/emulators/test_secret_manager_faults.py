import asyncio
from contextlib import AsyncExitStack

import pytest
from google.api_core import exceptions as google
from google.cloud import secretmanager_v1 as sm

from common.adapters.google.grpc_client import translate_errors
from common.adapters.google.secret_manager import SecretManagerClient as Adapter
from common.domain import errors
from infra.local.emulators.grpc_server import serve
from infra.local.emulators.secret_manager import SecretManagerEmulator
from tests.local.emulators.secret_manager_client import (
    AUTOMATIC,
    KEY,
    PROJECT,
    client_of,
    create,
)
from tests.support.fakes.vault import Seconds

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
