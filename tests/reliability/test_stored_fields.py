"""Two revisions serve side by side: each stored document may have one field more, or one less.

The documents are those of a user who has talked, whose turn was swept, and whose session has ended. A
reader may refuse what it cannot use; it raises no bug, and the sweep goes on.
"""

import asyncio
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from common.adapters.sqlite import values
from common.adapters.sqlite.store import SqliteStore
from common.domain.documents import Create
from common.domain.errors import OprinaError
from common.schemas.account import ChangeAccountRequest
from common.schemas.conversations import (
    DeleteConversationRequest,
    ListConversationsRequest,
    ListMessagesRequest,
    RateMessageRequest,
    ReadConversationRequest,
)
from tests.support.google_consent import give_consent
from tests.support.harness import (
    ADA,
    Harness,
    advance,
    chat,
    chat_answer,
    end,
    keep_alive,
    leave,
    new_harness,
    speak,
    start,
    sweep,
)

Documents = dict[str, dict[str, Any]]
NAMED_BY_ITS_OWNER = {"uid"}
"""Every document carries its owner: without that field it is no user's."""


def dump(harness: Harness) -> Documents:
    store = harness.store.inner
    assert isinstance(store, SqliteStore)
    assert store._opened is not None
    rows = store._opened.execute("SELECT path, body FROM documents")
    return {path: dict(values.load(body) or {}) for path, body in rows}


async def talk(harness: Harness) -> Documents:
    """Leave a document of each kind: of a running session, an ended one, and of each kind of turn.

    Return the documents while a session starts and a turn runs.
    """
    app = harness.app
    await app.accounts.change(ADA, ChangeAccountRequest.model_validate({"name": "Ada"}))
    gone = await chat_answer(app, "Forget this.")
    await app.history.delete(ADA, DeleteConversationRequest(conversation_id=gone.conversation_id))
    ended = await start(app, key="ended")
    await end(app, ended.avatar_session_id)
    started = await start(app, key="start")
    same: dict[str, Any] = {"conversation_id": started.conversation_id}
    await chat_answer(app, "Hello.", key="chat", **same)
    await speak(app, started.avatar_session_id, "Some words.", key="speak")
    await keep_alive(app, started.avatar_session_id, key="keep")
    (reply, *_) = (await app.history.messages(ADA, ListMessagesRequest(**same))).messages[1:]
    rating = RateMessageRequest(message_id=reply.message_id, rating="good", **same)
    await app.history.rate(ADA, rating)
    await give_consent(app, harness.google, ADA)
    harness.agent.replies.append([60.0, "Not yet."])
    running = await chat(app, "Think.", key="running", **same)
    await asyncio.sleep(6)
    harness.avatars.slow["start"] = 5.0
    starting = asyncio.ensure_future(start(app, key="starting"))
    await asyncio.sleep(1)
    documents = dump(harness)
    await leave(running)
    await starting
    return documents


async def use(harness: Harness, conversation: str, session: str) -> list[BaseException]:
    """Read and change everything. Return the bugs."""
    app = harness.app
    bugs: list[BaseException] = []
    same: dict[str, Any] = {"conversation_id": conversation}
    calls = (
        lambda: app.history.page(ADA, ListConversationsRequest()),
        lambda: app.history.read(ADA, ReadConversationRequest(**same)),
        lambda: app.history.messages(ADA, ListMessagesRequest(**same)),
        lambda: start(app, key="start"),
        lambda: start(app, key="starting"),
        lambda: start(app, **same),
        lambda: start(app),
        lambda: keep_alive(app, session, key="keep"),
        lambda: chat_answer(app, "Hello.", key="chat", **same),
        lambda: speak(app, session, "Some words.", key="speak"),
        lambda: chat_answer(app, "And now?", **same),
        lambda: speak(app, session, "More words."),
        lambda: end(app, session),
        lambda: app.connections.disconnect(ADA),
        lambda: sweep(app),
    )
    for call in calls:
        try:
            await call()
        except OprinaError as error:
            if error.status >= 500:
                bugs.append(error)
        except Exception as error:  # noqa: BLE001 - a bug is what the test is after
            bugs.append(error)
    advance(harness.clock, 3_600)
    swept = await sweep(app)
    return [*bugs, *([RuntimeError("the sweep failed")] if swept.failed else [])]


def kinds(documents: Documents) -> dict[str, str]:
    """Return one path of each kind of document."""
    found: dict[str, str] = {}
    for path, fields in sorted(documents.items()):
        collection = "/".join(path.split("/")[0::2])
        is_open = collection == "idempotency" and fields["answer"] is None
        more = "open" if is_open else "rated" if "feedback" in fields else None
        words = (collection, fields.get("state"), fields.get("function"), more)
        found[" ".join(filter(None, words))] = path
    return found


def fewer(fields: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the document without each of its fields, and without each field of its maps."""
    for name, value in fields.items():
        if name in NAMED_BY_ITS_OWNER:
            continue
        others = {key: each for key, each in fields.items() if key != name}
        yield name, others
        if isinstance(value, dict):
            for within, less in fewer(value):
                yield f"{name}.{within}", others | {name: less}


@dataclass
class StoredScene:
    """A copy of everything, for one change of a document."""

    harness: Harness
    documents: Documents

    async def copy(self, path: str, fields: dict[str, Any]) -> Harness:
        """Return a harness that has all documents, with other fields at `path`."""
        base, made = self.harness, new_harness(slots_per_user=2)
        made.clock.epoch = base.clock.epoch
        made.avatars.sessions = copy.deepcopy(base.avatars.sessions)
        made.vault.kept = dict(base.vault.kept)
        made.agent.sessions = copy.copy(base.agent.sessions)
        stored = self.documents | {path: fields}
        await made.store.commit([Create(each, found) for each, found in stored.items()])
        return made

    async def bugs(self, path: str, fields: dict[str, Any]) -> list[BaseException]:
        """Use everything, with other fields at `path`. Return the bugs."""
        live = kinds(self.documents)["avatar_sessions live"]
        made = await self.copy(path, fields)
        conversation = self.documents[live]["conversation_id"]
        found = await use(made, conversation, live.rpartition("/")[2])
        await made.store.close()
        return found


async def scene() -> StoredScene:
    harness = new_harness(slots_per_user=2)
    return StoredScene(harness, await talk(harness))


KINDS = (
    "avatar_sessions live",
    "avatar_sessions starting",
    "conversations",
    "conversations/messages",
    "conversations/messages rated",
    "deleted_conversations deleted",
    "ended_sessions ended",
    "google_consents held",
    "idempotency",
    "idempotency open",
    "limits",
    "turns running chat",
    "turns settled chat",
    "turns settled speak",
    "users",
    "users/connections connected",
    "users/slots",
    "users/usage",
)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_field_less_is_no_bug(kind: str) -> None:
    made, bugs = await scene(), {}
    path = kinds(made.documents)[kind]
    for name, less in fewer(made.documents[path]):
        if found := await made.bugs(path, less):
            bugs[name] = found
    await made.harness.store.close()
    assert bugs == {}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_field_more_is_no_bug(kind: str) -> None:
    made = await scene()
    path = kinds(made.documents)[kind]
    more = made.documents[path] | {"of_a_newer_release": {"a": [1]}}
    assert await made.bugs(path, more) == []
    await made.harness.store.close()


async def test_every_kind_of_document_is_tried() -> None:
    made = await scene()
    assert {*kinds(made.documents)} - {"avatar_sessions/events"} == {*KINDS}
    await made.harness.store.close()
