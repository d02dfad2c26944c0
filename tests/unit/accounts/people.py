"""A person with something of everything, and what the services still hold of a user."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from common.adapters.sqlite import values
from common.adapters.sqlite.store import SqliteStore
from common.domain.accounts import belongings
from common.domain.documents import Query
from common.domain.user import User
from tests.support.harness import ADA, Harness, end, speak

EVE = replace(
    ADA,
    uid=type(ADA.uid)("eve"),
    email="eve@example.test",
    claims={"name": "Eve"},
    former=("hash-uid", "hash-email"),
)


def signed_in(user: User, at: datetime, *, uid: str | None = None) -> User:
    former = ("hash-" + uid, *(user.former or ())[1:]) if uid else user.former
    return replace(user, uid=type(user.uid)(uid or user.uid), signed_in_at=at, former=former)


async def fill(harness: Harness, user: User = EVE) -> str:
    """Have two conversations, one of them spoken. Return the id of the spoken one."""
    started = await harness.start(user)
    await harness.whole_chat("Tell me a story.", user, conversation_id=started.conversation_id)
    await speak(harness.app, started.avatar_session_id, "Good to see you.", user)
    await end(harness.app, started.avatar_session_id, user)
    await harness.whole_chat("What time is it?", user)
    return started.conversation_id


async def documents_of(harness: Harness, user: User) -> list[str]:
    """Return the path of each document that names the uid, in its path or in any of its fields."""
    store = harness.store.inner
    assert isinstance(store, SqliteStore)
    with store._open() as database:
        rows = database.execute("SELECT path, body FROM documents").fetchall()
    return [path for path, body in rows if names(path, values.load(body), user)]


def names(path: str, fields: object, user: User) -> bool:
    """Return True if the uid stands in the path, or is the value of any field."""
    return user.uid in path.split("/") or f"'{user.uid}'" in str(fields)


async def owned(harness: Harness, collection: str, user: User) -> list[dict[str, Any]]:
    query: Query = belongings.documents_of(collection, user.uid)
    return [dict(found.fields or {}) for found in await harness.store.inner.query(query)]
