"""The numbered migrations. Each of their steps brings the documents of one collection forward."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from common.domain.accounts import belongings
from common.domain.conversation import conversation_path
from common.domain.documents import Document, Query, Version, Write, after
from common.domain.ids import TurnId, UserId
from common.domain.migrations import before_turns, titles
from common.domain.turn import turn_path
from common.ports.store import Store
from common.transactions.pages import read_all

Commit = Callable[[Sequence[Write]], Awaitable[Mapping[str, Version]]]
"""Commits writes, or prints them in a dry run, and returns the new versions by path."""


class MigrationStep(Protocol):
    """One step of a migration, safe to repeat. `collection` holds the documents that it visits."""

    @property
    def collection(self) -> str: ...

    async def upgrade(self, document: Document, commit: Commit, now: datetime) -> bool:
        """Bring one document forward, as it was just read. False: it must wait, so run again later."""
        ...


@dataclass(frozen=True)
class Migration:
    """`title` says what the stored documents have afterwards."""

    number: int
    title: str
    steps: Sequence[MigrationStep]


@dataclass(frozen=True)
class SettleOldTurns:
    """Settles turns of the old shape, of which the time is over."""

    store: Store
    collection: str = "turns"

    async def upgrade(self, document: Document, commit: Commit, now: datetime) -> bool:
        if not before_turns.is_old_turn(document):
            return True
        due_at = document.get("due_at")
        if due_at is not None and due_at > now:
            return False  # its process may still run
        conversation, ledger = await self.store.get(before_turns.old_turn_paths(document))
        await commit(before_turns.settle_old_turn(document, conversation, ledger))
        return True


@dataclass(frozen=True)
class UpgradeSessions:
    """Notes since when sessions are live."""

    collection: str = "avatar_sessions"

    async def upgrade(self, document: Document, commit: Commit, now: datetime) -> bool:  # noqa: ARG002 - a parameter of MigrationStep
        await commit(before_turns.upgrade_session(document))
        return True


@dataclass(frozen=True)
class UpgradeConversations:
    """Numbers the messages of conversations, and adds the fields that conversations lack."""

    store: Store
    collection: str = "conversations"

    async def upgrade(self, document: Document, commit: Commit, now: datetime) -> bool:  # noqa: ARG002 - a parameter of MigrationStep
        last: Document | None = None
        path = before_turns.lease_turn_path(document)
        turn = (await self.store.get([path]))[0] if path else None
        while True:
            found = await self.store.query(before_turns.old_messages(document, last))
            moved = before_turns.upgrade_conversation(document, found, turn)
            versions = await commit(moved.writes)
            known = after({document.path: document}, moved.writes, versions)
            document, last = known[document.path], moved.last
            if last is None:
                return True


@dataclass(frozen=True)
class UpgradeLedgers:
    """Adds days to the ledgers of the users who own the documents of a collection.

    `seen` are users whose ledgers this run has visited.
    """

    store: Store
    collection: str
    seen: set[str]

    async def upgrade(self, document: Document, commit: Commit, now: datetime) -> bool:  # noqa: ARG002 - a parameter of MigrationStep
        user = document.get("uid")
        if not user or user in self.seen:
            return True
        async for ledger in read_all(self.store, belongings.below(UserId(user), "usage")):
            await commit(before_turns.upgrade_ledger(ledger))
        self.seen.add(user)
        return True


@dataclass(frozen=True)
class MoveKeys:
    """Moves the keys of messages into their turns."""

    store: Store
    collection: str = "idempotency"

    async def upgrade(self, document: Document, commit: Commit, now: datetime) -> bool:  # noqa: ARG002 - a parameter of MigrationStep
        conversation = before_turns.answered_conversation(document)
        if conversation is None:
            return True
        paths = [turn_path(TurnId(document.id)), conversation_path(conversation)]
        turn, owner = await self.store.get(paths)
        query = Query(f"{owner.path}/messages", limit=500)
        messages = [each async for each in read_all(self.store, query)] if owner.exists else []
        await commit(before_turns.upgrade_claim(document, turn, owner, messages))
        return True


@dataclass(frozen=True)
class UpgradeTitles:
    """Makes conversations searchable by each word of their titles."""

    store: Store
    collection: str = "conversations"

    async def upgrade(self, document: Document, commit: Commit, now: datetime) -> bool:  # noqa: ARG002 - a parameter of MigrationStep
        messages: list[Document] = []
        if titles.has_no_title(document):
            messages = await self.store.query(titles.first_messages(document))
        await commit(titles.upgrade_title(document, messages))
        return True


def migrations(store: Store) -> list[Migration]:
    """Return all migrations, the oldest first. A new one gets the next number, here."""
    owned = ("conversations", "avatar_sessions", "ended_sessions")
    seen: set[str] = set()
    return [
        Migration(
            1,
            "numbered messages, turns that hold their answer, usage by day",
            [
                SettleOldTurns(store),
                UpgradeSessions(),
                UpgradeConversations(store),
                *(UpgradeLedgers(store, collection, seen) for collection in owned),
                MoveKeys(store),
            ],
        ),
        Migration(2, "titles that are found by each of their words", [UpgradeTitles(store)]),
    ]
