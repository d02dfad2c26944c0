"""A person's account: profile, preferences, usage, and its deletion."""

from dataclasses import asdict, dataclass
from datetime import UTC

from common.accounts.changes import ChangeProfile, RequestDeletion, RestoreAccount
from common.domain.accounts.certificate import Certificate, certificate_path
from common.domain.accounts.profile import Profile
from common.domain.documents import Document
from common.domain.errors import NotFound, Unavailable
from common.domain.quota import METERS, Ledger, ledger_path, month_of, months_until, used_by_day
from common.domain.user import User
from common.ports.dependencies import Dependencies
from common.schemas.account import (
    AccountAnswer,
    AccountDeletion,
    AccountPreferences,
    AccountUsageAnswer,
    ChangeAccountRequest,
    DayOfUse,
    DeletionCertificate,
    MonthOfUse,
    ReadCertificateRequest,
)
from common.transactions.account import account_paths, ledger_of, usage_of
from common.transactions.transaction import Transactions

MONTHS = 12


@dataclass(frozen=True)
class AccountUseCase:
    deps: Dependencies

    async def read(self, caller: User) -> AccountAnswer:
        """Return the account. The first call creates its document."""
        return await self.change(caller, ChangeAccountRequest())

    async def change(self, caller: User, request: ChangeAccountRequest) -> AccountAnswer:
        """Change name and preferences. Raises Invalid, AccountClosing."""
        preferences = request.preferences.model_dump(exclude_unset=True)
        fields = request.model_dump(include={"name"}, exclude_unset=True)
        change = ChangeProfile(caller, self.deps.settings, preferences, fields)
        return _answer(caller, (await self._transactions.run(change)).result)

    async def request_deletion(self, caller: User) -> AccountDeletion:
        """Request the deletion. Raises Unavailable while the key of the hashes cannot be read."""
        if caller.former is None:
            raise Unavailable("identity", "the account's key cannot be read", retry_after=5)
        request = RequestDeletion(caller, self.deps.settings, self.deps.new_id())
        deletion = (await self._transactions.run(request)).result
        return AccountDeletion(**_without_former(asdict(deletion)))

    async def restore(self, caller: User) -> AccountAnswer:
        """Take the deletion back. Raises NoDeletion if it has begun."""
        restored = await self._transactions.run(RestoreAccount(caller, self.deps.settings))
        return _answer(caller, restored.result)

    async def usage(self, caller: User) -> AccountUsageAnswer:
        """Return the usage of this month and of the last twelve, in one round trip."""
        now = self.deps.clock.now()
        months = months_until(now, MONTHS)
        ledgers = [ledger_path(caller.uid, month) for month in months]
        documents = await self._transactions.read(*account_paths(caller, now), *ledgers)
        ledger = ledger_of(documents, caller, self.deps.settings, now)
        days = used_by_day(ledger.document)
        empty = dict.fromkeys(METERS, 0)
        month = month_of(now)
        return AccountUsageAnswer(
            usage=usage_of(ledger),
            months=[
                _month(month, documents[path]) for month, path in zip(months, ledgers, strict=True)
            ],
            days=[
                DayOfUse(day=f"{month}-{day:02d}", meters=days.get(day, empty))
                for day in range(1, now.astimezone(UTC).day + 1)
            ],
        )

    async def certificate(self, request: ReadCertificateRequest) -> DeletionCertificate:
        """Return the certificate of a deletion. Raises NotFound."""
        path = certificate_path(request.certificate_id)
        found = Certificate.read((await self._transactions.read(path))[path])
        if found is None:
            raise NotFound("There is no such certificate.")
        return DeletionCertificate(
            certificate_id=found.id,
            state="deleting" if found.finished_at is None else "deleted",
            requested_at=found.requested_at,
            began_at=found.began_at,
            finished_at=found.finished_at,
            counts=found.counts,
            backups_until=found.backups_until,
        )

    @property
    def _transactions(self) -> Transactions:
        return Transactions(self.deps.store, self.deps.clock, self.deps.pause)


def _month(month: str, document: Document) -> MonthOfUse:
    return MonthOfUse(month=month, meters=Ledger.use_of(document))


def _answer(caller: User, profile: Profile) -> AccountAnswer:
    name = profile.name or caller.claims.get("name")
    deletion = profile.deletion
    return AccountAnswer(
        uid=caller.uid,
        name=name if isinstance(name, str) else None,
        email=caller.email,
        plan=profile.plan,
        preferences=AccountPreferences.model_validate(asdict(profile.preferences)),
        created_at=profile.created_at,
        deletion=AccountDeletion(**_without_former(asdict(deletion))) if deletion else None,
    )


def _without_former(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if name != "former"}
