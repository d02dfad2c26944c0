"""Facts about the functions, from their declarations and their calls, to compare a plan with."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.responses import Response

from common.app import App
from common.bootstrap import build
from common.connections.disconnect import Disconnect
from common.conversations.history.deletion import MarkDeleted
from common.conversations.running_turn import RunningChat, RunningSpeech
from common.domain import errors
from common.domain.accounts.profile import GRACE
from common.domain.ids import ConversationId
from common.schemas.base import Answer
from common.schemas.conversations import DeleteConversationRequest, ReadConversationRequest
from common.schemas.limits import BudgetAlertRequest
from common.schemas.requests import (
    ChatRequest,
    EndSessionRequest,
    KeepAliveRequest,
    SpeakRequest,
    StartAvatarRequest,
    SweepRequest,
    TranscribeRequest,
)
from common.settings import Settings
from common.transactions.idempotency import IdempotencyKey
from common.transactions.transaction import Transactions
from infra.registry import declarations
from tests.api.cases import ALL, Case
from tests.support.google_consent import give_consent
from tests.support.harness import ADA, Harness, advance, collect_events, new_harness
from tests.support.recordings import wav_file
from tests.support.virtual_time import VirtualTimeLoop
from tests.terraform.words import takes_text

NEEDS: dict[str, dict[str, str]] = {
    "store": dict.fromkeys(("get", "query", "commit"), "store"),
    "avatars": dict.fromkeys(
        ("create_session_token", "stop", "keep_alive", "active", "record", "credits"),
        "liveavatar key",
    ),
    "agent": {
        **dict.fromkeys(("reply", "create_session"), "agent"),
        "delete_session": "agent.delete",
    },
    "voice": {},
    "recognition": {"recognize": "speech"},
    "vault": {
        **dict.fromkeys(("prepare", "keep"), "tokens.write"),
        "open": "tokens.read",
        "forget": "tokens.delete",
    },
    "tasks": dict.fromkeys(("expire", "leave"), "queue"),
    "sign_ins": {"delete_user": "users.delete"},
    "google": dict.fromkeys(("is_set_up", "consent_url", "exchange", "refresh"), "oauth client"),
    "grants": {
        "keep": "grants.write",
        "open": "grants.read",
        "forget": "grants.delete",
        **dict.fromkeys(("seal", "unseal"), "sealing"),
    },
}
"""The permission that each method of a port needs. The avatar's `start` and `connect` use the session
token that `create_session_token` returns. Text-to-Speech needs no role. Google's `revoke` needs no more
than the refresh token."""

HEALTH_CHECKS = {
    "agent": "agent.read",
    "avatar": "liveavatar key",
    "store": "store.read",
    "tasks": "queue.read",
    "vault": "liveavatar key",
}
"""The permission that each health check needs. Text-to-Speech needs no role."""

Use = Callable[[App, Harness], Awaitable[object]]


@dataclass(frozen=True)
class Code:
    """The functions: the `internal` ones, the permissions that each needs, and its deadline.

    `seconds` is the longest deadline of its use cases. `writes`: functions whose requests have words
    of a person, or values of Google that look like code.
    """

    functions: list[str]
    internal: set[str]
    uses: dict[str, set[str]]
    seconds: dict[str, float]
    writes: set[str]


def read() -> Code:
    functions = declarations()
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        uses = {name: runner.run(_used_permissions(name)) for name in functions}
    uses["health"] = _health_checks()
    return Code(
        sorted(functions),
        {name for name, each in functions.items() if each.internal},
        uses,
        {name: each.seconds for name, each in functions.items()},
        {name for name, each in functions.items() if any(map(takes_text, each.operations))},
    )


def _health_checks() -> set[str]:
    """Return the permissions of the health checks, as the composition root assembles them."""
    engine = "projects/p/locations/l/reasoningEngines/1"
    checks = build(Settings(agent_engine=engine)).health_check._checks
    return {HEALTH_CHECKS[name] for name in checks if name in HEALTH_CHECKS}


# ── calls of the ports ────────────────────────────────────────────────────────────────────────────


@dataclass
class RecordingPort:
    """A port that records the names of the methods that are called."""

    port: Any
    calls: set[str] = field(default_factory=set)

    def __getattr__(self, name: str) -> Any:
        self.calls.add(name)
        return getattr(self.port, name)


async def _used_permissions(function: str) -> set[str]:
    """Call the function in every way, and return the permissions that its calls need."""
    examples = [_example(case) for case in ALL if case.function == function]
    calls: set[tuple[str, str]] = set()
    for use in (*examples, *SCENARIOS.get(function, ())):
        harness = new_harness()
        ports = {port: RecordingPort(getattr(harness, port)) for port in NEEDS}
        await use(harness.another(**ports), harness)
        calls |= {(port, call) for port, recorded in ports.items() for call in recorded.calls}
    return {NEEDS[port][call] for port, call in calls if call in NEEDS[port]}


def _example(case: Case) -> Use:
    """Return a call with an example request, which refers to nothing that exists."""

    async def use(app: App, _: Harness) -> None:
        request = case.route.request.model_validate(case.example())
        with suppress(errors.OprinaError):
            result = await case.operation.use_case(ADA, request, app, IdempotencyKey())
            if not isinstance(result, Answer | Response):
                await result.answer()

    return use


async def _start(app: App, _: Harness) -> None:
    started = await app.avatars.start(ADA, StartAvatarRequest(), IdempotencyKey())
    again = StartAvatarRequest(conversation_id=started.conversation_id)
    await app.avatars.start(ADA, again, IdempotencyKey())


async def _start_fails(app: App, harness: Harness) -> None:
    harness.avatars.fail_next("start", errors.Failed("avatar", "no"))
    with pytest.raises(errors.Upstream):
        await app.avatars.start(ADA, StartAvatarRequest(), IdempotencyKey())


async def _chat(app: App, harness: Harness, *, ended: bool = False) -> None:
    started = await harness.start()
    _end_sessions(harness, ended=ended)
    ask = ChatRequest(message="Hello.", conversation_id=started.conversation_id)
    turn = await app.conversations.chat(ADA, ask, IdempotencyKey())
    assert isinstance(turn, RunningChat)
    await collect_events(turn)


async def _chat_after_the_end(app: App, harness: Harness) -> None:
    await _chat(app, harness, ended=True)


async def _speak(app: App, harness: Harness, *, ended: bool = False) -> None:
    started = await harness.start()
    _end_sessions(harness, ended=ended)
    ask = SpeakRequest(avatar_session_id=started.avatar_session_id, text="Hello.")
    speech = await app.speeches.speak(ADA, ask, IdempotencyKey())
    assert isinstance(speech, RunningSpeech)
    if ended:
        with pytest.raises(errors.SessionOver):
            await speech.answer()
    else:
        await speech.answer()


async def _speak_after_the_end(app: App, harness: Harness) -> None:
    await _speak(app, harness, ended=True)


async def _keep_alive(app: App, harness: Harness) -> None:
    started = await harness.start()
    ask = KeepAliveRequest(avatar_session_id=started.avatar_session_id)
    await app.avatars.keep_alive(ADA, ask, IdempotencyKey())
    leaving = ask.model_copy(update={"leaving": True})
    await app.avatars.keep_alive(ADA, leaving, IdempotencyKey())
    _end_sessions(harness, ended=True)
    with pytest.raises(errors.SessionOver):
        await app.avatars.keep_alive(ADA, ask, IdempotencyKey())


async def _end(app: App, harness: Harness) -> None:
    started = await harness.start()
    await app.avatars.end(
        ADA, EndSessionRequest(avatar_session_id=started.avatar_session_id), IdempotencyKey()
    )


async def _sweep(app: App, harness: Harness) -> None:
    await harness.start()
    made = await harness.whole_chat()
    transactions = Transactions(harness.store, harness.clock, no_pause)
    mark = MarkDeleted(ConversationId(made.conversation_id), ADA.uid, "user", None)
    await transactions.run(mark)  # the process that deletes it dies here
    advance(harness.clock, 3600)
    await app.sweeps.sweep(SweepRequest())


async def _sweep_an_account(app: App, harness: Harness) -> None:
    await harness.whole_chat()
    await app.accounts.request_deletion(ADA)
    advance(harness.clock, GRACE.total_seconds() + 1)
    await app.sweeps.sweep(SweepRequest())


async def _history(app: App, harness: Harness) -> None:
    made = await harness.whole_chat()
    await harness.start(conversation_id=made.conversation_id)
    named = {"conversation_id": made.conversation_id}
    await app.history.read(ADA, ReadConversationRequest.model_validate(named))
    await app.history.delete(ADA, DeleteConversationRequest.model_validate(named))


async def _connect(app: App, harness: Harness) -> None:
    """Connect, connect again for more, and disconnect."""
    assert await give_consent(app, harness.google, ADA, calendar=False) == "connected"
    assert await give_consent(app, harness.google, ADA) == "connected"
    await app.connections.disconnect(ADA)


async def _chat_with_google(app: App, harness: Harness) -> None:
    await give_consent(harness.app, harness.google, ADA)
    advance(harness.clock, 3600)
    await _chat(app, harness)


async def _sweep_a_connection(app: App, harness: Harness) -> None:
    """The process that disconnects dies after its commit."""
    await give_consent(harness.app, harness.google, ADA)
    await Transactions(harness.store, harness.clock, no_pause).run(Disconnect(ADA.uid))
    advance(harness.clock, 60)
    await app.sweeps.sweep(SweepRequest())


async def _budget(app: App, _: Harness) -> None:
    notice = b64encode(b'{"alertThresholdExceeded": 1.0}').decode()
    used_up = BudgetAlertRequest.model_validate({"message": {"data": notice}})
    await app.budget.alert(used_up)


async def no_pause(_: int) -> None:
    """Pause between attempts for no time."""


def _end_sessions(harness: Harness, *, ended: bool) -> None:
    for session in harness.avatars.sessions.values() if ended else ():
        session.end(harness.clock.now(), "ZOMBIE")
    advance(harness.clock, 30 if ended else 0)


async def _transcribe(app: App, _: Harness) -> None:
    ask = TranscribeRequest(audio=wav_file(1.0))
    await app.transcripts.transcribe(ADA, ask, IdempotencyKey())


async def _chat_by_voice(app: App, _: Harness) -> None:
    turn = await app.conversations.chat(ADA, ChatRequest(audio=wav_file()), IdempotencyKey())
    assert isinstance(turn, RunningChat)
    await collect_events(turn)


SCENARIOS: dict[str, Sequence[Use]] = {
    "start_avatar": [_start, _start_fails],
    "chat": [_chat, _chat_by_voice, _chat_after_the_end, _chat_with_google],
    "voice": [_transcribe],
    "speak": [_speak, _speak_after_the_end],
    "keep_alive": [_keep_alive],
    "end_session": [_end],
    "sweep_expired": [_sweep, _sweep_an_account, _sweep_a_connection],
    "connections": [_connect],
    "budget_alert": [_budget],
    "conversations": [_history],
}
"""More calls of the functions, each of which needs other permissions."""
