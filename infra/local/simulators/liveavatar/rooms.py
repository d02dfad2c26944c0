"""The LiveKit room that a start answer names. Nothing streams in it yet.

Media belong here: a room may subscribe to a session's events (`LiveAvatarAccount.subscribe`), which
carry the audio, and needs nothing of the websocket.
"""

from typing import Any

from infra.local.simulators.liveavatar.session import LiveAvatarSession
from infra.local.simulators.liveavatar.tokens import SessionTokens


def room_fields(session: LiveAvatarSession, mount: str, tokens: SessionTokens) -> dict[str, Any]:
    """Return the fields of a start answer that lead to the session's room.

    Empty if the avatar joins a room of the caller's own. `mount` is the websocket address below
    which the simulator is mounted.
    """
    if session.plan.room != "provider":
        return {}
    return {
        "livekit_url": f"{mount}/livekit",
        "livekit_client_token": tokens.livekit(session, f"client-{session.id}"),
        "livekit_agent_token": tokens.livekit(session, f"liveavatar-agent-{session.id}"),
    }
