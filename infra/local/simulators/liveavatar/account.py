"""One account at the provider: its key, its sessions, its credits, and the rules that bind them."""

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from infra.local.simulators.json_web_tokens import BadTokenError
from infra.local.simulators.liveavatar.api.catalogue import KNOWN_AVATARS, SANDBOX_AVATAR
from infra.local.simulators.liveavatar.clock import LiveAvatarClock, WallClock
from infra.local.simulators.liveavatar.journal.audio import AudioShelf
from infra.local.simulators.liveavatar.journal.record import AccountJournal
from infra.local.simulators.liveavatar.lite.dialect import EventFormatter
from infra.local.simulators.liveavatar.playback import SessionEvent
from infra.local.simulators.liveavatar.refusal import RequestRefusedError
from infra.local.simulators.liveavatar.session import EndReason, LiveAvatarSession, SessionPlan
from infra.local.simulators.liveavatar.settings import LiveAvatarSettings
from infra.local.simulators.liveavatar.tokens import SessionTokens, TokenUse

Listener = Callable[[SessionEvent, list[dict[str, Any]]], None]
"""Receives each event of a session, and the messages in which the provider sends it."""


class LiveAvatarAccount:
    """The simulated account. Belongs to one event loop.

    Nothing runs in it: a call first settles what fell due, with the moments at which it was due. An
    open websocket calls at each moment at which something is due.
    """

    def __init__(
        self,
        settings: LiveAvatarSettings | None = None,
        clock: LiveAvatarClock | None = None,
        *,
        key: str = "local-key",
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.settings = settings or LiveAvatarSettings()
        self.clock = clock or WallClock()
        self.key = key
        self.sessions: dict[str, LiveAvatarSession] = {}
        self.new_id = new_id
        self._listeners: dict[str, list[Listener]] = {}
        self._origin = (self.clock.now(), self.clock.monotonic())
        self._formatter = EventFormatter(self.settings.dialect, self.settings.ids, new_id)
        self.journal = AccountJournal(self.utc, self._origin[1])
        self.shelf = AudioShelf(self.settings.kept_audio_bytes)
        self.tokens = SessionTokens(
            secrets.token_hex(32),
            self.settings.token_seconds,
            lambda: self.utc(self.now).timestamp(),
        )

    @property
    def now(self) -> float:
        """Return the monotonic seconds of the account's clock."""
        return self.clock.monotonic()

    @property
    def seconds_since_start(self) -> float:
        """Return the seconds since the account was made, as the journal counts them."""
        return self.now - self._origin[1]

    def utc(self, at: float) -> datetime:
        """Return the time of the monotonic moment `at`."""
        return self._origin[0] + timedelta(seconds=at - self._origin[1])

    def create(self, plan: SessionPlan) -> LiveAvatarSession:
        """Create a session, which does not run yet.

        Raises `RequestRefusedError` for terms that the account does not allow.
        """
        self._check_avatar(plan)
        session = LiveAvatarSession(
            id=self.new_id(),
            plan=plan,
            max_seconds=self._max_seconds(plan),
            idle_seconds=self.settings.idle_seconds,
            created=self.now,
            updated=self.now,
            starvation_seconds=self.settings.starvation_seconds,
            closes_at_max=self.settings.at_max_duration == "close",
        )
        self.sessions[session.id] = session
        return session

    def start(self, session: LiveAvatarSession) -> None:
        """Start a session. Raises `RequestRefusedError`."""
        self.settle()
        if session.state != "created":
            self._check_second_start(session)
            return
        self._check_concurrency()
        self._check_credits(session)
        session.start(self.now)

    def stop(self, session: LiveAvatarSession, reason: EndReason) -> None:
        """Stop a session. Raises `RequestRefusedError` if it has ended, by the settings."""
        self.settle()
        if session.state == "ended":
            self._check_second_stop()
            return
        self.publish(session, session.stop(self.now, reason))

    def keep_alive(self, session: LiveAvatarSession) -> None:
        """Begin a session's idle time again. Raises `RequestRefusedError` if it does not run."""
        self.settle()
        if session.state != "running":
            ended = session.state == "ended"
            message = "Session already ended" if ended else "Session not started"
            raise RequestRefusedError(400, 4002, message)
        session.keep_alive(self.now)

    def find(self, session_id: str) -> LiveAvatarSession:
        """Return a session. Raises `RequestRefusedError` (404)."""
        self.settle()
        session = self.sessions.get(session_id)
        if session is None:
            raise RequestRefusedError(404, 4004, "Session not found")
        return session

    def authenticate(self, token: str, use: TokenUse = "session") -> LiveAvatarSession:
        """Return the session of a token. Raises `RequestRefusedError` (401) unless it is valid."""
        try:
            return self.find(self.tokens.read(token, use))
        except BadTokenError:
            raise RequestRefusedError(401, 4001, "Invalid token") from None

    def settle(self) -> None:
        """Carry out all that fell due by itself until now."""
        for session in self.sessions.values():
            self.settle_one(session)

    def settle_one(self, session: LiveAvatarSession) -> None:
        """Carry out all that fell due in one session until now."""
        self.publish(session, session.settle(self.now))

    def credits_left(self) -> float:
        """Return the credits that are left in the account."""
        return self.settings.credits - sum(
            session.credits(self.now) for session in self.sessions.values()
        )

    def publish(self, session: LiveAvatarSession, events: list[SessionEvent]) -> None:
        """Write a session's events into the journal and hand them to its listeners."""
        for event in events:
            messages = self._formatter.messages(event)
            for message in messages:
                self.journal.add(event.at, "event", session_id=session.id, **message)
            for listener in list(self._listeners.get(session.id, ())):
                listener(event, messages)

    def subscribe(self, session: LiveAvatarSession, listener: Listener) -> None:
        """Hand each event of a session to `listener`, from now on."""
        self._listeners.setdefault(session.id, []).append(listener)

    def unsubscribe(self, session: LiveAvatarSession, listener: Listener) -> None:
        """Hand no more events to `listener`."""
        self._listeners[session.id].remove(listener)

    def _max_seconds(self, plan: SessionPlan) -> float:
        limit = self.settings.plan_seconds
        wanted = limit if plan.max_seconds is None else plan.max_seconds
        if wanted > limit:
            raise RequestRefusedError(
                422, 4220, f"max_session_duration is above the plan's {limit} seconds"
            )
        return min(wanted, self.settings.sandbox_seconds) if plan.sandbox else wanted

    def _check_avatar(self, plan: SessionPlan) -> None:
        if plan.sandbox and plan.avatar_id != SANDBOX_AVATAR:
            raise RequestRefusedError(
                422, 4220, f"avatar_id must be {SANDBOX_AVATAR} in the sandbox"
            )
        if self.settings.known_avatars_only and plan.avatar_id not in KNOWN_AVATARS:
            raise RequestRefusedError(422, 4220, "avatar_id is not known")

    def _check_concurrency(self) -> None:
        held = sum(self._holds_a_place(session) for session in self.sessions.values())
        if held >= self.settings.concurrency:
            raise RequestRefusedError(403, 4003, "Session concurrency limit reached")

    def _holds_a_place(self, session: LiveAvatarSession) -> bool:
        if session.started is None:
            return False
        return session.ended is None or self.now - session.ended < self.settings.release_seconds

    def _check_credits(self, session: LiveAvatarSession) -> None:
        if self.settings.overage or session.plan.sandbox:
            return
        left = self.credits_left()
        if left < 1:
            raise RequestRefusedError(self.settings.no_credits_status, 4005, "Not enough credits")
        session.affordable_seconds = left * 60

    def _check_second_start(self, session: LiveAvatarSession) -> None:
        if session.state == "ended" or self.settings.start_twice == "refused":
            state = "ended" if session.state == "ended" else "started"
            raise RequestRefusedError(400, 4002, f"Session already {state}")

    def _check_second_stop(self) -> None:
        if self.settings.stop_ended == "not found":
            raise RequestRefusedError(404, 4004, "Session not found")
        if self.settings.stop_ended == "already ended":
            raise RequestRefusedError(400, 4002, "Session already ended")
