"""Run migrations: page by page, with the progress in the store, so that a killed run is continued."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from common.domain.documents import Create, Delete, Document, Query, Version, Write
from common.domain.errors import Ambiguous, Busy, Conflict, Unavailable
from common.domain.migrations.progress import MigrationProgress, migration_path
from common.ports.clock import Clock, Pause
from common.ports.store import Store
from infra.migrate.steps import Migration, MigrationStep

T = TypeVar("T")
PAGE = 100
"""Documents after which the progress is written."""
TRIES = 6
"""A document that changes meanwhile, or a store that does not answer, is tried again this often."""
SHOWN_FIELDS = 8


@dataclass
class MigrationRun:
    """One run of `python -m infra.migrate`. With `dry_run` nothing is written."""

    store: Store
    clock: Clock
    pause: Pause
    report: Callable[[str], None]
    dry_run: bool = False
    page: int = PAGE
    counts: Counter[str] = field(default_factory=Counter)

    async def run(self, migrations: Sequence[Migration], again: int | None = None) -> bool:
        """Run what is not done, in order. Return False if documents are left for a later run.

        `again` is the number of a migration that runs although it is done: an older version may have
        written documents since, after a rollback.
        """
        for migration in migrations:
            if not await self._run(migration, again=migration.number == again):
                return False
        return True

    async def _run(self, migration: Migration, *, again: bool) -> bool:
        name = f"migration {migration.number} ({migration.title})"
        progress = await self._progress(migration)
        if progress.done_at is not None and not again:
            self.report(f"{name}: done on {progress.done_at:%Y-%m-%d %H:%M} UTC")
            return True
        if progress.exists and progress.done_at is None:
            self.report(f"{name}: goes on at step {progress.step + 1} of {len(migration.steps)}")
        self.counts.clear()
        left = progress.left
        for index in range(progress.step, len(migration.steps)):
            after = progress.after if index == progress.step else None
            left = await self._step(migration, index, after, left)
        done_at = None if left else self.clock.now()
        await self._note(migration, step=0, after=None, left=0, done_at=done_at)
        verb = "would write" if self.dry_run else "wrote"
        total = ", ".join(f"{count} {kind}" for kind, count in sorted(self.counts.items()))
        self.report(f"{name}: {verb} {total or 'nothing'}")
        if left:
            self.report(f"{name}: {left} documents are in use; run this command again later")
        return not left

    async def _step(self, migration: Migration, index: int, after: str | None, left: int) -> int:
        """Visit the documents of one step. Return how many documents are left so far."""
        step = migration.steps[index]
        query = Query(
            step.collection, limit=self.page, after=Document(after, {}) if after else None
        )
        while True:
            page = await self._read(partial(self.store.query, query))
            for document in page:
                left += not await self._document(step, document)
            if len(page) < self.page:
                await self._note(migration, step=index + 1, after=None, left=left)
                return left
            query = replace(query, after=page[-1])
            await self._note(migration, step=index, after=page[-1].path, left=left)

    async def _document(self, step: MigrationStep, document: Document) -> bool:
        """Bring one document forward. One that changed meanwhile is read and decided again."""
        for number in range(TRIES):
            try:
                return await step.upgrade(document, self._commit, self.clock.now())
            except (Conflict, Ambiguous, Unavailable):
                await self.pause(number)
            (document,) = await self._read(partial(self.store.get, [document.path]))
            if not document.exists:
                return True
        raise Busy("store", f"{document.path} changed each time; run this command again")

    async def _commit(self, writes: Sequence[Write]) -> Mapping[str, Version]:
        if not writes:
            return {}
        if self.dry_run:
            for write in writes:
                self.report(f"  {_describe(write)}")
        versions = {} if self.dry_run else await self.store.commit(writes)
        self.counts.update(_kind(write) for write in writes)
        return versions

    async def _progress(self, migration: Migration) -> MigrationProgress:
        path = migration_path(migration.number)
        (document,) = await self._read(partial(self.store.get, [path]))
        return MigrationProgress.read(document)

    async def _note(self, migration: Migration, **changed: object) -> None:
        """Write the progress. A second run at the same time writes it as well, and both go on."""
        if self.dry_run:
            return
        for number in range(TRIES):
            try:
                progress = await self._progress(migration)
                await self.store.commit([progress.write(self.clock.now(), **changed)])
            except (Conflict, Ambiguous, Unavailable):
                await self.pause(number)
            else:
                return
        raise Busy("store", "the progress cannot be written; run this command again")

    async def _read(self, read: Callable[[], Awaitable[T]]) -> T:
        """Read again while the store does not answer. Raises Unavailable in the end."""
        for number in range(TRIES - 1):
            try:
                return await read()
            except Unavailable:
                await self.pause(number)
        return await read()


def _kind(write: Write) -> str:
    if isinstance(write, Create):
        return "created"
    return "deleted" if isinstance(write, Delete) else "changed"


def _describe(write: Write) -> str:
    """Return a line for one write, such as `change conversations/c1: next_number, notes`."""
    if isinstance(write, Delete):
        return f"delete {write.path}"
    names = list(write.fields)
    more = ", …" if len(names) > SHOWN_FIELDS else ""
    verb = "create" if isinstance(write, Create) else "change"
    return f"{verb} {write.path}: {', '.join(names[:SHOWN_FIELDS])}{more}"
