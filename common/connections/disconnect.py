"""End a connection: revoke the grant at Google, delete the refresh token, delete the documents.

One commit makes the connection `disconnecting` and its consent `revoking`. Everything after it can
be done by any process, twice, or by the sweep.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from common.domain.documents import Document, Query, Where, Write, due_documents
from common.domain.errors import Failed, UpstreamNotFound
from common.domain.google.connection import GoogleConnection, connection_path
from common.domain.google.consent import COLLECTION, Consent, consent_path
from common.domain.ids import UserId
from common.observability.log import log
from common.ports.dependencies import Dependencies
from common.transactions.transaction import SETTLEMENT, Decision, Documents, ReadMore, Transactions

WITH_SECRET = {"exchanging", "refused", "released", "revoking"}
"""States in which the secret of a refresh token may exist, and must go."""


@dataclass(frozen=True)
class Disconnect:
    """Begin to disconnect (a `Transaction`). The result is the consent to revoke, if there is one."""

    user: UserId

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [connection_path(self.user)]

    def decide(self, documents: Documents, now: datetime) -> Decision[str | None]:
        found = GoogleConnection.read(documents[connection_path(self.user)])
        if found is None:
            return Decision(None)
        path = consent_path(found.consent)
        if path not in documents:
            raise ReadMore(path)
        consent = Consent.read(documents[path])
        if consent is None:  # nothing is left that could be revoked
            return Decision(None, [found.delete()])
        if found.state == "disconnecting":
            return Decision(consent.id)
        return Decision(consent.id, [found.disconnect(), consent.revoke(now)])


@dataclass(frozen=True)
class DeleteConsent:
    """Delete a consent, and the connection that it revoked (a `Transaction`)."""

    id: str
    user: UserId

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [consent_path(self.id), connection_path(self.user)]

    def decide(self, documents: Documents, now: datetime) -> Decision[None]:  # noqa: ARG002 - a parameter of Transaction
        consent = Consent.read(documents[consent_path(self.id)])
        if consent is None or consent.state == "held":
            return Decision(None)
        writes: list[Write] = [consent.delete()]
        connection = GoogleConnection.read(documents[connection_path(self.user)])
        if connection is not None and connection.consent == consent.id:
            writes.append(connection.delete())
        return Decision(None, writes)


@dataclass(frozen=True)
class TryAgain:
    """Note that something of a consent is left (a `Transaction`)."""

    id: str

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [consent_path(self.id)]

    def decide(self, documents: Documents, now: datetime) -> Decision[None]:
        consent = Consent.read(documents[consent_path(self.id)])
        if consent is None or consent.due_at is None:
            return Decision(None)
        return Decision(None, [consent.try_again(now)])


class ReleaseConsents:
    """Finishes consents that are over (a sessions/due_work.py `DueWork`)."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._transactions = Transactions(deps.store, deps.clock, deps.pause)

    def due(self, now: datetime, limit: int) -> Query:
        return due_documents(COLLECTION, now, limit)

    async def finish(self, document: Document, counts: Counter[str]) -> None:  # noqa: ARG002 - a parameter of DueWork
        """Finish a consent that is due. A failure leaves it to a later sweep."""
        consent = Consent.read(document)
        if consent is None:
            return
        try:
            await self.finish_one(consent.id)
        except Exception:
            await self._transactions.run(TryAgain(consent.id), SETTLEMENT)
            raise

    async def finish_one(self, consent_name: str) -> None:
        """Revoke what must be revoked, and delete the refresh token and the document.

        Raises `Upstream` errors. It may be repeated, and run at the same time elsewhere.
        """
        path = consent_path(consent_name)
        consent = Consent.read((await self._transactions.read(path))[path])
        if consent is None or consent.state == "held":
            return
        if consent.state == "exchanging" and not self._is_overdue(consent):
            return
        if consent.state in WITH_SECRET:
            if await self._must_revoke(consent):
                await self._revoke(consent)
            await self._deps.grants.forget(consent.id)
        await self._transactions.run(DeleteConsent(consent.id, consent.uid), SETTLEMENT)

    async def forget_user(self, user: UserId) -> None:
        """Disconnect a user for good: revoke, and delete every document and secret.

        For the deletion of an account. Raises `Upstream` errors; it may be repeated.
        """
        await self._transactions.run(Disconnect(user), SETTLEMENT)
        query = Query(COLLECTION, (Where("uid", "==", user),))
        for document in await self._deps.store.query(query):
            await self.finish_one(document.id)

    def _is_overdue(self, consent: Consent) -> bool:
        return consent.due_at is not None and consent.due_at <= self._deps.clock.now()

    async def _must_revoke(self, consent: Consent) -> bool:
        """Return False if the user's connection lives on the same grant of the account."""
        if consent.state == "revoking":
            return True
        path = connection_path(consent.uid)
        return not (await self._transactions.read(path))[path].exists

    async def _revoke(self, consent: Consent) -> None:
        try:
            token = await self._deps.grants.open(consent.id)
        except UpstreamNotFound:
            return  # it was revoked and forgotten, or never kept
        try:
            await self._deps.google.revoke(token)
        except Failed as error:  # Google refuses for good: without the token there is no access
            log.warning("a Google grant was not revoked: %s", error.why)
