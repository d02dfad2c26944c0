"""The decision whether a turn may run, and every write of its first commit. Pure.

A turn of the same key that runs, or has ended, is answered instead. Any newer turn takes the lease
from an older one: there is no "turn in progress".
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from common.conversations.turn_claim import (
    RETRY_TURN_SECONDS,
    AdmittedTurn,
    StoredTurn,
    TurnClaim,
    _own,
    _stored,
    known_turn,
)
from common.domain.avatar_session import AvatarSession, session_among, session_paths
from common.domain.conversation import (
    Conversation,
    CurrentAvatar,
    conversation_path,
    create_conversation,
    message_path,
)
from common.domain.documents import Create, Document, Write
from common.domain.errors import NoTurn, TooManyTurns
from common.domain.ids import AvatarSessionId, ConversationId, TurnId, UserId
from common.domain.quota import Ledger, Meter, month_of
from common.domain.turn import (
    STOP,
    TurnRecord,
    begin_turn,
    message_fields,
    supersede,
    turn_path,
)
from common.sessions.ownership import read_live
from common.settings import Settings
from common.transactions.account import account_paths, ledger_of
from common.transactions.transaction import Decision, Documents, ReadMore


@dataclass
class ChatAdmission:
    """Admit a message (a `Transaction`). `speak`: None speaks if there is an avatar."""

    claim: TurnClaim
    settings: Settings
    message: str
    speak: bool | None
    lease_seen: TurnId | None = field(default=None, init=False)

    def paths(self, now: datetime) -> Iterable[str]:
        claim = self.claim
        seen = [turn_path(self.lease_seen)] if self.lease_seen else []
        return [
            turn_path(claim.turn_id),
            conversation_path(claim.conversation_id),
            *account_paths(claim.caller, now),
            *seen,
        ]

    def decide(self, documents: Documents, now: datetime) -> Decision[AdmittedTurn | StoredTurn]:
        claim = self.claim
        ledger = ledger_of(documents, claim.caller, self.settings, now)
        before = documents[turn_path(claim.turn_id)]
        found = TurnRecord.read(before)
        conversation = self._conversation(documents[conversation_path(claim.conversation_id)])
        if found is not None and (answer := known_turn(found, claim, conversation, ledger, now)):
            return Decision(answer)

        record = self._record(found, conversation, ledger, now)
        superseded = conversation.lease if conversation else None
        self.lease_seen = superseded
        admitted = AdmittedTurn(
            record,
            conversation,
            ledger,
            self._avatar(conversation, superseded, now),
            record.reserved.get("voice_characters", 0),
            superseded,
        )
        return Decision(admitted, self._writes(admitted, before, documents, now))

    def _conversation(self, document: Document) -> Conversation | None:
        if not document.exists and not self.claim.given:
            return None
        return Conversation.read(document, self.claim.user)

    def _record(
        self,
        found: TurnRecord | None,
        conversation: Conversation | None,
        ledger: Ledger,
        now: datetime,
    ) -> TurnRecord:
        claim = self.claim
        avatar = conversation.running_avatar(now) if conversation else None
        aloud = avatar is not None and self.speak is not False
        record = TurnRecord(
            id=claim.turn_id,
            holder=claim.holder,
            fingerprint=claim.fingerprint,
            uid=claim.user,
            conversation_id=claim.conversation_id,
            avatar_session_id=avatar.avatar_session_id if avatar else None,
            month=month_of(now),
            number=conversation.next_number if conversation else 1,
            attempt=found.attempt + 1 if found else 0,
            reserved=_reserved(ledger, self.settings, conversation, aloud=aloud),
            last_prompt=conversation.last_prompt if conversation else 0,
            earlier=conversation.asking if conversation else (),
        )
        return begin_turn(record, now)

    def _avatar(
        self, conversation: Conversation | None, superseded: TurnId | None, now: datetime
    ) -> CurrentAvatar | None:
        """Return the avatar that this turn speaks through, or has to silence."""
        if conversation is None or (self.speak is False and superseded is None):
            return None
        return conversation.running_avatar(now)

    def _writes(
        self, admitted: AdmittedTurn, before: Document, documents: Documents, now: datetime
    ) -> list[Write]:
        record, conversation = admitted.record, admitted.conversation
        path = conversation_path(record.conversation_id)
        if conversation is None:
            lease = {
                "lease": {"turn_id": record.id},
                "next_number": record.number + 1,
                "asking": [record.holder],
            }
            first: Write = create_conversation(path, record.uid, now, self.message, **lease)
        else:
            first = conversation.take_lease(record, now, self.message, asks=True)
        message = message_path(record.conversation_id, record.number, "user")
        return [
            record.claim(before),
            first,
            Create(message, message_fields("user", record, self.message, now)),
            admitted.ledger.reserve(record.reserved, turns=1),
            *_superseding(admitted.supersedes, record, documents),
        ]


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
            *([conversation_path(known)] if known else []),
            *seen,
        ]

    def decide(self, documents: Documents, now: datetime) -> Decision[AdmittedTurn | StoredTurn]:
        claim = self.claim
        ledger = ledger_of(documents, claim.caller, self.settings, now)
        before = documents[turn_path(claim.turn_id)]
        found = TurnRecord.read(before)
        if found is not None and found.holder != claim.holder:
            stored = _stored(found, claim, ledger, now)
            if stored is not None:
                return Decision(stored)
        session = read_live(session_among(documents, self.avatar_session), claim.user, now)
        conversation = _conversation_of(session, documents)
        if found is not None and found.holder == claim.holder:
            return Decision(_own(found, conversation, ledger, CurrentAvatar.of(session)))
        ledger.require("voice_characters", self.characters)
        _require_free_turn(ledger, self.settings)

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
            reserved={"voice_characters": self.characters} if self.characters else {},
        )
        record = begin_turn(record, now)
        admitted = AdmittedTurn(
            record, conversation, ledger, CurrentAvatar.of(session), self.characters, superseded
        )
        lease = [conversation.take_lease(record, now, None, asks=False)] if conversation else []
        writes: list[Write] = [
            record.claim(before),
            *lease,
            ledger.reserve(record.reserved, turns=1),
            *_superseding(superseded, record, documents),
        ]
        return Decision(admitted, writes)


def _conversation_of(session: AvatarSession, documents: Documents) -> Conversation | None:
    """Return the session's conversation, or None if it was deleted. It may have to be read first."""
    path = conversation_path(session.conversation_id)
    if path not in documents:
        raise ReadMore(path)
    return Conversation.of(documents[path]) if documents[path].exists else None


