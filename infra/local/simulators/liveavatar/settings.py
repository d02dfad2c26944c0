"""The provider's rules, and its answer where the real one is not known."""

from dataclasses import dataclass
from typing import Literal

Dialect = Literal["both", "speak", "state"]
"""How the provider says that speech began and ended.

`speak`: `agent.speak_started` and `agent.speak_ended`, as in sessions until early 2026. `state`:
`agent.state_updated` alone, as in sessions of September 2026. `both`: as documented in 2026.

Unknown: whether `agent.speak_ended` comes after `agent.speak_interrupted`, too. LiveKit's plugin,
which was written for `speak`, waits for it. The simulator sends it in `speak`, and not in `both`.
"""

IdHabit = Literal["source", "echo", "own"]
"""How an event of the provider names the message that caused it.

`source`: in `source_event_id`, and `event_id` is the provider's own, as newer clients read it.
`echo`: in `event_id`, as documented. `own`: not at all, `event_id` is the provider's own.
"""


@dataclass(frozen=True)
class LiveAvatarSettings:
    """Rules of the simulated account. Times in seconds, credits in the provider's own unit.

    A LITE session costs one credit a minute. Settings that say "unknown" stand for behaviour of the
    real provider that no source documents: a client must work with each of their values.
    """

    concurrency: int = 20
    """Sessions that may run at the same time."""

    release_seconds: float = 0.5
    """Time for which an ended session still counts against `concurrency`."""

    idle_seconds: float = 300
    """A session ends so long after its last keep-alive."""

    plan_seconds: int = 3600
    """The plan's cap of `max_session_duration`, and its default."""

    sandbox_seconds: int = 60
    """The longest sandbox session."""

    credits: float = 1000.0
    """Credits in the account before its first session."""

    overage: bool = True
    """Sessions start and go on when the credits are used up. False: neither."""

    no_credits_status: int = 402
    """Unknown. HTTP status of a start without credits."""

    start_delay_seconds: float = 0.0
    """Delay of a start's answer. The session runs and bills from the arrival of the request."""

    connected_delay_seconds: float = 0.3
    """Time from a session's first websocket to `connected`."""

    connected_to_second_socket: bool = True
    """Unknown. A websocket that is opened later is sent `connected`, too."""

    close_stops_playback: bool = False
    """Unknown. Closing the last websocket of a session interrupts the avatar."""

    second_socket_closes_first: bool = False
    """Unknown. A new websocket of a session closes the ones before it."""

    closes_first_after_seconds: float = 0.0
    """Time for which a websocket that is to be closed for another one still works."""

    dialect: Dialect = "both"
    """Form of the speech events."""

    ids: IdHabit = "source"
    """Form of the ids in the provider's events."""

    starvation_seconds: float = 1.0
    """Unknown. An utterance that waits so long for audio causes the error `video_starvation`."""

    agent_join_seconds: float = 0.2
    """Time from the first viewer of a FULL session to the agent's join. Clients wait for 30 s."""

    at_max_duration: Literal["silence", "close"] = "silence"
    """End of a session at its maximum age, for its websockets.

    `silence`: the avatar stops, without an event, an error or a close (measured by one user in two
    sessions on 2026-09-29). `close`: the event `closed`, and the websocket is closed.
    """

    stop_ended: Literal["already ended", "not found", "ok"] = "already ended"
    """Unknown. Answer to the stop of an ended session: 400, 404 or 200."""

    start_twice: Literal["refused", "again"] = "refused"
    """Unknown. Answer to a second start with one token: 400, or the first answer again."""

    known_avatars_only: bool = False
    """Refuse an `avatar_id` that the catalogue does not have."""

    token_seconds: int = 3600
    """Undocumented. Lifetime of session tokens and LiveKit tokens."""

    message_bytes: int = 1_048_576
    """Size limit of a websocket message."""

    kept_audio_bytes: int = 64 * 1024 * 1024
    """Audio that the journal keeps. The oldest utterances lose theirs first."""
