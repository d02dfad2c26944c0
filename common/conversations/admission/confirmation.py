"""A yes or a no to what a tool proposed: which proposal it answers, and its use. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from common.conversations.admission.turn_claim import AnsweredProposal, TurnClaim
from common.conversations.admission.yes_or_no import read_yes_or_no, words_of_answer
from common.domain.conversation import Conversation
from common.domain.documents import Update, Write
from common.domain.google.proposal import use
from common.domain.ids import TurnId
from common.domain.turn import TurnRecord, turn_path
from common.settings import Settings
from common.transactions.transaction import Documents, ReadMore


@dataclass(frozen=True)
class ProposalAnswer:
    """`confirm` and `yes` of a request."""

    proposal: str
    yes: bool


class AskedTurn(Protocol):
    """The parts of an admission that decide which proposal is answered."""

    claim: TurnClaim
    settings: Settings
    message: str
    answer: ProposalAnswer | None


def answered_proposal(
    asked: AskedTurn, conversation: Conversation | None, documents: Documents, now: datetime
) -> AnsweredProposal | None:
    """Return the open proposal that a request answers.

    It is the named one, or the only open one where the message is exactly a yes or a no. It stands in
    the newest turn that proposed something. The named one may also stand in the running turn, which
    words do not read: "stop" must interrupt at once.
    """
    if conversation is None:
        return None
    language = conversation.avatar.language if conversation.avatar else asked.settings.language
    yes = asked.answer.yes if asked.answer else read_yes_or_no(asked.message, language)
    if yes is None:
        return None
    running = [conversation.lease] if asked.answer else []
    for turn in dict.fromkeys((*running, conversation.proposed_in)):
        found = _proposing_turn(turn, documents)
        if found is None or found[0].uid != asked.claim.user:
            continue
        record, version = found
        open_ones = [
            each
            for each in record.proposals
            if each.is_open(now, asked.claim.turn_id)
            and (asked.answer is None or asked.answer.proposal == each.id)
        ]
        if len(open_ones) == 1:
            words = words_of_answer(language, yes=yes)
            return AnsweredProposal(open_ones[0], record, version, yes, words)
    return None


def _proposing_turn(turn: TurnId | None, documents: Documents) -> tuple[TurnRecord, Any] | None:
    if turn is None:
        return None
    path = turn_path(turn)
    if path not in documents:
        raise ReadMore(path)
    record = TurnRecord.read(documents[path])
    return (record, documents[path].version) if record and record.proposals else None


def use_up(
    answered: AnsweredProposal | None, record: TurnRecord, writes: Sequence[Write]
) -> list[Write]:
    """Add the use of the proposal to the writes of an admission.

    It holds only over the proposing turn as it was read: of two answers one is admitted. Where that
    turn is superseded by the same commit, both stand in one write.
    """
    if answered is None:
        return list(writes)
    path = answered.turn.path
    fields = {"proposals": use(answered.turn.proposals, answered.proposal, record.id)}
    others: list[Write] = []
    for write in writes:
        if isinstance(write, Update) and write.path == path:
            fields |= write.fields
        else:
            others.append(write)
    return [*others, Update(path, fields, read=answered.version)]
