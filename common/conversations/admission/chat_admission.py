"""The decision whether a message may be answered, and every write of its first commit. Pure.

A turn of the same key that runs, or has ended, is answered instead. Any newer turn takes the lease
from an older one: there is no "turn in progress".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from common.conversations.admission.branch import PlannedBranch
from common.conversations.admission.confirmation import (
    ProposalAnswer,
    answered_proposal,
    use_up,
)
from common.conversations.admission.turn_claim import (
    AdmittedTurn,
    StoredTurn,
    TurnClaim,
    own_turn,
    stored_turn,
    superseding,
)
from common.domain.conversation import (
    Conversation,
    CurrentAvatar,
    conversation_path,
    message_path,
)
from common.domain.conversations.deleted_conversation import deleted_path
from common.domain.conversations.new_conversation import create_conversation, first_lease
from common.domain.documents import Create, Document, Write
from common.domain.errors import CapacityReached, NoProposal, NotFound
from common.domain.google.connection import GoogleConnection, connection_path
from common.domain.ids import TurnId
from common.domain.quota import Ledger, Meter, month_of, settle
from common.domain.turn import TurnRecord, begin_turn, message_fields, turn_path
from common.schemas.requests import Speak
from common.settings import Settings
from common.transactions.account import account_paths, ledger_of
from common.transactions.limits import Limits, require_free_turn, turn_rate
from common.transactions.transaction import Decision, Documents
from common.voice.languages import caller_voice


@dataclass
class ChatAdmission:
    """Admit a message (a `Transaction`).

    `speak`: None speaks if there is an avatar; "audio" speaks to the caller if there is none.
    `branch`: the turn goes on from an earlier message. `answer` answers a proposal instead of a
    message. `heard` are the words of a recording whose turn was admitted before
    (spoken_admission.py).
    """

    claim: TurnClaim
    settings: Settings
    message: str
    speak: Speak | None
    branch: PlannedBranch | None = None
    answer: ProposalAnswer | None = None
    heard: dict[str, Any] | None = None
    lease_seen: TurnId | None = field(default=None, init=False)

    def paths(self, now: datetime) -> Iterable[str]:
        claim = self.claim
        seen = [turn_path(self.lease_seen)] if self.lease_seen else []
        return [
            turn_path(claim.turn_id),
            conversation_path(claim.conversation_id),
            *account_paths(claim.caller, now),
            *self._limits.paths(now),
            connection_path(claim.user),
            *seen,
            *self._tombstone,
            *([self.branch.path(claim.conversation_id)] if self.branch else []),
        ]

    def text_of(self, admitted: AdmittedTurn) -> str:
        """Return the text of the user's message. `confirm` stands there as a yes or a no in words."""
        if self.answer is not None and admitted.answered is not None:
            return admitted.answered.words
        return self.message

    @property
    def _tombstone(self) -> list[str]:
        """A key may come again after the conversation that it began was deleted."""
        may_come_again = self.claim.fingerprint and not self.claim.given
        return [deleted_path(self.claim.conversation_id)] if may_come_again else []

    def decide(self, documents: Documents, now: datetime) -> Decision[AdmittedTurn | StoredTurn]:
        claim = self.claim
        ledger = ledger_of(documents, claim.caller, self.settings, now)
        before = documents[turn_path(claim.turn_id)]
        found = TurnRecord.read(before)
        if any(documents[path].exists for path in self._tombstone):
            raise NotFound("The conversation of this Idempotency-Key was deleted.")
        if (stored := stored_turn(found, claim, ledger, now)) is not None:
            return Decision(stored)
        conversation = self._conversation(documents[conversation_path(claim.conversation_id)])
        profile = documents[f"users/{claim.user}"]
        voice = caller_voice(None, None, profile, self.settings)
        google = GoogleConnection.read(documents[connection_path(claim.user)])
        answered = None
        if self.branch is None:
            answered = answered_proposal(self, conversation, documents, now)
        spoken = found if found is not None and found.state == "transcribing" else None
        if found is not None and claim.owns(found) and spoken is None:
            avatar = conversation.running_avatar(now) if conversation else None
            own = own_turn(found, conversation, ledger, avatar)
            return Decision(replace(own, answered=answered, google=google, caller_voice=voice))

        if self.answer is not None and answered is None:
            raise NoProposal("There is no such proposal, or it was answered or is too old.")
        self._limits.require_spending(documents)
        if spoken is None:
            require_free_turn(ledger, self.settings)
        elif spoken.month == month_of(now):
            ledger = ledger.release(spoken.reserved)
        record = self._record(found, conversation, ledger, now)
        if self.branch is not None and conversation is not None:
            begins = self.branch.begin(conversation, documents, self.settings.writing_tools)
            record = replace(record, branch=begins.fields())
        record, taken = self._take_share(record, documents, now)
        if answered is not None and answered.yes:
            record = replace(record, confirms=answered.proposal.id)
        superseded = conversation.lease if conversation else None
        self.lease_seen = superseded
        admitted = AdmittedTurn(
            record,
            conversation,
            ledger,
            self._avatar(conversation, superseded, now),
            record.reserved.get("voice_characters", 0),
            superseded,
            answered,
            google,
            voice,
        )
        return Decision(admitted, [*self._writes(admitted, before, documents, now), *taken])

    def _take_share(
        self, record: TurnRecord, documents: Documents, now: datetime
    ) -> tuple[TurnRecord, Sequence[Write]]:
        """Take what the turn may use out of the project's ceilings.

        The turn is silent if the ceiling of the voice has no room. Raises CapacityReached.
        """
        try:
            share, taken = self._limits.admit(documents, record.reserved, now)
        except CapacityReached:
            silent = dict(record.reserved)
            silent.pop("voice_characters", None)
            record = replace(record, reserved=silent)
            share, taken = self._limits.admit(documents, silent, now)
        return replace(record, share=share), taken

    @property
    def _limits(self) -> Limits:
        return Limits(self.settings, self.claim.holder)

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
        aloud = self.speak == "audio" or (avatar is not None and self.speak is not False)
        record = TurnRecord(
            id=claim.turn_id,
            holder=claim.holder,
            fingerprint=claim.fingerprint,
            uid=claim.user,
            conversation_id=claim.conversation_id,
            avatar_session_id=avatar.avatar_session_id if avatar else None,
            month=month_of(now),
            number=conversation.next_number if conversation else 1,
            attempt=_attempt(found, self.claim),
            reserved=_amounts_to_reserve(ledger, self.settings, conversation, aloud=aloud),
            last_prompt=conversation.last_prompt if conversation else 0,
            earlier=conversation.asking if conversation else (),
            asked=False if conversation and conversation.asking else None,
            heard=self.heard,
            charged=_charged_seconds(found, now),
        )
        return begin_turn(record, now, claim.deadline_at)

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
        path, text = conversation_path(record.conversation_id), self.text_of(admitted)
        if conversation is None:
            first: Write = create_conversation(path, record.uid, now, text, **first_lease(record))
        else:
            first = conversation.take_lease(record, now, text, asks=True)
        message = message_path(record.conversation_id, record.number, "user")
        fields = message_fields("user", record, text, now)
        has_message = record.message_number == record.number
        return [
            record.claim(before),
            first,
            *([Create(message, fields)] if has_message else []),
            *_reserve(admitted, TurnRecord.read(before), self.settings),
            *use_up(admitted.answered, record, superseding(admitted.supersedes, record, documents)),
        ]


