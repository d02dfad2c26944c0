"""Documents of the contract suite, and how it reads them."""

from datetime import UTC, datetime
from typing import Any

from common.domain.documents import Create, Query, Version
from common.ports.store import Store

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, UTC)


async def fields_of(store: Store, path: str) -> Any:
    (document,) = await store.get([path])
    return document.fields


async def version_of(store: Store, path: str) -> Version:
    (document,) = await store.get([path])
    return document.version


async def fill(store: Store, collection: str, **bodies: dict[str, Any]) -> None:
    await store.commit([Create(f"{collection}/{name}", body) for name, body in bodies.items()])


async def found(store: Store, query: Query) -> list[str]:
    return [document.id for document in await store.query(query)]
