"""One conversation, as a page that loads needs it: its running avatar and its newest turn."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

from common.conversations.answers import turn_end
from common.conversations.history.listing import summary
from common.conversations.reply.tools import proposal_event
from common.domain.conversation import Conversation, CurrentAvatar, conversation_path
from common.domain.conversations.messages import MessagePlace
from common.domain.errors import OprinaError
from common.domain.ids import ConversationId
from common.domain.turn import TurnRecord, turn_path
from common.domain.user import User
from common.observability.log import log
from common.ports.dependencies import Dependencies
from common.schemas.conversations import ConversationAnswer, LastTurn, RunningAvatar
from common.transactions.account import account_paths, ledger_of, usage_of


async def read_conversation(
    deps: Dependencies, caller: User, conversation_id: ConversationId
) -> ConversationAnswer:
    """Return a conversation. Raises NotFound.

    An avatar whose tokens cannot be read is left out: the conversation can still be read, and
    `avatar_session_id` tells that the avatar runs.
    """
    now = deps.clock.now()
    path = conversation_path(conversation_id)
    found = await deps.store.get([path, *account_paths(caller, now)])
    documents = {document.path: document for document in found}
    conversation = Conversation.read(documents[path], caller.uid)
    avatar, last_turn = await asyncio.gather(
        _avatar(deps, conversation.running_avatar(now)), _last_turn(deps, conversation)
    )
    return ConversationAnswer(
        **vars(summary(documents[path])),
        avatar=avatar,
        last_turn=last_turn,
        usage=usage_of(ledger_of(documents, caller, deps.settings, now)),
    )


async def _avatar(deps: Dependencies, avatar: CurrentAvatar | None) -> RunningAvatar | None:
    if avatar is None or avatar.since is None or avatar.expires_at is None:
        return None
    try:
        tokens = await deps.vault.open(avatar.avatar_session_id, avatar.vault)
    except OprinaError as error:
        log.warning(
            "the avatar is not handed out: %s",
            error.code,
            extra={"avatar_session_id": avatar.avatar_session_id},
        )
        return None
    return RunningAvatar(
        avatar_session_id=avatar.avatar_session_id,
        livekit_url=tokens.livekit_url,
        livekit_token=tokens.livekit_token,
        started_at=avatar.since,
        expires_at=avatar.expires_at,
    )


async def _last_turn(deps: Dependencies, conversation: Conversation) -> LastTurn | None:
    if conversation.last_turn is None:
        return None
    turns = dict.fromkeys(
        turn for turn in (conversation.last_turn, conversation.proposed_in) if turn is not None
    )
    newest, *proposing = map(
        TurnRecord.read, await deps.store.get([turn_path(turn) for turn in turns])
    )
    return None if newest is None else last_turn(newest, proposing, deps.clock.now())


def last_turn(
    record: TurnRecord, proposing: Iterable[TurnRecord | None], now: datetime
) -> LastTurn:
    """Return a turn as its document knows it. A turn that failed unreached has no message.

    `proposing` are earlier turns whose proposals may still be answered.
    """
    proposals = (
        each
        for turn in (record, *proposing)
        if turn is not None
        for each in turn.proposals
        if each.awaits_answer(now)
    )
    proposal = next(proposals, None)
    user_message = MessagePlace.of(record.message_number, "user")
    taken_back = record.outcome == "unreached" and record.message_number == record.number
    return LastTurn(
        turn_id=record.id,
        state="running" if record.in_use else "ended",
        ended=None if record.in_use else turn_end(record.outcome or "lost"),
        user_message_id=None if taken_back else user_message.id,
        message_id=MessagePlace.of(record.number, "assistant").id if record.text else None,
        text=record.text,
        spoken=record.spoken,
        proposal=proposal_event(proposal) if proposal else None,
        updated_at=record.updated_at or now,
    )
