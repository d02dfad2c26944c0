"""Hands out a session that runs already: nothing new is paid."""

from common.domain.conversations import Face
from common.domain.documents import Fields
from common.domain.errors import AvatarStarting, SessionOver
from common.domain.ids import AvatarSessionId, ConversationId
from common.domain.quota import Ledger
from common.domain.sessions import AvatarSession, session_path
from common.models import AvatarStarted
from common.services.accounts import usage_of
from common.services.attempts import read
from common.services.outside import Outside


async def resumed(
    outside: Outside, face: Face, conversation: ConversationId, ledger: Ledger
) -> AvatarStarted:
    if not face.live:
        raise AvatarStarting("The conversation's avatar is being started.", retry_after=2)
    session = await _running(outside, face.avatar_session_id)
    tokens = await outside.vault.open(session.id, session.vault)
    return AvatarStarted(
        avatar_session_id=session.id,
        conversation_id=conversation,
        livekit_url=tokens.livekit_url,
        livekit_token=tokens.livekit_token,
        expires_at=session.expires_at,
        reserved_seconds=session.reserved,
        usage=usage_of(ledger),
        resumed=True,
    )


async def again(outside: Outside, stored: Fields) -> AvatarStarted:
    """The same answer to the same key. Its token was never stored with it."""
    session = await _running(outside, AvatarSessionId(stored["avatar_session_id"]))
    tokens = await outside.vault.open(session.id, session.vault)
    return AvatarStarted.model_validate({**stored, "livekit_token": tokens.livekit_token})


async def _running(outside: Outside, session: AvatarSessionId) -> AvatarSession:
    path = session_path(session)
    found = (await read(outside.store, path))[path]
    if found.get("state") != "live":
        raise SessionOver("The avatar session has ended; start another one.")
    return AvatarSession.read(found)
