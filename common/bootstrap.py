"""The composition root: the only place that chooses adapters.

Nothing is built at import, and nothing connects before its first use. An adapter's module is
imported when the adapter is chosen. The exception is Firestore's library, which is slow to import:
it is imported while an instance starts, when no request waits.
"""

import asyncio
import gc
import os
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from common.accounts.account import AccountUseCase
from common.accounts.deletion import DeleteAccounts
from common.accounts.deletion_steps import (
    DeleteConversations,
    DeleteTurns,
    DisconnectGoogle,
    EndSessions,
)
from common.accounts.export import ExportUseCase
from common.adapters.firestore.store import FirestoreStore
from common.adapters.google.identity import FirebaseIdentity, from_file, from_google
from common.adapters.google.identity_hash import KEY
from common.connections.disconnect import ReleaseConsents
from common.connections.google_connections import GoogleConnections
from common.conversations.chat import ChatUseCase
from common.conversations.history.conversation_history import ConversationHistory
from common.conversations.history.deletion import ConversationDeletion
from common.conversations.history.retention import DeleteOldConversations, FinishDeletions
from common.conversations.lost_turns import SettleLostTurns
from common.conversations.running_turns import RunningTurns
from common.conversations.speak import SpeakUseCase
from common.conversations.turn import Turns
from common.domain import deadlines
from common.domain.user import User
from common.health import Checks, HealthCheck
from common.observability.instrumentation import instrument
from common.observability.request_trace import TraceExporter
from common.ports.avatar import AvatarProvider
from common.ports.clock import Clock
from common.ports.dependencies import Dependencies
from common.ports.google import GoogleAccounts
from common.ports.store import Store
from common.ports.vault import TokenVault
from common.sessions.avatar_sessions import AvatarSessions
from common.sessions.budget import BudgetUseCase
from common.sessions.due_work import ConfirmEndedSessions, EndDueSessions
from common.sessions.sweep import SweepUseCase
from common.settings import Settings
from common.voice.synthesize import SynthesizeUseCase
from common.voice.transcribe import TranscribeUseCase

if TYPE_CHECKING:
    from common.adapters.google.cloud_tasks import CloudTasksQueue
    from common.adapters.google.cloud_trace import CloudTraceExporter
    from common.adapters.google.secret_manager import SecretManagerClient
    from common.adapters.http.client import HttpClient

OBJECTS_PER_COLLECTION = 20_000
"""New objects that start a garbage collection. Python's own figure is 700, which 200 streams reach
several times with each piece of their text. 20,000 small dicts take 5 MB."""


class Identity(Protocol):
    async def verify(self, bearer: str) -> User:
        """Return the user of an ID token. Raises `Unauthenticated` or `Unavailable`."""


@dataclass(frozen=True, eq=False)
class App:
    settings: Settings
    identity: Identity
    avatars: AvatarSessions
    conversations: ChatUseCase
    speeches: SpeakUseCase
    history: ConversationHistory
    transcripts: TranscribeUseCase
    syntheses: SynthesizeUseCase
    sweeps: SweepUseCase
    budget: BudgetUseCase
    connections: GoogleConnections
    accounts: AccountUseCase
    exports: ExportUseCase
    health_check: HealthCheck
    close: Callable[[], Awaitable[None]]
    running: RunningTurns = field(default_factory=RunningTurns)
    traces: TraceExporter | None = None


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def new_id() -> str:
    """Return a ULID in lower case: 26 letters and digits that begin with a digit.

    Ids of later milliseconds sort after those of earlier ones.
    """
    value = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    return "".join(alphabet[value >> shift & 31] for shift in range(125, -1, -5))


async def pause(number: int) -> None:
    """Sleep a random time: at most 20 ms for attempt 0, twice as long for each further one."""
    await asyncio.sleep(random.uniform(0, 0.02 * 2**number))  # noqa: S311 - jitter, no secret


def assemble(
    deps: Dependencies,
    identity: Identity,
    close: Callable[[], Awaitable[None]],
    checks: Checks | None = None,
) -> App:
    deadlines.check(deps.settings.turn_seconds)
    deps, running = instrument(deps), RunningTurns()
    avatars = AvatarSessions(deps)
    turns = Turns(deps, running, avatars.ender)
    deletion = ConversationDeletion(deps, avatars.ender, running)
    steps = (
        EndSessions(deps, avatars.ender),
        DisconnectGoogle(ReleaseConsents(deps)),
        DeleteConversations(deps, deletion),
        DeleteTurns(deps),
    )
    works = (
        EndDueSessions(deps, avatars.ender),
        ConfirmEndedSessions(deps),
        SettleLostTurns(deps),
        FinishDeletions(deletion),
        DeleteOldConversations(deletion, deps.settings.conversation_days),
        ReleaseConsents(deps),
        DeleteAccounts(deps, steps),
    )
    return App(
        settings=deps.settings,
        identity=identity,
        avatars=avatars,
        conversations=ChatUseCase(turns),
        speeches=SpeakUseCase(turns),
        history=ConversationHistory(deps, deletion),
        transcripts=TranscribeUseCase(deps),
        syntheses=SynthesizeUseCase(deps),
        sweeps=SweepUseCase(deps, avatars.ender, works),
        connections=GoogleConnections(deps, os.urandom),
        accounts=AccountUseCase(deps),
        exports=ExportUseCase(deps),
        budget=BudgetUseCase(deps),
        health_check=HealthCheck(checks or {}),
        close=close,
        running=running,
    )


