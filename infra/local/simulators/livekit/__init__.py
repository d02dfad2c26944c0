"""A LiveKit server in this process: rooms that unmodified clients join, with participants of ours.

It speaks LiveKit's signalling (protobuf messages of `livekit-protocol` over a websocket) and WebRTC
(`aiortc`). A client may be `livekit-client`, or any SDK of LiveKit. What clients publish is received,
and is not forwarded to other clients; their data is. The packages of the media are imported at the
first join.
"""

from infra.local.simulators.livekit.access import AccessRefusedError, RoomGrant, no_room, read_grant
from infra.local.simulators.livekit.server import LiveKitServer, media_missing

__all__ = [
    "AccessRefusedError",
    "LiveKitServer",
    "RoomGrant",
    "media_missing",
    "no_room",
    "read_grant",
]
