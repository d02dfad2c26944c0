"""LiveKit access tokens: who may join which room, and what they may do there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.simulators.json_web_tokens import BadTokenError, verify


class AccessRefusedError(Exception):
    """A refused join: an HTTP status and the text of the answer, as a LiveKit server sends them."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def no_room() -> AccessRefusedError:
    """Return the refusal of a room that is not there. Clients look for these words."""
    return AccessRefusedError(404, "requested room does not exist")


@dataclass(frozen=True)
class RoomGrant:
    """The content of a valid access token."""

    room: str
    identity: str
    name: str = ""
    metadata: str = ""
    can_publish: bool = True
    can_subscribe: bool = True
    can_publish_data: bool = True


def read_grant(token: str, key: str, secret: str, now: float) -> RoomGrant:
    """Return the grant of a token that `key` issued. `now` counts seconds since 1970.

    Raises `AccessRefusedError` (401) for a token that is false, expired, not valid yet, of another
    issuer, or without a room and an identity.
    """
    try:
        claims = verify(token, secret, now)
    except BadTokenError as bad:
        raise AccessRefusedError(401, f"invalid token, error: {bad}") from None
    if claims.get("iss") != key:
        raise AccessRefusedError(401, f"invalid API key: {claims.get('iss')}")
    if claims.get("nbf", 0) > now:
        raise AccessRefusedError(401, "invalid token, error: not valid yet")
    video = claims.get("video")
    if not isinstance(video, Mapping) or not video.get("roomJoin") or not video.get("room"):
        raise AccessRefusedError(401, "permissions denied")
    if not claims.get("sub"):
        raise AccessRefusedError(401, "identity cannot be empty")
    return _grant(claims, video)


def _grant(claims: Mapping[str, Any], video: Mapping[str, Any]) -> RoomGrant:
    return RoomGrant(
        room=str(video["room"]),
        identity=str(claims["sub"]),
        name=str(claims.get("name", "")),
        metadata=str(claims.get("metadata", "")),
        can_publish=bool(video.get("canPublish", True)),
        can_subscribe=bool(video.get("canSubscribe", True)),
        can_publish_data=bool(video.get("canPublishData", True)),
    )
