"""One account at the provider: its key, its sessions, its credits, and the rules that bind them."""

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from infra.local.simulators.liveavatar.catalogue import KNOWN_AVATARS, SANDBOX_AVATAR
from infra.local.simulators.liveavatar.clock import Clock, WallClock
from infra.local.simulators.liveavatar.journal import AudioShelf, Journal
from infra.local.simulators.liveavatar.playback import Event
from infra.local.simulators.liveavatar.sessions import EndReason, Mode, Session
from infra.local.simulators.liveavatar.settings import LiveAvatarSettings
from infra.local.simulators.liveavatar.tokens import BadToken, SessionTokens, Use

Listener = Callable[[Event], None]


class Refusal(Exception):
    """The provider's no: an HTTP status, its own code, and words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class LiveAvatarAccount:
    """Belongs to one event loop. Nothing runs in it: whoever looks first dates what fell due, and
    an open websocket looks at each moment at which something is due.
    """

    def __init__(
        self,
        settings: LiveAvatarSettings | None = None,
        clock: Clock | None = None,
        *,
        key: str = "local-key",
        secret: str | None = None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.settings = settings or LiveAvatarSettings()
        self.clock = clock or WallClock()
        self.key = key
        self.sessions: dict[str, Session] = {}
        self._new_id = new_id
        self._listeners: dict[str, list[Listener]] = {}
        self._origin = (self.clock.now(), self.clock.monotonic())
        self.journal = Journal(self.utc, self._origin[1])
        self.shelf = AudioShelf(self.settings.kept_audio_bytes)
        self.tokens = SessionTokens(
            secret or secrets.token_hex(32),
            self.settings.token_seconds,
            lambda: self.utc(self.now).timestamp(),
        )

    @property
    def now(self) -> float:
        return self.clock.monotonic()

    def utc(self, at: float) -> datetime:
        """When the moment `at` was."""
        return self._origin[0] + timedelta(seconds=at - self._origin[1])

    def create(
        self, mode: Mode, avatar_id: str, max_seconds: int | None, *, sandbox: bool
    ) -> Session:
        """Nothing runs yet. Raises Refusal for what the plan does not allow."""
        limit = self.settings.plan_seconds
        if max_seconds is not None and max_seconds > limit:
            raise Refusal(422, 4220, f"max_session_duration is above the plan's {limit} seconds")
        self._check_avatar(avatar_id, sandbox=sandbox)
        most = max_seconds or limit
        session = Session(
            id=self._new_id(),
            mode=mode,
            avatar_id=avatar_id,
            sandbox=sandbox,
            max_seconds=min(most, self.settings.sandbox_seconds) if sandbox else most,
            idle_seconds=self.settings.idle_seconds,
            created=self.now,
            updated=self.now,
        )
        self.sessions[session.id] = session
        return session

    def start(self, session: Session) -> None:
        self.settle()
        if session.state != "created":
            self._check_started_again(session)
            return
        self._check_concurrency()
        self._check_credits(session)
        session.start(self.now)

    def stop(self, session: Session, reason: EndReason) -> None:
        self.settle()
        if session.state == "ended":
            self._check_stopped_again()
            return
        self.tell(session, session.stop(self.now, reason))

    def keep_alive(self, session: Session) -> None:
        self.settle()
        if session.state != "running":
            told = "Session already ended" if session.state == "ended" else "Session not started"
            raise Refusal(400, 4002, told)
        session.keep_alive(self.now)

    def named(self, session_id: str) -> Session:
        self.settle()
        session = self.sessions.get(session_id)
        if session is None:
            raise Refusal(404, 4004, "Session not found")
        return session

    def settle(self) -> None:
        """Everything that has happened by itself until now has happened."""
        for session in self.sessions.values():
            self.tell(session, session.settle(self.now))

    def credits_left(self) -> float:
        return self.settings.credits - sum(
            session.credits(self.now) for session in self.sessions.values()
        )

    def tell(self, session: Session, events: list[Event]) -> None:
        for event in events:
            self.journal.add(event.at, "event", session_id=session.id, **event.message())
            for listener in list(self._listeners.get(session.id, ())):
                listener(event)

    def listen(self, session: Session, listener: Listener) -> None:
        self._listeners.setdefault(session.id, []).append(listener)

    def unlisten(self, session: Session, listener: Listener) -> None:
        self._listeners[session.id].remove(listener)

    def listeners(self, session: Session) -> int:
        return len(self._listeners.get(session.id, ()))

    def session_of(self, token: str, use: Use = "session") -> Session:
        """Raises Refusal (401) unless it is a live token of that use."""
        try:
            return self.named(self.tokens.read(token, use))
        except BadToken:
            raise Refusal(401, 4001, "Invalid token") from None

    def _check_avatar(self, avatar_id: str, *, sandbox: bool) -> None:
        if sandbox and avatar_id != SANDBOX_AVATAR:
            raise Refusal(422, 4220, f"avatar_id must be {SANDBOX_AVATAR} in the sandbox")
        if self.settings.known_avatars_only and avatar_id not in KNOWN_AVATARS:
            raise Refusal(422, 4220, "avatar_id is not known")

    def _check_concurrency(self) -> None:
        held = sum(self._holds_a_place(session) for session in self.sessions.values())
        if held >= self.settings.concurrency:
            raise Refusal(403, 4003, "Session concurrency limit reached")

    def _holds_a_place(self, session: Session) -> bool:
        if session.started is None:
            return False
        return session.ended is None or self.now - session.ended < self.settings.release_seconds

    def _check_credits(self, session: Session) -> None:
        if self.settings.overage or session.sandbox:
            return
        left = self.credits_left()
        if left < 1:
            raise Refusal(self.settings.no_credits_status, 4005, "Not enough credits")
        session.affordable_seconds = left * 60

    def _check_started_again(self, session: Session) -> None:
        if session.state == "ended" or self.settings.start_twice == "refused":
            told = "ended" if session.state == "ended" else "started"
            raise Refusal(400, 4002, f"Session already {told}")

    def _check_stopped_again(self) -> None:
        if self.settings.stop_ended == "not found":
            raise Refusal(404, 4004, "Session not found")
        if self.settings.stop_ended == "already ended":
            raise Refusal(400, 4002, "Session already ended")
