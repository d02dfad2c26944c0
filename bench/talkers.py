"""Users of a measured function, each with a conversation and a running avatar session."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from common.adapters.google.secret_manager import SecretManagerClient
from common.adapters.sqlite.store import SqliteStore
from common.adapters.system import SystemClock, new_id, pause
from common.adapters.vault.per_session import SecretVault
from common.domain.ids import AvatarSessionId, UserId
from common.domain.user import User
from common.ports.avatar import SessionToken, StartedSession
from common.ports.dependencies import Dependencies
from common.schemas.requests import StartAvatarRequest
from common.sessions.avatar_sessions import AvatarSessions
from common.settings import Settings
from common.transactions.idempotency import IdempotencyKey
from infra.local.identity import LocalIdentity


@dataclass(frozen=True)
class Talker:
    """A user with a conversation and an avatar session."""

    token: str
    conversation: str
    session: str


class WebsocketProvider:
    """An avatar provider whose sessions have a websocket and nothing else."""

    def __init__(self, ws: str) -> None:
        self._ws = ws
        self._numbers = count()

    async def create_session_token(self, avatar: str, quality: str, seconds: int) -> SessionToken:  # noqa: ARG002 - a parameter of the port
        return SessionToken(AvatarSessionId(f"session-{next(self._numbers)}"), "token")

    async def start(self, ticket: SessionToken) -> StartedSession:
        return StartedSession("wss://livekit.invalid", "token", f"{self._ws}/{ticket.session}")


class NoTasks:
    """A queue that runs no task."""

    async def expire(self, session: AvatarSessionId, at: datetime) -> None: ...

    async def leave(self, session: AvatarSessionId, at: datetime) -> None: ...


async def start_talkers(
    settings: Settings, websocket: str, identity: LocalIdentity, number: int
) -> list[Talker]:
    """Start an avatar session for each of `number` users, in the store that the settings name.

    The avatars speak to `websocket` (`ws://host:port`), each at a path of its own.
    """
    store = SqliteStore(Path(settings.data_dir) / "oprina.sqlite3")
    secrets = SecretManagerClient(settings.project, address=settings.secret_manager_address)
    deps = Dependencies(
        store=store,
        avatars=WebsocketProvider(websocket),  # type: ignore[arg-type]  # the methods that a start calls
        agent=None,  # type: ignore[arg-type]  # a start calls no agent
        voice=None,  # type: ignore[arg-type]  # a start calls no voice
        recognition=None,  # type: ignore[arg-type]  # a start hears nothing
        vault=SecretVault(secrets),
        tasks=NoTasks(),
        google=None,  # type: ignore[arg-type]  # a start asks no Google service
        grants=None,  # type: ignore[arg-type]  # a start needs no consent
        sign_ins=None,  # type: ignore[arg-type]  # a start signs no user in
        clock=SystemClock(),
        new_id=new_id,
        pause=pause,
        settings=settings,
    )
    try:
        return [await _talker(AvatarSessions(deps), identity, n) for n in range(number)]
    finally:
        await store.close()
        await secrets.close()


async def _talker(avatars: AvatarSessions, identity: LocalIdentity, number: int) -> Talker:
    user = f"user-{number}"
    started = await avatars.start(User(UserId(user)), StartAvatarRequest(), IdempotencyKey())
    return Talker(identity.mint(user, user), started.conversation_id, started.avatar_session_id)
