"""The agent's tools in one turn: their access to Google, and what they propose or were told to do."""

import json
from collections.abc import Mapping
from typing import Any

from common.connections.access import NO_ACCESS, AccessTokens, Trouble, TurnAccess
from common.conversations.admission.turn_claim import AnsweredProposal
from common.conversations.heartbeat import Heartbeat
from common.conversations.running_turn import RunningTurn
from common.domain.google.proposal import Proposal, propose
from common.ports.dependencies import Dependencies
from common.schemas.events import NoticeEvent, ProposalEvent

TROUBLE_DETAILS: Mapping[Trouble, str] = {
    "google_reconnect": "Google has withdrawn its permission: connect Google again.",
    "google_unavailable": "Google gives no access at the moment. This answer goes on without it.",
}


async def google_access(turn: RunningTurn[Any], tokens: AccessTokens) -> TurnAccess:
    """Return what the tools may use of Google. Without it the turn goes on, with a notice."""
    connection = turn.admitted.google
    if connection is None:
        return NO_ACCESS
    access = await tokens.for_turn(turn.record.uid, connection)
    _notice(turn, access)
    return access


async def note_refused_token(
    turn: RunningTurn[Any], tokens: AccessTokens, access: TurnAccess
) -> None:
    """Find out whether the grant was revoked, if Google refused the token to a tool."""
    if turn.reply.tools.unauthorized:
        _notice(turn, await tokens.replace_refused(turn.record.uid, access))


def _notice(turn: RunningTurn[Any], access: TurnAccess) -> None:
    if (trouble := access.trouble) is not None:
        turn.events.emit(NoticeEvent(code=trouble, detail=TROUBLE_DETAILS[trouble]))


async def show_proposals(turn: RunningTurn[Any], heartbeat: Heartbeat, deps: Dependencies) -> None:
    """Store what the tools proposed, then show it: an answer finds it in the store."""
    made = (
        propose(deps.new_id(), action.tool, action.title, action.arguments, deps.clock.now())
        for action in turn.reply.tools.proposed
    )
    turn.reply.tools.proposals = tuple(each for each in made if each is not None)
    if not turn.reply.tools.proposals:
        return
    await heartbeat.checkpoint()
    for each in turn.reply.tools.proposals:
        turn.events.emit(proposal_event(each))


def proposal_event(proposal: Proposal) -> ProposalEvent:
    return ProposalEvent(
        id=proposal.id,
        tool=proposal.tool,
        title=proposal.title,
        arguments=json.loads(proposal.arguments),
        expires_at=proposal.expires_at,
    )


def with_answer(message: str, answered: AnsweredProposal | None) -> str:
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
