from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from common.conversations.settlement import turn_paths
from common.domain.documents import Document, Version, Write, after
from common.domain.turn import TurnRecord
from common.transactions.transaction import SETTLEMENT, Transaction, Transactions

T = TypeVar("T")


@dataclass
class TurnBook:
    """The documents of one turn as its process last knew them.

    A later commit is first decided on these, without a read. If another process changed one of
    them, the commit meets a conflict and decides again on what it reads.
    """

    transactions: Transactions
    record: TurnRecord
    documents: dict[str, Document]

    @classmethod
    def open(
        cls, transactions: Transactions, record: TurnRecord, documents: Mapping[str, Document]
    ) -> "TurnBook":
        known = {path: documents.get(path, Document(path, None)) for path in turn_paths(record)}
        if record.share not in documents:  # not known: the first commit reads it
            known.pop(record.share, None)
        return cls(transactions, record, known)

    @property
    def version(self) -> Version:
        return self.documents[self.record.path].version

    def known(self) -> TurnRecord:
        return TurnRecord.read(self.documents[self.record.path]) or self.record

    def learn(self, document: Document) -> None:
        self.documents[document.path] = document

    async def write(self, write: Write) -> None:
        """Commit one write of the turn's document, without a retry."""
        versions = await self.transactions.store.commit([write])
        self.documents = after(self.documents, [write], versions)

    async def commit(self, transaction: Transaction[T]) -> T:
        """Run a transaction of this turn. Retries every failure of the store for 15 s."""
        done = await self.transactions.run(transaction, SETTLEMENT, self.documents)
        self.documents |= {path: done.documents[path] for path in turn_paths(self.record)}
        return done.result
