"""LiveAvatar, the avatar provider, on one machine: its HTTP calls, its websocket and its rules."""

from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.app import liveavatar_app
from infra.local.simulators.liveavatar.clock import Clock, ManualClock, WallClock
from infra.local.simulators.liveavatar.settings import LiveAvatarSettings

__all__ = [
    "Clock",
    "LiveAvatarAccount",
    "LiveAvatarSettings",
    "ManualClock",
    "WallClock",
    "liveavatar_app",
]
