"""Delete an account after its days of grace, so that any sweep can finish what another one began.

    mark and certificate ──► sessions ──► Google ──► conversations ──► turns ──► usage is kept by hash
        ──► documents ──► the user of the sign-in ──► the account's document, certificate `deleted`

Each step looks for what is left and deletes it, so the whole can be repeated, and can run twice at
once. The account's document goes last: until then each sweep finds it. Spending is refused since the
request, so nothing new is added.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from common.accounts.deletion_steps import delete_found
from common.domain.accounts import belongings
from common.domain.accounts.certificate import (
    begin_certificate,
    certificate_path,
    finish_certificate,
)
from common.domain.accounts.former import former_path, keep_use
from common.domain.accounts.profile import Profile, RequestedDeletion, profile_path
from common.domain.documents import Delete, Document, Query, Write, due_documents
from common.domain.ids import UserId
from common.domain.quota import Ledger, ledger_path, month_of
from common.ports.dependencies import Dependencies
from common.transactions.pages import read_all
from common.transactions.transaction import SETTLEMENT, Decision, Documents, Transactions


class DeletionStep(Protocol):
    """Deletes one kind of what belongs to a user."""

    async def delete(self, user: UserId) -> bool:
        """Return True if nothing is left, False if a later sweep must go on.

        Raises `Upstream` errors. May be repeated.
        """


@dataclass(frozen=True)
class BeginDeletion:
    """Mark that a due deletion runs, and write its certificate (a `Transaction`).

    The result is the deletion, also one that began before; None if it is not due, or was taken back.
    """

    user: UserId
    counts: dict[str, int]

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [profile_path(self.user)]

    def decide(self, documents: Documents, now: datetime) -> Decision[RequestedDeletion | None]:
        profile = Profile.read(documents[profile_path(self.user)])
        deletion = profile.deletion
        if deletion is None or deletion.deletes_at > now:
            return Decision(None)
        if profile.is_deleting:
            return Decision(deletion)
        certificate = begin_certificate(deletion, self.counts, now)
        return Decision(deletion, [profile.begin_deletion(), certificate])


@dataclass(frozen=True)
class KeepUse:
    """Keep the account's use of this month under its hashes (a `Transaction`)."""

    user: UserId
    deletion: RequestedDeletion

    def paths(self, now: datetime) -> Iterable[str]:
        return [ledger_path(self.user, month_of(now)), *map(former_path, self.deletion.former)]

    def decide(self, documents: Documents, now: datetime) -> Decision[None]:
        ledger, *former = (documents[path] for path in self.paths(now))
        used = Ledger.use_of(ledger)
        return Decision(None, keep_use(former, self.deletion.certificate_id, used, now))


@dataclass(frozen=True)
class FinishDeletion:
    """Delete the account's document and finish the certificate (a `Transaction`)."""

    user: UserId
    certificate: str
    backups: timedelta

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [profile_path(self.user), certificate_path(self.certificate)]

    def decide(self, documents: Documents, now: datetime) -> Decision[None]:
        profile, certificate = (documents[path] for path in self.paths(now))
        if not profile.exists:
            return Decision(None)
        writes: list[Write] = [Delete(profile.path, read=profile.version)]
        if certificate.exists:
            writes.append(finish_certificate(self.certificate, now, self.backups))
        return Decision(None, writes)


class DeleteAccounts:
    """Deletes accounts whose days of grace are over (a sessions/due_work.py `DueWork`)."""

    def __init__(self, deps: Dependencies, steps: Sequence[DeletionStep]) -> None:
        self._deps = deps
        self._steps = steps
        self._transactions = Transactions(deps.store, deps.clock, deps.pause)

    def due(self, now: datetime, limit: int) -> Query:
        return due_documents("users", now, limit)

    async def finish(self, document: Document, counts: Counter[str]) -> None:
        user = UserId(document.id)
        begin = BeginDeletion(user, await self._inventory(document))
        deletion = (await self._transactions.run(begin, SETTLEMENT)).result
        if deletion is None:
            return
        for step in self._steps:
            if not await step.delete(user):
                return
        await self._transactions.run(KeepUse(user, deletion), SETTLEMENT)
        store = self._deps.store
        for collection in belongings.BELOW:
            await delete_found(store, belongings.below(user, collection))
        for collection in belongings.OWNED:
            await delete_found(store, belongings.documents_of(collection, user))
        await self._deps.sign_ins.delete_user(user)
        backups = timedelta(days=self._deps.settings.backup_days)
        finish = FinishDeletion(user, deletion.certificate_id, backups)
        await self._transactions.run(finish, SETTLEMENT)
        counts["accounts_deleted"] += 1

    async def _inventory(self, document: Document) -> dict[str, int]:
        """Count what the account has, unless its deletion has begun."""
        if Profile.read(document).is_deleting:
            return {}
        user, store = UserId(document.id), self._deps.store
        counts: Counter[str] = Counter()
        for collection in belongings.OWNED:
            async for found in read_all(store, belongings.documents_of(collection, user)):
                counts[collection] += 1
                if collection == "conversations":
                    async for _ in read_all(store, belongings.messages_of(found.id)):
                        counts["messages"] += 1
        for collection in belongings.BELOW:
            async for _ in read_all(store, belongings.below(user, collection)):
                counts[collection] += 1
        return dict(counts)
