"""The websocket of one turn to its avatar, as a pure state machine.

    opening ──► open ──► ready            ready: audio that is sent now is played
       │          │        │
       └────── in_doubt ◄──┘              the connection failed: is the session still running?
                  │
         opening again, or failed         two failures end the speech of the turn

`step` takes a state and an event, and returns the next state with the commands to carry out. It
decides that a session is over only from the provider's standing, never from a connection that
failed.
"""

from dataclasses import dataclass, replace
from typing import Literal

Phase = Literal["opening", "open", "ready", "in_doubt", "failed"]
Event = Literal[
    "opened",
    "open_failed",
    "connected",
    "connected_timeout",
    "dropped",
    "running",
    "over",
    "unknown",
]
Command = Literal["interrupt", "keep_alive"]

MOST_FAILURES = 2


@dataclass(frozen=True)
class ConnectionState:
    """`over`: the provider said that the session has ended. `sent`: audio was sent before."""

    phase: Phase = "opening"
    failures: int = 0
    over: bool = False
    sent: bool = False


def step(  # noqa: PLR0911 - one return for each transition
    state: ConnectionState, event: Event
) -> tuple[ConnectionState, list[Command]]:
    """Return the next state and what to send.

    An event that does not fit the phase changes nothing.
    """
    match state.phase, event:
        case "opening", "opened":
            # A connection that replaces a dropped one must not cut what still plays.
            return replace(state, phase="open"), ["keep_alive"] if state.sent else SILENCE
        case "open", "connected":
            # What was sent before `connected` was dropped by the provider.
            return replace(state, phase="ready"), [] if state.sent else ["interrupt"]
        case "open", "connected_timeout":
            return replace(state, phase="ready"), []
        case ("opening", "open_failed") | ("open" | "ready", "dropped"):
            return replace(state, phase="in_doubt", failures=state.failures + 1), []
        case "in_doubt", "over":
            return replace(state, phase="failed", over=True), []
        case "in_doubt", ("running" | "unknown"):
            again = state.failures < MOST_FAILURES
            return replace(state, phase="opening" if again else "failed"), []
    return state, []


SILENCE: list[Command] = ["interrupt", "keep_alive"]
"""A new connection first stops whatever the avatar says."""
