"""The decision whether a text may be spoken, and every write of its first commit. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from common.conversations.admission.turn_claim import (
    AdmittedTurn,
    StoredTurn,
    TurnClaim,
    own_turn,
    stored_turn,
    superseding,
)
from common.domain.avatar_session import AvatarSession, session_among, session_paths
from common.domain.conversation import Conversation, CurrentAvatar, conversation_path
from common.domain.documents import Write
from common.domain.ids import AvatarSessionId, TurnId
from common.domain.quota import Meter, month_of
from common.domain.turn import TurnRecord, begin_turn, turn_path
from common.sessions.ownership import read_live
from common.settings import Settings
from common.transactions.account import account_paths, ledger_of
from common.transactions.limits import Limits, require_free_turn, turn_rate
from common.transactions.transaction import Decision, Documents, ReadMore


@dataclass
class SpeakAdmission:
    """Admit a text that the avatar says (a `Transaction`).

    `characters` is its price, 0 to only interrupt.
    """

    claim: TurnClaim
    settings: Settings
    avatar_session: AvatarSessionId
    characters: int
    lease_seen: TurnId | None = field(default=None, init=False)

    def paths(self, now: datetime) -> Iterable[str]:
        seen = [turn_path(self.lease_seen)] if self.lease_seen else []
        known = self.claim.conversation_id
        return [
            turn_path(self.claim.turn_id),
            *session_paths(self.avatar_session),
            *account_paths(self.claim.caller, now),
            *Limits(self.settings, self.claim.holder).paths(now),
            *([conversation_path(known)] if known else []),
            *seen,
        ]

    def decide(self, documents: Documents, now: datetime) -> Decision[AdmittedTurn | StoredTurn]:
        claim = self.claim
        ledger = ledger_of(documents, claim.caller, self.settings, now)
        before = documents[turn_path(claim.turn_id)]
        found = TurnRecord.read(before)
        if (stored := stored_turn(found, claim, ledger, now)) is not None:
            return Decision(stored)
        session = read_live(session_among(documents, self.avatar_session), claim.user, now)
        conversation = _conversation_of(session, documents)
        if found is not None and claim.owns(found):
            return Decision(own_turn(found, conversation, ledger, CurrentAvatar.of(session)))
        limits = Limits(self.settings, claim.holder)
        limits.require_spending(documents)
        ledger.require("voice_characters", self.characters)
        require_free_turn(ledger, self.settings)
        amounts: dict[Meter, int] = {"voice_characters": self.characters}
        reserved = {meter: n for meter, n in amounts.items() if n}
        share, taken = limits.admit(documents, reserved, now)
        superseded = conversation.lease if conversation else None
        self.lease_seen = superseded
        record = TurnRecord(
            id=claim.turn_id,
            holder=claim.holder,
            fingerprint=claim.fingerprint,
            uid=claim.user,
            function="speak",
            conversation_id=session.conversation_id,
            avatar_session_id=session.id,
            month=month_of(now),
            number=conversation.next_number if conversation else 0,
            attempt=found.attempt + 1 if found else 0,
            reserved=reserved,
            share=share,
        )
        record = begin_turn(record, now, claim.deadline_at)
        admitted = AdmittedTurn(
            record, conversation, ledger, CurrentAvatar.of(session), self.characters, superseded
        )
        lease = [conversation.take_lease(record, now, None, asks=False)] if conversation else []
        writes: list[Write] = [
            record.claim(before),
            *lease,
            ledger.reserve(record.reserved, turns=1, rate=turn_rate(self.settings)),
            *superseding(superseded, record, documents),
            *taken,
        ]
        return Decision(admitted, writes)


def _conversation_of(session: AvatarSession, documents: Documents) -> Conversation | None:
    """Return the session's conversation, or None if it was deleted. It may have to be read first."""
    path = conversation_path(session.conversation_id)
    if path not in documents:
        raise ReadMore(path)
    return Conversation.of(documents[path]) if documents[path].exists else None
