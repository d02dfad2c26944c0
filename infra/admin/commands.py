"""Commands of an operator on the account of a user. Each one returns the lines to print."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from common.domain.accounts import belongings
from common.domain.accounts.profile import Profile, profile_path
from common.domain.avatar_session import AvatarSession
from common.domain.documents import Query, Where
from common.domain.errors import OprinaError, UpstreamNotFound
from common.domain.ids import AvatarSessionId, UserId
from common.domain.quota import METERS, Ledger, Meter, grant, ledger_path, month_of
from common.ports.dependencies import Dependencies
from common.sessions.end import SessionEnder, always
from common.transactions.pages import read_all
from common.transactions.transaction import Decision, Documents, Transactions
from infra.target import RefusedCommandError

PAGE = 100
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True)
class SetPlan:
    """Give a user a plan (a `Transaction`)."""

    user: UserId
    plan: str

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [profile_path(self.user)]

    def decide(self, documents: Documents, now: datetime) -> Decision[None]:
        profile = Profile.read(documents[profile_path(self.user)])
        return Decision(None, [profile.set_plan(self.plan, now)])


@dataclass(frozen=True)
class GrantAmount:
    """Add an amount to a user's allowance of one month (a `Transaction`)."""

    user: UserId
    meter: Meter
    amount: int
    month: str

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [ledger_path(self.user, self.month)]

    def decide(self, documents: Documents, now: datetime) -> Decision[None]:  # noqa: ARG002 - a parameter of Transaction
        (path,) = (ledger_path(self.user, self.month),)
        return Decision(None, [grant(documents[path], self.month, self.meter, self.amount)])


@dataclass(frozen=True)
class Admin:
    """The commands, on the services of a local stack or of a deployment."""

    deps: Dependencies

    async def show(self, user: UserId) -> list[str]:
        """Return plan, preferences, this month's use, sessions and a requested deletion."""
        now, store = self.deps.clock.now(), self.deps.store
        path, ledger_at = profile_path(user), ledger_path(user, month_of(now))
        profile_document, document = await store.get([path, ledger_at])
        profile = Profile.read(profile_document)
        ledger = Ledger(document, self.deps.settings.allowances(profile_document.get("plan")), now)
        lines = [f"user      {user}", f"plan      {profile.plan}", *await self._note_unknown(user)]
        if profile.deletion is not None:
            lines.append(f"deletion  at {profile.deletion.deletes_at:%Y-%m-%d %H:%M} UTC")
        lines += [
            f"{meter:20} used {ledger.used(meter)}, reserved {ledger.reserved(meter)}, "
            f"of {ledger.allowance(meter)}"
            for meter in METERS
        ]
        for session in await store.query(belongings.documents_of("avatar_sessions", user)):
            lines.append(f"session   {session.id}  {session.get('state')}")
        return lines

    async def set_plan(self, user: UserId, plan: str) -> list[str]:
        """Give a user a plan of `OPRINA_PLANS`, or `default`. Raises RefusedCommandError."""
        known = ["default", *self.deps.settings.plans]
        if plan not in known:
            raise RefusedCommandError(f"There is no plan {plan}. Known: {', '.join(known)}.")
        await self._transactions.run(SetPlan(user, plan))
        return [f"{user} has the plan {plan}", *await self._note_unknown(user)]

    async def grant(self, user: UserId, meter: Meter, amount: int, month: str | None) -> list[str]:
        """Add to a user's allowance of one month, by default this one."""
        month = month or month_of(self.deps.clock.now())
        await self._transactions.run(GrantAmount(user, meter, amount, month))
        more = f"{abs(amount)} {meter.replace('_', ' ')} {'less' if amount < 0 else 'more'}"
        return [f"{user} may use {more} in {month}", *await self._note_unknown(user)]

    async def invite(self, email: str) -> list[str]:
        """Admit the person with an e-mail address. Raises RefusedCommandError, Upstream."""
        if not EMAIL.fullmatch(email):
            raise RefusedCommandError(f"{email} is not an e-mail address.")
        user = await self.deps.sign_ins.invite(email)
        return [f"{email} is invited (user {user}); a person who is signed in signs in again"]

    async def end_session(self, session: AvatarSessionId) -> list[str]:
        """End an avatar session. Raises NotFound."""
        after = await SessionEnder(self.deps).end(session, always("user"))
        if after.state != "ended":
            return [f"{session} is {after.state}: its stop is not confirmed, and the sweep goes on"]
        return [f"{session} is ended ({after.end_reason}), {after.seconds} s are charged"]

    async def reconcile(self, day: datetime) -> list[str]:
        """Compare the charges of sessions that began on a day (UTC) with the provider's records.

        The last line has the drift: the seconds that we charged and the provider did not bill.
        """
        lines, ours, theirs, unknown = [], 0, 0, 0
        where = (
            Where("created_at", ">=", day),
            Where("created_at", "<", day + timedelta(days=1)),
        )
        query = Query("ended_sessions", where, "created_at", limit=PAGE)
        async for document in read_all(self.deps.store, query):
            session = AvatarSession.read(document)
            try:
                record = await self.deps.avatars.record(session.id)
                seconds, why = record.seconds, "the provider does not say how long it ran"
            except UpstreamNotFound:
                seconds, why = None, "the provider has no record of it"
            except OprinaError as error:
                seconds, why = None, f"the provider was not asked: {error.code}"
            if seconds is None:
                unknown += 1
                lines.append(f"{session.id}  charged {session.seconds} s, {why}")
                continue
            billed = math.ceil(seconds)
            ours, theirs = ours + session.seconds, theirs + billed
            if billed != session.seconds:
                lines.append(f"{session.id}  charged {session.seconds} s, billed {billed} s")
        lines.append(
            f"drift {ours - theirs} s: charged {ours} s, billed {theirs} s, {unknown} unknown"
        )
        return lines

    async def _note_unknown(self, user: UserId) -> list[str]:
        """Return a line if the user has never done anything here: the id may be mistyped."""
        for collection in ("conversations", "avatar_sessions", "ended_sessions", "turns"):
            query = replace(belongings.documents_of(collection, user), limit=1)
            if await self.deps.store.query(query):
                return []
        return [f"note: {user} has not used the service yet; check the id"]

    @property
    def _transactions(self) -> Transactions:
        return Transactions(self.deps.store, self.deps.clock, self.deps.pause)
