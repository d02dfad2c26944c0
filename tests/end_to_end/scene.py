"""One stack for many tests, each with its own users. Every call goes over a real socket."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import httpx
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from common.adapters.http.client import HttpClient
from common.adapters.http.request import HttpAnswer, OutboundRequest, Retry
from common.adapters.http.response import TransportFailure
from common.adapters.liveavatar.client import LiveAvatar
from common.app import App, assemble
from common.bootstrap import build
from common.domain.avatar_session import session_paths
from common.domain.ids import AvatarSessionId
from common.ports.dependencies import Dependencies
from common.ports.store import Store
from common.settings import Settings
from infra.local.emulators.cloud_tasks import Delivery, once
from infra.local.functions import FunctionRouter, load_functions
from infra.local.plain_http import plain_client
from infra.local.server import serving
from infra.local.sign_in import uid_of
from infra.local.simulators.agent_engine import AgentEngineState, Message, Script
from infra.local.simulators.agent_engine.assistant.replies import reply
from infra.local.simulators.all import Simulators
from infra.local.simulators.espeak import EspeakRequest
from infra.local.simulators.faults import Mode, Pace, ServiceFault, ServiceFaults
from infra.local.simulators.google_speech import SpeechSimulator
from infra.local.simulators.liveavatar import LiveAvatarAccount, LiveAvatarSettings
from infra.local.stack import Stack, stack
from tests.api.sse import ServerSentEvent, events
from tests.support.harness import bare
from tests.support.identity_key import lend_key

Json = dict[str, Any]
RATE = 24_000
PROBLEM = "application/problem+json"
REPLY = "Hello! It is good to see you. What would you like to talk about?"
"""The answer to the message that `StackUser` sends by default."""
SHORT_SECONDS = 1.2
GIVE_UP_SECONDS = 0.1
LATE_SECONDS = 2.4
"""The delay of `slow`: longer than `SHORT_SECONDS`."""

PACE = Pace(late_seconds=LATE_SECONDS, drip_seconds=0.0, retry_after_seconds=0)


UNANSWERED: tuple[Mode, ...] = ("timeout", "late", "slow", "lags", "silent")
"""Modes in which a call gets no answer in time."""


class CountedFaults(ServiceFaults):
    """Also counts the gRPC and HTTP calls of every service, by `service path`."""

    def __init__(self) -> None:
        super().__init__(pace=PACE)
        self.asked: Counter[str] = Counter()
        self.slow_paths: set[str] = set()
        """Paths of calls that are answered late without a fault, until `clear`."""

    def holds_up(self, service: str, path: str) -> bool:
        """Return True if the next call of this path gets no answer in time."""
        planned = (f for f in self.active() if f.service == service and f.path in path)
        fault = next(planned, None)
        return path in self.slow_paths or (fault is not None and fault.mode in UNANSWERED)

    def clear(self) -> None:
        self.slow_paths.clear()
        super().clear()

    def match(self, service: str, path: str) -> ServiceFault | None:
        self.asked[f"{service} {path}"] += 1
        return super().match(service, path)

    def count(self, service: str, path: str) -> int:
        """Return the number of calls of paths that contain `path`."""
        return sum(n for at, n in self.asked.items() if at.startswith(service) and path in at)

    def on(
        self,
        service: str,
        path: str,
        mode: Mode,
        times: int | None = 1,
        delay_seconds: float | None = None,
    ) -> None:
        fault = ServiceFault(
            service=service, path=path, mode=mode, times=times, delay_seconds=delay_seconds
        )
        self.add(fault)


class ShortDeadlineClient(HttpClient):
    """An HTTP client whose deadlines are at most `SHORT_SECONDS`, so that a time-out is short."""

    async def call(
        self, request: OutboundRequest, *, deadline: float, cap: int, retry: Retry
    ) -> HttpAnswer:
        hurried = min(deadline, SHORT_SECONDS)
        return await super().call(request, deadline=hurried, cap=cap, retry=retry)


class ImpatientClient(HttpClient):
    """Gives up a call to the avatar's provider that a fault holds up, once the provider has it.

    Every other call has its whole deadline. So a machine under load changes no outcome.
    """

    def __init__(self, faults: CountedFaults) -> None:
        super().__init__()
        self._faults = faults

    async def _exchange(
        self, request: OutboundRequest, ends: float, *, cap: int | None, fresh: bool
    ) -> HttpAnswer | TransportFailure:
        path = f"/v1{request.url.rpartition('/v1')[2]}"
        is_held, before = self._faults.holds_up("liveavatar", path), self._asked(path)
        attempt = asyncio.ensure_future(super()._exchange(request, ends, cap=cap, fresh=fresh))
        while is_held and not attempt.done():
            if self._asked(path) > before:
                await asyncio.wait({attempt}, timeout=GIVE_UP_SECONDS)
                attempt.cancel()
                await asyncio.wait({attempt})
                return TransportFailure.SILENT
            await asyncio.sleep(0.005)
        return await attempt

    def _asked(self, path: str) -> int:
        return self._faults.count("liveavatar", path)


@dataclass(frozen=True)
class AheadClock:
    """A clock that is `by` ahead of the real time."""

    by: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


@dataclass(frozen=True)
class StackUser:
    """A signed-in user. Calls return every answer, also refusals."""

    uid: str
    http: httpx.AsyncClient
    url: str
    headers: Mapping[str, str]

    async def call(self, function: str, **body: Any) -> httpx.Response:
        return await self.http.post(f"{self.url}/{function}", json=body, headers=self.headers)

    async def start(self, **body: Any) -> Json:
        answer = await self.call("start_avatar", **body)
        assert answer.status_code == 201, answer.text
        started: Json = answer.json()
        return started

    async def chat(self, message: str = "hello", **body: Any) -> Json:
        answer = await self.call("chat", message=message, **body)
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    async def collect_events(self, message: str = "hello", **body: Any) -> list[ServerSentEvent]:
        """Send a message, and return all events. The last one must be `done`."""
        headers = {**self.headers, "accept": "text/event-stream"}
        asked = {"message": message, **body}
        answer = await self.http.post(f"{self.url}/chat", json=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        told = events(answer.content)
        assert [event.name for event in told].index("done") == len(told) - 1
        return told

    async def follow(self, message: str, **body: Any) -> AsyncGenerator[ServerSentEvent, None]:
        """Send a message, and yield the events as they arrive."""
        headers = {**self.headers, "accept": "text/event-stream"}
        asked = {"message": message, **body}
        async with self.http.stream(
            "POST", f"{self.url}/chat", json=asked, headers=headers
        ) as answer:
            assert answer.status_code == 200
            name = ""
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield ServerSentEvent(name, json.loads(line.removeprefix("data: ")))


@dataclass
class Scene:
    """A running stack. `scripts` are the agent's replies by user id; other users get the
    assistant."""

    local: Stack
    faults: CountedFaults
    http: httpx.AsyncClient
    scripts: dict[str, Script] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def person(self, url: str | None = None) -> StackUser:
        """Sign in a new user, who calls the stack or the process at `url`."""
        name = f"person {next(self._numbers)}"
        return StackUser(uid_of(name), self.http, url or self.local.url, self.local.sign_in(name))

    @property
    def deps(self) -> Dependencies:
        return bare(self.local.app.avatars._deps)

    @property
    def store(self) -> Store:
        return self.deps.store

    @property
    def provider(self) -> LiveAvatarAccount:
        return self.local.simulators.liveavatar

    @property
    def agent(self) -> AgentEngineState:
        return self.local.simulators.agent

    def seconds(self) -> float:
        """Return the current time of the provider's journal."""
        return self.provider.seconds_since_start

    async def document(self, path: str) -> Json:
        [found] = await self.store.get([path])
        return dict(found.fields or {})

    async def session(self, session: str) -> Json:
        running, record = await self.store.get(session_paths(AvatarSessionId(session)))
        return dict(record.fields or running.fields or {})

    async def meter(self, person: StackUser, meter: str) -> tuple[int, int]:
        """Return the used and the reserved amount of this month."""
        ledger = await self.document(f"users/{person.uid}/usage/{datetime.now(UTC):%Y-%m}")
        return ledger.get(f"{meter}_used", 0), ledger.get(f"{meter}_reserved", 0)

    async def journal(self, session: str) -> Json:
        at = f"{self.local.url}/simulators/liveavatar/journal?session_id={session}"
        found = (await self.http.get(at)).json()
        return {**found["sessions"][0], "entries": found["entries"]}

    async def sweep(self) -> Json:
        answer = await self.local.scheduler.sweep()
        assert answer.status_code == 200, answer.text
        counts: Json = answer.json()
        return counts

    async def until(self, holds: Callable[[], Any]) -> None:
        """Wait until the condition holds, at most a minute."""
        with anyio.fail_after(60):
            while not await holds():  # noqa: ASYNC110 - the condition has no event
                await anyio.sleep(0.01)

    @asynccontextmanager
    async def process(
        self, make: Callable[[Dependencies], Dependencies] = lambda made: made, **settings: Any
    ) -> AsyncIterator[str]:
        """SessionRun another process over the same store and services, and yield its address.

        It is an `App` of its own, with its own
        clients, over the same store and the same services."""
        app = build(Settings(**{**self.local.settings.model_dump(), **settings}))
        other = assemble(make(bare(app.avatars._deps)), app.identity, app.close)
        try:
            async with serving(apart(other), grace_seconds=0.3) as url:
                yield url
        finally:
            await other.close()

    def reset(self) -> None:
        self.faults.clear()
        self.scripts.clear()


