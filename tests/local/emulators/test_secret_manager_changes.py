from datetime import timedelta

import pytest
from google.api_core import exceptions as google
from google.cloud import secretmanager_v1 as sm

from tests.local.emulators.secret_manager_client import (
    KEY,
    PROJECT,
    Call,
    Client,
    add,
    create,
    read,
)
from tests.support.fakes.vault import Seconds


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
