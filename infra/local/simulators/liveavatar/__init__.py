"""LiveAvatar, the avatar provider, simulated: its HTTP calls, its websocket and its rules."""

from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.app import liveavatar_app
from infra.local.simulators.liveavatar.clock import LiveAvatarClock, ManualClock, WallClock
from infra.local.simulators.liveavatar.media.rooms import SessionRooms
from infra.local.simulators.liveavatar.settings import LiveAvatarSettings

__all__ = [
    "LiveAvatarAccount",
    "LiveAvatarClock",
    "LiveAvatarSettings",
    "ManualClock",
    "SessionRooms",
    "WallClock",
    "liveavatar_app",
]
