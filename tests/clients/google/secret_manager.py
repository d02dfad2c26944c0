"""google-cloud-secret-manager against the local stack, with its synchronous and asynchronous client."""

# mypy: disable-error-code="no-untyped-call,no-any-return,attr-defined"

import asyncio
from datetime import timedelta
from typing import Any

import grpc  # type: ignore[import-untyped]  # grpcio ships no types
from google.cloud import secretmanager_v1 as sm
from google.cloud.secretmanager_v1.services.secret_manager_service import transports
from grpc import aio as grpc_aio

from tests.clients.report import ClientAddresses, Report, check, collect, refused, settle


async def main() -> None:
    address = ClientAddresses.from_arguments()
    channel = grpc.insecure_channel(address.grpc)
    transport = transports.SecretManagerServiceGrpcTransport(channel=channel)
    await visit(address, "sync", sm.SecretManagerServiceClient(transport=transport))
    aio_channel = grpc_aio.insecure_channel(address.grpc)
    aio_transport = transports.SecretManagerServiceGrpcAsyncIOTransport(channel=aio_channel)
    await visit(address, "async", sm.SecretManagerServiceAsyncClient(transport=aio_transport))
    await aio_channel.close()


async def visit(address: ClientAddresses, kind: str, client: Any) -> None:
    report = Report(f"secret-manager {sm.__version__} {kind}")
    parent, key = f"projects/{address.project}", f"projects/{address.project}/secrets/{kind}"
    version = f"{key}/versions/1"

    with report.call("create, get"):
        secret = {
            "replication": {"automatic": {}},
            "labels": {"app": "oprina", "kind": kind},
            "ttl": timedelta(hours=1),
        }
        request = {"parent": parent, "secret_id": kind, "secret": secret}
        made = await settle(client.create_secret(request=request))
        got = await settle(client.get_secret(name=key))
        check(got == made and got.etag and got.expire_time, got)
    with report.call("add, access latest"):
        await settle(client.add_secret_version(parent=key, payload={"data": b"one"}))
        answer = await settle(client.access_secret_version(name=f"{key}/versions/latest"))
        check(answer.payload.data == b"one" and answer.name == version, answer)
    with report.call("add of an empty payload is refused"), refused("cannot be empty"):
        await settle(client.add_secret_version(parent=key, payload={"data": b""}))
    with report.call("destroy with a wrong etag is refused"):
        with refused("FailedPrecondition"):
            request = {"name": version, "etag": '"nope"'}
            await settle(client.destroy_secret_version(request=request))
        check((await settle(client.get_secret_version(name=version))).state.name == "ENABLED")
    with report.call("update labels"):
        before = await settle(client.get_secret(name=key))
        changed = {"name": key, "etag": before.etag, "labels": {"app": "other", "kind": kind}}
        request = {"secret": changed, "update_mask": {"paths": ["labels"]}}
        after = await settle(client.update_secret(request=request))
        check(after.labels["app"] == "other" and after.etag != before.etag, after)
    with report.call("list with a filter"):
        request = {"parent": parent, "filter": f"labels.kind={kind}"}
        found = await collect(client.list_secrets(request=request))
        check([each.name for each in found] == [key], found)
    with report.call("list of versions, page by page"):
        for data in (b"two", b"three"):
            await settle(client.add_secret_version(parent=key, payload={"data": data}))
        pages = {"parent": key, "page_size": 1}
        versions = await collect(client.list_secret_versions(request=pages))
        check([each.name[-1] for each in versions] == ["3", "2", "1"], versions)
    with report.call("disable, enable, destroy"):
        await settle(client.disable_secret_version(name=version))
        with refused("FailedPrecondition"):
            await settle(client.access_secret_version(name=version))
        await settle(client.enable_secret_version(name=version))
        gone = await settle(client.destroy_secret_version(name=version))
        check(gone.state.name == "DESTROYED", gone)
    with report.call("delete"):
        await settle(client.delete_secret(name=key))
        with refused("NotFound"):
            await settle(client.get_secret(name=key))


if __name__ == "__main__":
    asyncio.run(main())
