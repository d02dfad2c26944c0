"""Read, decide, commit: the one way in which a use case changes anything.

    read ──► decide (pure) ──► commit ──► done
     ▲                            │
     └──── conflict, or no confirmation: read and decide again

A commit that was not confirmed may have held, or may still hold later. `decide` therefore
recognises its own work in the documents that it is given (a turn by its `holder`) and goes on from
there.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from common.domain import deadlines
from common.domain.documents import Document, Write, after
from common.domain.errors import Ambiguous, Busy, Conflict, Refused, Unavailable
from common.ports.clock import Clock, Pause
from common.ports.store import Store

T = TypeVar("T")
Documents = Mapping[str, Document]
STORE = "store"


@dataclass(frozen=True)
class Decision(Generic[T]):
    """The writes to commit, and their result. Without writes nothing is committed."""

    result: T
    writes: Sequence[Write] = ()


class ReadMore(Exception):
    """Raised by `decide` when a document that it has read names another one that it needs."""

    def __init__(self, *paths: str) -> None:
        super().__init__(*paths)
        self.paths = paths


class Transaction(Protocol[T]):
    """One decision. `paths` are read in one round trip; `decide` is pure."""

    def paths(self, now: datetime) -> Iterable[str]: ...

    def decide(self, documents: Documents, now: datetime) -> Decision[T]:
        """Raise a `Refused` error, `ReadMore`, or return a decision."""
        ...


@dataclass(frozen=True)
class Committed(Generic[T]):
    """A decision that holds.

    `documents` are as they stand after the commit. `read_at` is the event loop's time at which the
    last read was sent: the documents were at least as new as that. `now` is the wall clock's time
    then.
    """

    result: T
    documents: dict[str, Document]
    read_at: float
    now: datetime

    def loop_time(self, at: datetime) -> float:
        """Return the event loop's time at which the wall clock shows `at`."""
        return self.read_at + (at - self.now).total_seconds()


@dataclass(frozen=True)
class Patience:
    """How long a transaction tries, in seconds: at all, and while the store does not answer."""

    total: float
    away: float


ADMISSION = Patience(deadlines.ADMIT, deadlines.STORE_AWAY)
SETTLEMENT = Patience(deadlines.SETTLE, deadlines.SETTLE)


@dataclass(frozen=True)
class Transactions:
    store: Store
    clock: Clock
    pause: Pause

    async def read(self, *paths: str) -> dict[str, Document]:
        """Return the documents by path, in one round trip."""
        documents = await self.store.get(list(dict.fromkeys(paths)))
        return {document.path: document for document in documents}

    async def run(
        self,
        transaction: Transaction[T],
        patience: Patience = ADMISSION,
        documents: Documents | None = None,
    ) -> Committed[T]:
        """Read, decide and commit until it holds.

        `documents` replace the first read, if they hold every path of the transaction.

        Raises what `decide` raises. `Ambiguous`: a commit was sent and its fate is not known, so
        not even a refusal may say that nothing was changed. `Unavailable`: nothing was changed.
        """
        attempt = _Attempt(patience)
        while True:
            try:
                return await self._once(transaction, attempt, documents)
            except Refused as refusal:
                raise attempt.ambiguous() if attempt.unconfirmed else refusal from None
            except (Conflict, Unavailable, Ambiguous) as error:
                attempt.note(error)
                await self.pause(min(attempt.number, 5))
            documents = None

    async def _once(
        self, transaction: Transaction[T], attempt: "_Attempt", documents: Documents | None
    ) -> Committed[T]:
        now, read_at = self.clock.now(), asyncio.get_running_loop().time()
        paths = list(transaction.paths(now))
        if documents is None or not documents.keys() >= set(paths):  # the month may have changed
            documents = await self.read(*paths)
        decision, documents = await self._decide(transaction, documents, now)
        if not decision.writes:
            return Committed(decision.result, dict(documents), read_at, now)
        try:
            versions = await self.store.commit(decision.writes)
        except Ambiguous:
            attempt.unconfirmed = True
            raise
        known = after(documents, decision.writes, versions)
        return Committed(decision.result, known, read_at, now)

    async def _decide(
        self, transaction: Transaction[T], documents: Documents, now: datetime
    ) -> tuple[Decision[T], Documents]:
        while True:
            try:
                return transaction.decide(documents, now), documents
            except ReadMore as more:
                documents = {**documents, **await self.read(*more.paths)}


@dataclass
class _Attempt:
    """How often and how long one transaction was tried."""

    patience: Patience
    number: int = 0
    unconfirmed: bool = False
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def note(self, error: Conflict | Unavailable | Ambiguous) -> None:
        """Count a try that failed. Raises where trying again is over."""
        if not isinstance(error, Conflict) and error.service != STORE:
            raise self.ambiguous() if self.unconfirmed else error
        self.number += 1
        waited = asyncio.get_running_loop().time() - self.began
        limit = self.patience.away if isinstance(error, Unavailable) else self.patience.total
        if waited < limit:
            return
        if self.unconfirmed or isinstance(error, Ambiguous):
            raise self.ambiguous()
        if isinstance(error, Conflict):
            raise Busy(STORE, "too many requests changed the same thing", retry_after=1)
        raise error

    @staticmethod
    def ambiguous() -> Ambiguous:
        return Ambiguous(STORE, "a commit was not confirmed", retry_after=5)