_functions = cache(load_functions)


def speech_events(told: list[ServerSentEvent]) -> list[Json]:
    return [event.data for event in told if event.name == "speech"]


def apart(app: App) -> ASGIApp:
    """Return the functions of one process."""
    return FunctionRouter(_functions(), app, PlainTextResponse("not here", 404))


def with_provider_client(
    scene: Scene, http_client: HttpClient
) -> Callable[[Dependencies], Dependencies]:
    """Let calls of the avatar's provider leave through `http_client`. For `Scene.process`."""

    def made(deps: Dependencies) -> Dependencies:
        avatars = deps.avatars
        assert isinstance(avatars, LiveAvatar)
        url = scene.local.settings.liveavatar_url or ""
        return replace(deps, avatars=LiveAvatar(url, avatars._read_key, http_client))

    return made


def spoken_by_length(utterance: EspeakRequest) -> bytes:
    """Return silence: 0.05 s, 0.6 s for 45 characters or more, 10 s for 60 or more."""
    length = len(utterance.text)
    return bytes(2 * round(RATE * (10 if length >= 60 else 0.6 if length >= 45 else 0.05)))


@asynccontextmanager
async def staged(
    folder: Path,
    *,
    delivery: Delivery = once,
    provider: LiveAvatarAccount | None = None,
    **settings: Any,
) -> AsyncIterator[Scene]:
    faults, scripts = CountedFaults(), dict[str, Script]()

    def script(message: Message) -> Any:
        return scripts.get(message.user_id, reply)(message)

    simulators = Simulators(
        liveavatar=provider
        or LiveAvatarAccount(LiveAvatarSettings(concurrency=1000, connected_delay_seconds=0.02)),
        agent=AgentEngineState(
            script=script, token_seconds=0.001, tool_seconds=0.01, lost_session="http_404"
        ),
        speech=SpeechSimulator(synthesize=spoken_by_length),
        faults=faults,
        delivery=delivery,
    )
    async with (
        stack(lend_key(folder), given=settings, simulators=simulators, scheduled=False) as local,
        plain_client(timeout=30) as http,
    ):
        yield Scene(local, faults, http, scripts)
