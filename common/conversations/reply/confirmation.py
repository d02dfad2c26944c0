"""A yes or a no to what a tool proposed, and what the agent is told of it. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from common.connections.access import Trouble
from common.conversations.reply.agent_reply import ReplySoFar
from common.conversations.turn_claim import AnsweredProposal, TurnClaim
from common.domain.conversation import Conversation
from common.domain.documents import Update, Write
from common.domain.google.proposal import Proposal, propose, use
from common.domain.ids import TurnId
from common.domain.turn import TurnRecord, turn_path
from common.schemas.events import NoticeEvent, ProposalEvent
from common.settings import Settings
from common.text.consent import consent_of, consent_words
from common.transactions.transaction import Documents, ReadMore

TROUBLE_DETAILS: Mapping[Trouble, str] = {
    "google_reconnect": "Google has withdrawn its permission: connect Google again.",
    "google_unavailable": "Google gives no access at the moment. This answer goes on without it.",
}


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
    yes = asked.answer.yes if asked.answer else consent_of(asked.message, language)
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
            words = consent_words(language, yes=yes)
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


def told(message: str, answered: AnsweredProposal | None) -> str:
    """Put before the message of an answer what the agent must do, or leave."""
    if answered is None:
        return message
    proposal = answered.proposal
    if answered.yes:
        note = (
            f"The person said yes to this: {proposal.title}. Call {proposal.tool} now, once, with "
            f"exactly these arguments: {proposal.arguments}"
        )
    else:
        note = f"The person said no to this: {proposal.title}. Do not do it."
    return f"[{note}]\n\n{message}"


def confirmed_state(answered: AnsweredProposal | None) -> dict[str, Any]:
    """Return the state by which the tool recognises what was confirmed."""
    if answered is None or not answered.yes:
        return {}
    return {"temp:confirmed": answered.proposal.digest}


def proposals_of(reply: ReplySoFar, new_id: Callable[[], str], now: datetime) -> Iterator[Proposal]:
    """Yield a proposal for each action that the tools of a reply proposed."""
    for action in reply.proposed:
        made = propose(new_id(), action.tool, action.title, action.arguments, now)
        if made is not None:
            yield made


def proposal_event(proposal: Proposal) -> ProposalEvent:
    return ProposalEvent(
        id=proposal.id,
        tool=proposal.tool,
        title=proposal.title,
        arguments=json.loads(proposal.arguments),
        expires_at=proposal.expires_at,
    )


def trouble_notice(trouble: Trouble) -> NoticeEvent:
    """Return the notice of a turn that goes on without Google."""
    return NoticeEvent(code=trouble, detail=TROUBLE_DETAILS[trouble])
