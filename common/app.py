"""The app: every use case, wired over the ports that it is given."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from common.accounts.account import AccountUseCase
from common.accounts.deletion import DeleteAccounts
from common.accounts.deletion_steps import (
    DeleteConversations,
    DeleteTurns,
    DisconnectGoogle,
    EndSessions,
)
from common.accounts.export import ExportUseCase
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
from common.ports.dependencies import Dependencies
from common.sessions.avatar_sessions import AvatarSessions
from common.sessions.budget import BudgetUseCase
from common.sessions.due_work import ConfirmEndedSessions, EndDueSessions
from common.sessions.sweep import SweepUseCase
from common.settings import Settings
from common.voice.synthesize import SynthesizeUseCase
from common.voice.transcribe import TranscribeUseCase


class Identity(Protocol):
    async def verify(self, bearer: str) -> User:
        """Return the user of an ID token. Raises `Unauthenticated` or `Unavailable`."""


@dataclass(frozen=True, eq=False)
class App:
    """The use cases of this process, and what belongs to all of them.

    `running` are the turns that run in this process. `close` releases what the adapters hold.
    """

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
    running: RunningTurns
    traces: TraceExporter | None = None


def assemble(
    deps: Dependencies,
    identity: Identity,
    close: Callable[[], Awaitable[None]],
    checks: Checks | None = None,
    traces: TraceExporter | None = None,
) -> App:
    """Wire the use cases over the ports.

    `close` releases what the adapters hold. `checks` are those of the health check with `deep`, by the
    name of the service. Without `traces` no trace is exported.

    Raises ValueError if the time constants do not fit `settings.turn_seconds`.
    """
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
        traces=traces,
    )