def _charged_seconds(found: TurnRecord | None, now: datetime) -> dict[Meter, int]:
    """Return the seconds of a recording that this commit charges to the month of the turn."""
    is_new = found is None or found.state != "transcribing" or found.month != month_of(now)
    return {} if found is None or is_new else dict(found.reserved)


def _attempt(found: TurnRecord | None, claim: TurnClaim) -> int:
    """Count the reruns of a key. Words that were heard are admitted within one attempt."""
    if found is None:
        return 0
    return found.attempt if claim.owns(found) else found.attempt + 1


def _reserve(admitted: AdmittedTurn, found: TurnRecord | None, settings: Settings) -> list[Write]:
    """Reserve what the turn may use. The seconds of a recording were used.

    They stay in the month in which they were reserved.
    """
    record, ledger = admitted.record, admitted.ledger
    if found is None or found.state != "transcribing":
        return [ledger.reserve(record.reserved, turns=1, rate=turn_rate(settings))]
    if found.month == record.month:
        return [ledger.reserve(record.reserved, used=found.reserved)]
    before = settle(
        record.uid,
        found.month,
        found.reserved,
        found.reserved,
        admitted_at=found.started_at,
        turns=1,
    )
    return [ledger.reserve(record.reserved, turns=1), before]


def _amounts_to_reserve(
    ledger: Ledger, settings: Settings, conversation: Conversation | None, *, aloud: bool
) -> dict[Meter, int]:
    """Reserve the last prompt plus the output limit: at most what is left, at least a minimum."""
    prompt = conversation.last_prompt if conversation else 0
    least = min(settings.turn_tokens, settings.min_turn_tokens)
    hint = (
        "A new conversation needs less." if prompt and ledger.left("agent_tokens") >= least else ""
    )
    ledger.require("agent_tokens", prompt + least, hint)
    tokens = min(prompt + settings.turn_tokens, ledger.left("agent_tokens"))
    voice = min(settings.turn_characters, ledger.left("voice_characters")) if aloud else 0
    found: dict[Meter, int] = {"agent_tokens": tokens}
    return found | {"voice_characters": voice} if voice else found
