"""The composition root: the only place that chooses adapters.

Nothing is built at import, and nothing connects before its first use. An adapter's module is
imported when the adapter is chosen. The exception is Firestore's library, which is slow to import:
it is imported while an instance starts, when no request waits.
"""

import gc
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.adapters.firestore.store import FirestoreStore
from common.adapters.google.identity import FirebaseIdentity, from_file, from_google
from common.adapters.google.identity_hash import KEY
from common.adapters.system import SystemClock, new_id, pause
from common.app import App, assemble
from common.health import Checks
from common.ports.avatar import AvatarProvider
from common.ports.clock import Clock
from common.ports.dependencies import Dependencies
from common.ports.google import GoogleAccounts
from common.ports.store import Store
from common.ports.vault import TokenVault
from common.settings import Settings

if TYPE_CHECKING:
    from common.adapters.google.cloud_tasks import CloudTasksQueue
    from common.adapters.google.cloud_trace import CloudTraceExporter
    from common.adapters.google.secret_manager import SecretManagerClient
    from common.adapters.http.client import HttpClient

OBJECTS_PER_COLLECTION = 20_000
"""New objects that start a garbage collection. Python's own figure is 700, which 200 streams reach
several times with each piece of their text. 20,000 small dicts take 5 MB."""


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

    identity = _identity(settings, http_client, secret_manager)
    return assemble(deps, identity, close, checks, traces)


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
