"""A turn that a request asks for, its turn if the same key was used before, and shared rules.

`chat_admission` and `speak_admission` decide with them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from common.domain import deadlines
from common.domain.conversation import Conversation, CurrentAvatar
from common.domain.documents import Version, Write
from common.domain.google.connection import GoogleConnection
from common.domain.google.proposal import Proposal
from common.domain.ids import ConversationId, TurnId, UserId
from common.domain.quota import Ledger
from common.domain.turn import TurnRecord, supersede, turn_path
from common.domain.user import User
from common.transactions.idempotency import IdempotencyKey
from common.transactions.transaction import Documents


@dataclass(frozen=True)
class TurnClaim:
    """A turn that a request asks for.

    `holder` is random per request: by it a process recognises its own commit. `given`: the caller
    named the conversation. `deadline_at` counts from the arrival of the request.
    """

    turn_id: TurnId
    holder: str
    fingerprint: str
    caller: User
    conversation_id: ConversationId
    given: bool
    deadline_at: datetime

    @property
    def user(self) -> UserId:
        return self.caller.uid

    def owns(self, found: TurnRecord | None) -> bool:
        """Return True if `found` was written by this request: its unconfirmed commit held."""
        return found is not None and found.holder == self.holder


@dataclass(frozen=True)
class AnsweredProposal:
    """A proposal that the turn answers.

    `turn` is the turn that holds it, as it was read. `words` stand for the answer in the
    conversation.
    """

    proposal: Proposal
    turn: TurnRecord
    version: Version
    yes: bool
    words: str


@dataclass(frozen=True)
class AdmittedTurn:
    """A turn that may run. `conversation` is as it was read; None if this turn creates it.

    `avatar`: the avatar that speaks, or is silenced if `characters` is 0. Without an avatar the
    characters are spoken to the caller, in the voice and language of `caller_voice`. `supersedes` is
    the turn that held the lease. `answered` is the proposal that the message answers, `google` the
    user's connection as it was read.
    """

    record: TurnRecord
    conversation: Conversation | None
    ledger: Ledger
    avatar: CurrentAvatar | None = None
    characters: int = 0
    supersedes: TurnId | None = None
    answered: AnsweredProposal | None = None
    google: GoogleConnection | None = None
    caller_voice: tuple[str, str] = ("", "")

    @property
    def voice(self) -> str:
        return self.avatar.voice if self.avatar else self.caller_voice[0]

    @property
    def language(self) -> str:
        return self.avatar.language if self.avatar else self.caller_voice[1]


@dataclass(frozen=True)
class StoredTurn:
    """The key was used before, and its turn has ended."""

    record: TurnRecord
    ledger: Ledger


def stored_turn(
    found: TurnRecord | None, claim: TurnClaim, ledger: Ledger, now: datetime
) -> StoredTurn | None:
    """Return the stored answer of a key that was used before.

    None if the turn is our own and runs, or if it may run again. Raises KeyInFlight while the turn of
    another request runs, KeyReused.
    """
    if found is None:
        return None
    if claim.owns(found):
        return None if found.in_use else StoredTurn(found, ledger)
    found.check_key(claim.fingerprint, now)
    return None if found.outcome == "unreached" else StoredTurn(found, ledger)


def own_turn(
    found: TurnRecord,
    conversation: Conversation | None,
    ledger: Ledger,
    avatar: CurrentAvatar | None,
) -> AdmittedTurn:
    """Go on with our own turn: its unconfirmed commit held. Its `earlier` turns stand in its record."""
    characters = found.reserved.get("voice_characters", 0)
    return AdmittedTurn(found, conversation, ledger, avatar, characters)


def new_claim(
    new_id: Callable[[], str],
    caller: User,
    key: IdempotencyKey,
    conversation: str | None,
    arrived_at: datetime,
) -> TurnClaim:
    """Name the turn that a request asks for: by its key, or at random.

    `arrived_at`: when the request came. A slow body, an admission under conflicts and the recognition
    of speech take from the turn's time, so that the turn is settled within `deadlines.FUNCTION`.
    A new conversation is named after its turn, so that the same key finds the same conversation.
    """
    turn = TurnId(key.id or new_id())
    return TurnClaim(
        turn_id=turn,
        holder=new_id(),
        fingerprint=key.fingerprint,
        caller=caller,
        conversation_id=ConversationId(conversation or f"c{turn[:31]}"),
        given=conversation is not None,
        deadline_at=arrived_at + timedelta(seconds=deadlines.TURN),
    )


def superseding(superseded: TurnId | None, record: TurnRecord, documents: Documents) -> list[Write]:
    """Tell the turn that held the lease. A turn whose document was read to be gone is not told."""
    if superseded is None or superseded == record.id:
        return []
    known = documents.get(turn_path(superseded))
    return [] if known is not None and not known.exists else [supersede(superseded, record.id)]
