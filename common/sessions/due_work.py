from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from common.domain.avatar_session import (
    CONFIRM_AGAIN_SECONDS,
    CONFIRM_FOR,
    AvatarSession,
    EndReason,
    record_path,
    why_due,
)
from common.domain.ceiling import give_back
from common.domain.conversation import Conversation, active_in
from common.domain.documents import Create, Document, Query, Update, Write, due_documents
from common.domain.ids import AvatarSessionId
from common.domain.quota import Meter, ledger_path, settle
from common.ports.dependencies import Dependencies
from common.ports.standing import standing
from common.sessions.end import SessionEnder, forget_tokens
from common.transactions.transaction import SETTLEMENT, Decision, Documents, ReadMore, Transactions


class DueWork(Protocol):
    """Work that the sweep finishes, document by document."""

    def due(self, now: datetime, limit: int) -> Query | None:
        """Return the query of the documents that need work, oldest first. None: there is none."""
        ...

    async def finish(self, document: Document, counts: Counter[str]) -> None:
        """Finish one. It reads again and decides again: `document` may be old."""


class EndDueSessions:
    """Ends sessions that expired, are idle or got stuck, and those whose stop was unclear."""

    def __init__(self, deps: Dependencies, ender: SessionEnder) -> None:
        self._deps = deps
        self._ender = ender

    def due(self, now: datetime, limit: int) -> Query:
        return due_documents("avatar_sessions", now, limit)

    async def finish(self, document: Document, counts: Counter[str]) -> None:
        session = AvatarSession.read(document)
        idle = session.idle(self._deps.settings.idle_seconds)
        found: list[EndReason] = []

        def why(
            session: AvatarSession, conversation: Conversation | None, now: datetime
        ) -> EndReason | None:
            reason = why_due(session, active_in(conversation, session, now), now, idle)
            found.append(reason) if reason else found.clear()
            return reason

        after = await self._ender.end(session.id, why, postpone=idle)
        if not found:
            return
        if after.state != "ended":
            counts["failed"] += 1
        elif after.end_reason == found[-1]:
            counts[found[-1] if found[-1] in {"expired", "idle"} else "stuck"] += 1


@dataclass(frozen=True)
class ConfirmCharge:
    """Correct the charge of an ended session, once, or note what is still left (a `Transaction`).

    `seconds`: what the provider says; None if it says nothing. The charge is never raised. `event`
    is the id of the event that tells of a lower charge.
    """

    session: AvatarSessionId
    seconds: float | None
    secret_left: bool
    event: str

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a parameter of Transaction
        return [record_path(self.session)]

    def decide(self, documents: Documents, now: datetime) -> Decision[AvatarSession]:
        document = documents[record_path(self.session)]
        session = AvatarSession.read(document)
        if not document.exists or session.due_at is None or session.due_at > now:
            return Decision(session)
        fields: dict[str, object] = {"secret_left": self.secret_left}
        writes: list[Write] = []
        unconfirmed = session.unconfirmed
        if unconfirmed and self.seconds is not None:
            charge = min(session.seconds, -int(-self.seconds // 1))
            fields |= {"unconfirmed": False, "seconds": charge}
            unconfirmed = False
            if charge < session.seconds:
                ledger = ledger_path(session.uid, session.month)
                wanted = [ledger, *([session.share] if session.share else [])]
                if unread := [path for path in wanted if path not in documents]:
                    raise ReadMore(*unread)
                less: dict[Meter, int] = {"avatar_seconds": charge - session.seconds}
                if documents[ledger].exists:
                    at = session.created_at
                    writes.append(settle(session.uid, session.month, {}, less, admitted_at=at))
                writes += give_back(session.share, documents, {}, less)
                event = {"kind": "confirmed", "at": now, "seconds": charge, "cost": less}
                path = f"{session.path}/events/{self.event}"
                writes.append(Create(path, {**event, "uid": session.uid}))
        given_up = session.ended_at is None or session.ended_at + CONFIRM_FOR <= now
        left = (unconfirmed or self.secret_left) and not given_up
        fields["due_at"] = now + timedelta(seconds=CONFIRM_AGAIN_SECONDS) if left else None
        return Decision(session, [Update(document.path, fields, read=document.version), *writes])


class ConfirmEndedSessions:
    """Asks the provider how long a session ran, and deletes tokens that are left."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._transactions = Transactions(deps.store, deps.clock, deps.pause)

    def due(self, now: datetime, limit: int) -> Query:
        return due_documents("ended_sessions", now, limit)

    async def finish(self, document: Document, counts: Counter[str]) -> None:
        session, deps = AvatarSession.read(document), self._deps
        seconds = None
        if session.unconfirmed:
            found = await standing(deps.avatars, session.id)
            seconds = found.seconds if found.state == "over" else None
        left = session.secret_left and not await forget_tokens(deps.vault, session.id)
        confirm = ConfirmCharge(session.id, seconds, left, deps.new_id())
        await self._transactions.run(confirm, SETTLEMENT)
        counts["confirmed"] += seconds is not None