def build(settings: Settings) -> App:
    """Build the app with the adapters that the settings choose."""
    from common.adapters.agent_engine.client import AgentEngine
    from common.adapters.google.credentials import GoogleToken, LocalToken
    from common.adapters.google.identity_toolkit import IdentityToolkit
    from common.adapters.google.secret_manager import SecretManagerClient
    from common.adapters.google.speech_to_text import GoogleRecognition
    from common.adapters.google.text_to_speech import GoogleSpeech
    from common.adapters.http.client import HttpClient
    from common.adapters.vault.grants import SecretGrants

    http_client, store, secret_manager, tasks = (
        HttpClient(),
        _store(settings),
        SecretManagerClient(settings.project, address=settings.secret_manager_address),
        _tasks(settings),
    )
    google = GoogleToken()
    avatars = _avatars(settings, secret_manager, http_client)
    agent = AgentEngine(
        settings.agent_engine_url or settings.agent_engine,
        LocalToken() if settings.agent_engine_url else google,
        http_client,
        idle_seconds=settings.turn_seconds,
        reply_seconds=settings.turn_seconds,
    )
    voice = GoogleSpeech(
        LocalToken() if settings.speech_url else google,
        http_client,
        base_url=settings.speech_url,
    )
    clock = SystemClock()
    deps = Dependencies(
        store=store,
        avatars=avatars,
        agent=agent,
        voice=voice,
        recognition=GoogleRecognition(
            LocalToken() if settings.recognition_url else google,
            http_client,
            project=settings.project,
            location=settings.recognition_location,
            model=settings.recognition_model,
            base_url=settings.recognition_url,
        ),
        vault=_vault(settings, secret_manager),
        tasks=tasks,
        google=_google(settings, secret_manager, http_client, clock),
        grants=SecretGrants(secret_manager),
        sign_ins=IdentityToolkit(
            settings.project,
            LocalToken() if settings.identity_toolkit_url else google,
            http_client,
            base_url=settings.identity_toolkit_url,
        ),
        clock=clock,
        new_id=new_id,
        pause=pause,
        settings=settings,
    )
    checks: Checks = {
        "agent": agent.check,
        "avatar": avatars.credits,
        "store": lambda: store.get(["health/none"]),
        "tasks": tasks.check,
        "vault": lambda: secret_manager.access(settings.liveavatar_secret),
        "voice": voice.check,
    }

    traces = _traces(settings)

    async def close() -> None:
        for client in (http_client, store, secret_manager, tasks):
            await client.close()
        if traces is not None:
            traces.close()

    return replace(
        assemble(deps, _identity(settings, http_client, secret_manager), close, checks),
        traces=traces,
    )


def _store(settings: Settings) -> Store:
    if settings.store == "sqlite":
        from common.adapters.sqlite.store import SqliteStore

        return SqliteStore(Path(settings.data_dir) / "oprina.sqlite3")
    return FirestoreStore(settings.project, settings.database, emulator=settings.firestore_emulator)


def _vault(settings: Settings, secret_manager: "SecretManagerClient") -> TokenVault:
    if settings.vault == "sealed":
        from common.adapters.vault.sealed import SealedVault

        return SealedVault(secret_manager)
    from common.adapters.vault.per_session import SecretVault

    return SecretVault(secret_manager)


def _traces(settings: Settings) -> "CloudTraceExporter | None":
    if not settings.traces:
        return None
    from common.adapters.google.cloud_trace import CloudTraceExporter

    return CloudTraceExporter(settings.project)


def _tasks(settings: Settings) -> "CloudTasksQueue":
    from common.adapters.google.cloud_tasks import CloudTasksQueue

    return CloudTasksQueue(
        project=settings.project,
        location=settings.location,
        queue=settings.tasks_queue,
        url=settings.sweep_url,
        account=settings.tasks_account,
        address=settings.cloud_tasks_address,
    )


def _avatars(
    settings: Settings, secret_manager: "SecretManagerClient", http_client: "HttpClient"
) -> AvatarProvider:
    from common.adapters.liveavatar.client import ADDRESS, LiveAvatar

    async def read_key(refresh: bool) -> str:
        return (await secret_manager.read(settings.liveavatar_secret, refresh=refresh)).text

    return LiveAvatar(
        settings.liveavatar_url or ADDRESS, read_key, http_client, is_sandbox=settings.sandbox
    )


def _google(
    settings: Settings,
    secret_manager: "SecretManagerClient",
    http_client: "HttpClient",
    clock: Clock,
) -> GoogleAccounts:
    from common.adapters.google.oauth import GoogleOauth, OauthAddresses

    async def read_client() -> str:
        return (await secret_manager.read(settings.google_client_secret)).text

    base = settings.google_accounts_url
    redirect_url = f"{settings.connections_url}/google/callback"
    addresses = OauthAddresses.at(base) if base else None
    return GoogleOauth(read_client, redirect_url, http_client, clock, addresses)


def _identity(
    settings: Settings, http_client: "HttpClient", secret_manager: "SecretManagerClient"
) -> FirebaseIdentity:
    async def read_key() -> bytes:
        return (await secret_manager.read(KEY)).data

    certificates = settings.certificates
    fetch = from_file(Path(certificates)) if certificates else from_google(http_client)
    return FirebaseIdentity(settings.project, fetch, read_key=read_key, admitted=settings.admitted)


@cache
def from_environment() -> App:
    """Return the app of this process.

    Objects of the start live as long as the process, so garbage collections pass them over. They
    also come less often. With 200 streams they took a fifth of the CPU time.
    """
    app = build(Settings.from_environment())
    gc.freeze()
    gc.set_threshold(OBJECTS_PER_COLLECTION)
    return app


def app_of(scope: Mapping[str, Any]) -> App:
    """Return the app that a test or the local stack put into the scope, or the process's own."""
    app = scope.get("oprina.app")
    return app if isinstance(app, App) else from_environment()
