"""The fields of a start answer that lead to the session's room."""

from typing import Any

from infra.local.simulators.liveavatar.session import LiveAvatarSession
from infra.local.simulators.liveavatar.tokens import SessionTokens


def agent_identity(session: LiveAvatarSession) -> str:
    """Return the name of the session's agent in the room."""
    return f"liveavatar-agent-{session.id}"


def room_fields(session: LiveAvatarSession, mount: str, tokens: SessionTokens) -> dict[str, Any]:
    """Return the fields, or none if the avatar joins a room of the caller's own.

    `mount` is the websocket address below which the simulator is mounted.
    """
    if session.plan.room != "provider":
        return {}
    return {
        "livekit_url": f"{mount}/livekit",
        "livekit_client_token": tokens.livekit(session, f"client-{session.id}"),
        "livekit_agent_token": tokens.livekit(session, agent_identity(session)),
    }