# ── what is reserved ─────────────────────────────────────────────────────────────────────────────


def _reserved(
    ledger: Ledger, settings: Settings, conversation: Conversation | None, *, aloud: bool
) -> dict[Meter, int]:
    """Reserve the last prompt plus the output limit: at most what is left, at least a minimum."""
    prompt = conversation.last_prompt if conversation else 0
    floor = min(settings.turn_tokens, settings.min_turn_tokens)
    hint = (
        "A new conversation needs less." if prompt and ledger.left("agent_tokens") >= floor else ""
    )
    ledger.require("agent_tokens", prompt + floor, hint)
    _require_free_turn(ledger, settings)
    tokens = min(prompt + settings.turn_tokens, ledger.left("agent_tokens"))
    voice = min(settings.turn_characters, ledger.left("voice_characters")) if aloud else 0
    found: dict[Meter, int] = {"agent_tokens": tokens}
    return found | {"voice_characters": voice} if voice else found


def _require_free_turn(ledger: Ledger, settings: Settings) -> None:
    if ledger.running_turns >= settings.turns_per_user:
        raise TooManyTurns(
            f"{ledger.running_turns} of your turns are running.", retry_after=RETRY_TURN_SECONDS
        )


def _superseding(
    superseded: TurnId | None, record: TurnRecord, documents: Documents
) -> list[Write]:
    """Tell the turn that held the lease. A turn whose document was read to be gone is not told."""
    if superseded is None or superseded == record.id:
        return []
    known = documents.get(turn_path(superseded))
    return [] if known is not None and not known.exists else [supersede(superseded, record.id)]


@dataclass(frozen=True)
class StopTurn:
    """Stop the turn that holds the lease of a conversation (a `Transaction`). It never takes the lease.

    The result is that turn. Raises NotFound, NoTurn.
    """

    user: UserId
    conversation: ConversationId

    def paths(self, now: datetime) -> Iterable[str]:  # noqa: ARG002 - a Transaction's
        return [conversation_path(self.conversation)]

    def decide(self, documents: Documents, now: datetime) -> Decision[TurnRecord]:  # noqa: ARG002 - a Transaction's
        conversation = Conversation.read(documents[conversation_path(self.conversation)], self.user)
        if conversation.lease is None:
            raise NoTurn("No turn is running in this conversation.")
        path = turn_path(conversation.lease)
        if path not in documents:
            raise ReadMore(path)
        found = TurnRecord.read(documents[path])
        if found is None or not found.in_use:
            raise NoTurn("No turn is running in this conversation.")
        return Decision(found, [] if found.superseded_by else [supersede(found.id, STOP)])
