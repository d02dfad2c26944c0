"""What the code of the functions says about itself, for the plan to be compared with."""

import ast
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from common.bootstrap import App, build
from common.conversations.running_turn import RunningTurn
from common.domain import errors
from common.schemas.requests import (
    ChatRequest,
    EndSessionRequest,
    KeepAliveRequest,
    SpeakRequest,
    StartAvatarRequest,
    SweepRequest,
)
from common.settings import Settings
from common.transactions.idempotency import IdempotencyKey
from tests.support.harness import ADA, Harness, advance, collect_events, new_harness
from tests.support.virtual_time import VirtualTimeLoop
from tests.terraform.provider.schema import ROOT

NEEDS = {
    **dict.fromkeys(
        ("create_session_token", "stop", "keep_alive", "active", "record", "credits"),
        "liveavatar key",
    ),
    **dict.fromkeys(("prepare", "keep"), "tokens.keep"),
    "open": "tokens.open",
    "forget": "tokens.forget",
    **dict.fromkeys(("get", "query", "commit"), "store"),
    **dict.fromkeys(("reply", "create_session"), "agent"),
    "expire": "queue",
}
"""The permission that each method of a port needs. `start` and `connect` use the session token that
`create_session_token` returns. Text-to-Speech needs no role."""

LOOKS = {
    "agent": "agent.look",
    "avatar": "liveavatar key",
    "store": "store.look",
    "tasks": "queue.look",
    "vault": "liveavatar key",
}
"""What it needs of Google to see whether a service answers; the voice asks for no role."""

PORTS = ("store", "avatars", "agent", "voice", "vault", "tasks")
Use = Callable[[App, Harness], Awaitable[object]]


@dataclass(frozen=True)
class Code:
    """`internal`: those whose callers IAM decides on. `reaches`: what each needs, by function."""

    functions: list[str]
    internal: set[str]
    reaches: dict[str, set[str]]


def read() -> Code:
    functions = sorted(path.parent.name for path in (ROOT / "functions").glob("*/main.py"))
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        reaches = {name: runner.run(_reaches(USES.get(name, []))) for name in functions}
    reaches["health"] = _looks()
    return Code(functions, {name for name in functions if _is_internal(name)}, reaches)


def _is_internal(function: str) -> bool:
    """As its decorator says."""
    tree = ast.parse((ROOT / "functions" / function / "main.py").read_text())
    keywords = [node for node in ast.walk(tree) if isinstance(node, ast.keyword)]
    return any(each.arg == "internal" and ast.unparse(each.value) == "True" for each in keywords)


def _looks() -> set[str]:
    """As the composition root has it."""
    engine = "projects/p/locations/l/reasoningEngines/1"
    checks = build(Settings(agent_engine=engine)).health_check._checks
    return {LOOKS[name] for name in checks if name in LOOKS}


# ── run, with every call of a port written down ──────────────────────────────────────────────────


@dataclass
class Heard:
    port: Any
    calls: set[str] = field(default_factory=set)

    def __getattr__(self, name: str) -> Any:
        self.calls.add(name)
        return getattr(self.port, name)


async def _reaches(uses: list[Use]) -> set[str]:
    calls: set[str] = set()
    for use in uses:
        harness = new_harness()
        heard = {port: Heard(getattr(harness, port)) for port in PORTS}
        await use(harness.another(**heard), harness)
        calls |= set().union(*(each.calls for each in heard.values()))
    return {NEEDS[call] for call in calls if call in NEEDS}


async def _start(app: App, _: Harness) -> None:
    started = await app.avatars.start(ADA, StartAvatarRequest(), IdempotencyKey())
    again = StartAvatarRequest(conversation_id=started.conversation_id)
    await app.avatars.start(ADA, again, IdempotencyKey())


async def _start_in_vain(app: App, harness: Harness) -> None:
    harness.avatars.fail_next("start", errors.Failed("avatar", "no"))
    with pytest.raises(errors.Upstream):
        await app.avatars.start(ADA, StartAvatarRequest(), IdempotencyKey())


async def _chat(app: App, harness: Harness, *, gone: bool = False) -> None:
    started = await harness.start()
    _lost(harness, gone=gone)
    ask = ChatRequest(message="Hello.", conversation_id=started.conversation_id)
    turn = await app.conversations.chat(ADA, ask, IdempotencyKey())
    assert isinstance(turn, RunningTurn)
    await collect_events(turn)


async def _chat_alone(app: App, harness: Harness) -> None:
    await _chat(app, harness, gone=True)


async def _speak(app: App, harness: Harness, *, gone: bool = False) -> None:
    started = await harness.start()
    _lost(harness, gone=gone)
    ask = SpeakRequest(avatar_session_id=started.avatar_session_id, text="Hello.")
    speech = await app.speeches.speak(ADA, ask, IdempotencyKey())
    assert isinstance(speech, RunningTurn)
    if gone:
        with pytest.raises(errors.SessionOver):
            await speech.answer()
    else:
        await speech.answer()


async def _speak_to_nobody(app: App, harness: Harness) -> None:
    await _speak(app, harness, gone=True)


async def _keep_alive(app: App, harness: Harness) -> None:
    started = await harness.start()
    ask = KeepAliveRequest(avatar_session_id=started.avatar_session_id)
    await app.avatars.keep_alive(ADA, ask, IdempotencyKey())
    _lost(harness, gone=True)
    with pytest.raises(errors.SessionOver):
        await app.avatars.keep_alive(ADA, ask, IdempotencyKey())


async def _end(app: App, harness: Harness) -> None:
    started = await harness.start()
    await app.avatars.end(
        ADA, EndSessionRequest(avatar_session_id=started.avatar_session_id), IdempotencyKey()
    )


async def _sweep(app: App, harness: Harness) -> None:
    await harness.start()
    advance(harness.clock, 3600)
    await app.sweeps.sweep(SweepRequest())


def _lost(harness: Harness, *, gone: bool) -> None:
    for session in harness.avatars.sessions.values() if gone else ():
        session.end(harness.clock.now(), "ZOMBIE")
    advance(harness.clock, 30 if gone else 0)


USES: dict[str, list[Use]] = {
    "start_avatar": [_start, _start_in_vain],
    "chat": [_chat, _chat_alone],
    "speak": [_speak, _speak_to_nobody],
    "keep_alive": [_keep_alive],
    "end_session": [_end],
    "sweep_expired": [_sweep],
    "health": [],
}
"""All that each function does, by every way that reaches something else."""
