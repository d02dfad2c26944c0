"""A turn that a request asks for, and its turn if the same key was used before."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from common.domain.conversation import (
    Conversation,
    CurrentAvatar,
)
from common.domain.errors import KeyInFlight, KeyReused
from common.domain.ids import ConversationId, TurnId, UserId
from common.domain.quota import Ledger
from common.domain.turn import (
    TurnRecord,
)
from common.domain.user import User
from common.transactions.idempotency import IdempotencyKey

RETRY_TURN_SECONDS = 2


@dataclass(frozen=True)
class TurnClaim:
    """A turn that a request asks for.

    `holder` is random per request: by it a process recognises its own commit. `given`: the caller
    named the conversation.
    """

    turn_id: TurnId
    holder: str
    fingerprint: str
    caller: User
    conversation_id: ConversationId
    given: bool

    @property
    def user(self) -> UserId:
        return self.caller.uid


@dataclass(frozen=True)
class AdmittedTurn:
    """A turn that may run. `conversation` is as it was read; None if this turn creates it.

    `avatar`: the avatar that speaks, or is silenced if `characters` is 0. `why_silent` says why a
    turn that was to be spoken is not. `supersedes` is the turn that held the lease.
    """

    record: TurnRecord
    conversation: Conversation | None
    ledger: Ledger
    avatar: CurrentAvatar | None = None
    characters: int = 0
    supersedes: TurnId | None = None


@dataclass(frozen=True)
class StoredTurn:
    """The key was used before, and its turn has ended."""

    record: TurnRecord
    ledger: Ledger


def known_turn(
    found: TurnRecord,
    claim: TurnClaim,
    conversation: Conversation | None,
    ledger: Ledger,
    now: datetime,
) -> AdmittedTurn | StoredTurn | None:
    """Return our own turn, if an unconfirmed commit of ours held; or the stored answer of the key.

    None if the turn may run again. Raises KeyInFlight while its turn runs, KeyReused.
    """
    if found.holder == claim.holder:
        if not found.in_use:
            return StoredTurn(found, ledger)
        avatar = conversation.running_avatar(now) if conversation else None
        return _own(found, conversation, ledger, avatar)
    return _stored(found, claim, ledger, now)


def _own(
    found: TurnRecord,
    conversation: Conversation | None,
    ledger: Ledger,
    avatar: CurrentAvatar | None,
) -> AdmittedTurn:
    """Go on with our own turn. Its `earlier` turns stand in its record."""
    characters = found.reserved.get("voice_characters", 0)
    return AdmittedTurn(found, conversation, ledger, avatar, characters)


def _stored(
    found: TurnRecord, claim: TurnClaim, ledger: Ledger, now: datetime
) -> StoredTurn | None:
    if found.fingerprint != claim.fingerprint:
        raise KeyReused("Use a new Idempotency-Key for a new request.")
    if found.in_use:
        seconds = math.ceil((found.due_at - now).total_seconds()) if found.due_at else 0
        raise KeyInFlight(
            "The first request with this Idempotency-Key still runs.",
            retry_after=max(RETRY_TURN_SECONDS, seconds),
            turn_id=found.id,
            conversation_id=found.conversation_id,
        )
    return None if found.outcome == "unreached" else StoredTurn(found, ledger)


def new_claim(
    new_id: Callable[[], str], caller: User, key: IdempotencyKey, conversation: str | None
) -> TurnClaim:
    """Name the turn that a request asks for: by its key, or at random.

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
    )
