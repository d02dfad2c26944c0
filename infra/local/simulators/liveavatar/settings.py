from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class LiveAvatarSettings:
    """The provider's rules, and its answer where nobody found out what the real one does.

    Times in seconds, credits in the provider's own unit (one a minute in LITE mode).
    """

    concurrency: int = 20
    release_seconds: float = 0.5
    """For so long a session that has ended still counts against `concurrency`."""

    idle_seconds: float = 300
    plan_seconds: int = 3600
    """The plan's cap of `max_session_duration`, and its default."""

    sandbox_seconds: int = 60
    credits: float = 1000.0
    overage: bool = True
    """Without it nothing starts, and nothing goes on, when the credits are used up."""

    no_credits_status: int = 402
    """Unknown. What `start` answers when there are none."""

    start_delay_seconds: float = 0.0
    """The session runs, and costs, from the arrival of the request; the answer comes this late."""

    connected_delay_seconds: float = 0.3
    """From the first websocket of a session to `connected`."""

    connected_to_second_socket: bool = True
    """Unknown: whether a websocket that is opened later is told `connected` again."""

    close_stops_playback: bool = False
    """Unknown: whether closing the last websocket cuts what is being said."""

    stop_ended: Literal["already ended", "not found", "ok"] = "already ended"
    """Unknown: 400 "Session already ended", 404, or 200, for `stop` of one that has ended."""

    start_twice: Literal["refused", "again"] = "refused"
    """Unknown: 400, or the same answer again, for a token that was used."""

    known_avatars_only: bool = False
    """Refuse an `avatar_id` that the catalogue does not have."""

    token_seconds: int = 3600
    """Undocumented; how long session and LiveKit tokens live."""

    message_bytes: int = 1_048_576
    """The most that one websocket message may have."""

    kept_audio_bytes: int = 64 * 1024 * 1024
    """How much audio the journal keeps; the oldest utterances lose theirs first."""
