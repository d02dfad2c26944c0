"""Every secret is a canary. Whatever fails, no canary leaves the process."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from common.adapters.agent_engine.client import AgentEngine
from common.adapters.google.text_to_speech import GoogleSpeech
from common.ports.dependencies import Dependencies
from infra.local.emulators.cloud_tasks import never
from infra.local.plain_http import plain_client
from infra.local.simulators.faults import Mode
from infra.local.simulators.liveavatar import LiveAvatarAccount, LiveAvatarSettings
from infra.local.simulators.liveavatar.session import LiveAvatarSession
from infra.local.simulators.liveavatar.tokens import SessionTokens, TokenUse
from tests.end_to_end.scene import (
    AheadClock,
    Json,
    Scene,
    ShortDeadlineClient,
    StackUser,
    staged,
    with_provider_client,
)
from tests.support.canaries import Canaries, Watch
from tests.support.log_output import output

QUICK: tuple[Mode, ...] = ("refuse", "reset", "429", "500", "garbage", "truncate")
LONG: tuple[Mode, ...] = ("timeout", "slow")
"""Faults that take seconds: the time-outs of gRPC and of a handshake."""
STARTING = (
    ("liveavatar", "/v1/sessions/token"),
    ("liveavatar", "/v1/sessions/start"),
    ("cloud-tasks", "CreateTask"),
    ("secret-manager", "CreateSecret"),
)
KEEPING = (("secret-manager", "AddSecretVersion"), ("secret-manager", "AccessSecretVersion"))
TALKING = (
    ("liveavatar", "/ws/"),
    ("agent-engine", "/sessions"),
    ("agent-engine", ":streamQuery"),
    ("google-speech", "text:synthesize"),
    ("secret-manager", "AccessSecretVersion"),
)
ENDING = (
    ("liveavatar", "/v1/sessions/keep-alive"),
    ("liveavatar", "/v1/sessions/stop"),
    ("secret-manager", "DeleteSecret"),
    ("liveavatar", "/v1/sessions"),
)
SAID = ("My name is Ada", "Who am I", "Well then")
PLACES = ("logs", "lines", "output", "answers", "store", "tasks")
LIVEKIT = "livekit token of client-"


@dataclass(frozen=True)
class RecordedProvider(SessionTokens):
    """A client that adds each of the provider's tokens to the canaries before returning it."""

    canaries: Canaries = field(default_factory=Canaries)

    def _sign(self, session: LiveAvatarSession, use: TokenUse, **more: Any) -> str:
        token = super()._sign(session, use, **more)
        self.canaries.add(f"{use} token of {more.get('sub', session.id)}", token)
        return token


@dataclass
class AnswerRecorder:
    """A transport that records answers: path, headers and body, also of streams."""

    answers: list[httpx.Response] = field(default_factory=list)

    async def __call__(self, answer: httpx.Response) -> None:
        await answer.aread()
        self.answers.append(answer)


@dataclass
class FaultRun:
    """One stack in which every call fails, and its output."""

    scene: Scene
    canaries: Canaries
    heard: AnswerRecorder
    client: httpx.AsyncClient
    urls: tuple[str, ...]
    """One process for each vault."""

    def people(self) -> list[StackUser]:
        """Sign in new users: failures may have left the slots of earlier users taken."""
        people = [replace(self.scene.person(url), http=self.client) for url in self.urls]
        for person in people:
            self.canaries.add("ID token", person.headers["authorization"].removeprefix("Bearer "))
        return people

    async def rage(self, modes: tuple[Mode, ...]) -> None:
        for mode in modes:
            await asyncio.gather(*(self.talk(person, mode) for person in self.people()))
            self.scene.reset()

    async def talk(self, person: StackUser, mode: Mode) -> None:
        self.faults(STARTING[1:] if mode in LONG else (*STARTING, *KEEPING), mode)
        for number in range(2):
            keyed = {**person.headers, "idempotency-key": f"start-{mode}-{number}"}
            await replace(person, headers=keyed).call("start_avatar")
        begun = await self.start_session(person)
        self.faults(TALKING[2:-1] if mode in LONG else TALKING, mode)
        here = {"conversation_id": begun["conversation_id"]}
        session = {"avatar_session_id": begun["avatar_session_id"]}
        await person.collect_events("My name is Ada.", **here)
        await person.call("chat", message="Who am I?", **here)
        await person.call("speak", text="Well then.", **session)
        self.scene.reset()
        await person.call("start_avatar", **here)
        self.faults(ENDING[:2] if mode in LONG else ENDING, mode)
        for function in ("keep_alive", "end_session", "end_session", "keep_alive"):
            await person.call(function, **session)

    async def start_session(self, person: StackUser) -> Json:
        """Start a session without faults. Sessions of the attempts before may run.

        The deadlines are short, so a busy machine may need another attempt.
        """
        self.scene.reset()
        for _ in range(10):
            answer = await person.call("start_avatar")
            if answer.is_success:
                break
            if answer.status_code == 429:
                for session in answer.json()["avatar_session_ids"]:
                    await person.call("end_session", avatar_session_id=session)
        assert answer.is_success, answer.text
        begun: Json = answer.json()
        return begun

    def faults(self, paths: tuple[tuple[str, str], ...], mode: Mode) -> None:
        for service, path in paths:
            self.scene.faults.on(service, path, mode)

    def lived(self) -> int:
        """Return the sessions that users got."""
        told = [answer for answer in self.heard.answers if answer.status_code == 201]
        return len({answer.json()["avatar_session_id"] for answer in told})

    def codes(self) -> set[str]:
        """Return the codes of the problems in the answers."""
        return {answer.json()["code"] for answer in self.heard.answers if answer.is_error}

    # ── places that are searched ─────────────────────────────────────────────────────────────────

    def in_answers(self) -> set[str]:
        """Search the answers. Only `start_avatar` may return the LiveKit token."""
        found = set()
        for answer in self.heard.answers:
            allowed = frozenset[str]()
            if answer.request.url.path == "/start_avatar" and answer.is_success:
                allowed = frozenset({LIVEKIT + answer.json()["avatar_session_id"]})
            told = answer.content + repr(answer.headers.raw).encode()
            found |= self.canaries.found_in(told, but=allowed)
        return found

    def in_the_store(self) -> set[str]:
        """Search the bytes of the store's files, which include overwritten ones."""
        folder = Path(self.scene.local.settings.data_dir)
        files = list(folder.glob("oprina.sqlite3*"))
        assert files
        return {name for file in files for name in self.canaries.found_in(file.read_bytes())}

    def in_tasks(self) -> set[str]:
        queues = self.scene.local.cloud.tasks._queues
        tasks = [str(entry.task) for entry in queues._entries.values()]
        assert tasks
        return {name for task in tasks for name in self.canaries.found_in(task)}

    async def in_the_journal(self) -> set[str]:
        url = f"{self.scene.local.url}/simulators/liveavatar/journal"
        return self.canaries.found_in((await self.scene.http.get(url)).content)


@asynccontextmanager
async def storm(folder: Path, canaries: Canaries) -> AsyncIterator[FaultRun]:
    key = f"canary-{secrets.token_urlsafe(24)}"
    canaries.add("LiveAvatar key", key)
    settings = LiveAvatarSettings(concurrency=1000, connected_delay_seconds=0.02)
    provider = LiveAvatarAccount(settings, key=key)
    provider.tokens = RecordedProvider(
        provider.tokens.secret, provider.tokens.lifetime, provider.tokens.unix, canaries=canaries
    )
    heard, http_client = AnswerRecorder(), ShortDeadlineClient()
    client = plain_client(timeout=40, event_hooks={"response": [heard]})
    async with staged(folder, delivery=never, provider=provider) as scene, client:
        canaries.add("sealing key", sealing_key(scene))
        made = secretive(scene, http_client, canaries)
        async with (
            scene.process(made) as kept,
            scene.process(made, vault="sealed") as sealed,
        ):
            yield FaultRun(scene, canaries, heard, client, (kept, sealed))
            later = AheadClock(timedelta(hours=1))
            async with scene.process(lambda deps: replace(deps, clock=later)) as url:
                answer = await client.post(f"{url}/sweep_expired")
                assert answer.json()["failed"] == 0
    await http_client.close()


def sealing_key(scene: Scene) -> bytes:
    held = scene.local.cloud.secrets._secrets.items()
    [versions] = [each.versions for name, each in held if name.endswith("/session-tokens-key")]
    return versions[0][1]


def secretive(scene: Scene, http_client: ShortDeadlineClient, canaries: Canaries) -> Any:
    """Give Google's services a canary as their token, and short deadlines."""
    token = f"ya29.canary-{secrets.token_urlsafe(24)}"
    canaries.add("Google token", token)
    settings = scene.local.settings

    async def auth(_fresh: bool) -> Mapping[str, str]:
        return {"authorization": f"Bearer {token}"}

    def made(deps: Dependencies) -> Dependencies:
        engine = settings.agent_engine_url or ""
        return replace(
            with_provider_client(scene, http_client)(deps),
            agent=AgentEngine(engine, auth, http_client, idle_seconds=1, reply_seconds=2),
            voice=GoogleSpeech(auth, http_client, base_url=settings.speech_url or ""),
        )

    return made


@contextmanager
def watching(canaries: Canaries) -> Iterator[Watch]:
    """Record all log records of all loggers, from DEBUG on."""
    root, watch = logging.getLogger(), Watch(canaries)
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(watch)
    try:
        yield watch
    finally:
        root.removeHandler(watch)
        root.setLevel(level)


async def test_no_secret_leaves_the_process(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], canaries: Canaries
) -> None:
    with watching(canaries) as watch, output() as lines:
        async with (
            storm(tmp_path / "quick", canaries) as quick,
            storm(tmp_path / "long", canaries) as long,
        ):
            await asyncio.gather(quick.rage(QUICK), long.rage(LONG))
        seen = watch.seen
        found = {"logs": watch.finish(), "lines": canaries.found_in(lines.text)}
    out = "".join(capfd.readouterr())
    found["output"] = canaries.found_in(out)
    for raged in (quick, long):
        found["answers"] = found.get("answers", set()) | raged.in_answers()
        found["store"] = found.get("store", set()) | raged.in_the_store()
        found["tasks"] = found.get("tasks", set()) | raged.in_tasks()
    assert found == {place: set() for place in PLACES}
    assert seen > 100, "the logs were looked at"
    assert len(lines.requests()) > 100
    assert [said for said in SAID if said in lines.text] == []
    assert quick.lived() >= 2 * len(QUICK), "there were tokens to be found"
    assert long.lived() >= 2 * len(LONG)
    failures = {code for raged in (quick, long) for code in raged.codes()}
    assert {code.partition("_")[0] for code in failures} >= {"avatar", "voice", "session"}


async def test_providers_journal_holds_no_secret(tmp_path: Path, canaries: Canaries) -> None:
    async with storm(tmp_path, canaries) as calm:
        for person in calm.people():
            begun = await person.start()
            await person.chat(conversation_id=begun["conversation_id"])
        assert await calm.in_the_journal() == set()
        assert calm.in_answers() == set()
        await check_search_finds(calm, begun["avatar_session_id"])


async def check_search_finds(calm: FaultRun, session: str) -> None:
    """A session's id is not secret and appears in each of these places."""
    known = Canaries()
    known.add("id", session)
    looking = replace(calm, canaries=known)
    assert looking.in_the_store() == looking.in_tasks() == {"id"}
    assert await looking.in_the_journal() == {"id"}
    assert "id" in looking.in_answers()


def test_search_finds_a_planted_secret() -> None:
    """In a message, an argument, an extra field, an exception and its cause; whole, cut or
    encoded."""
    canaries = Canaries()
    canaries.add("key", "canary-in-the-coal-mine")
    canaries.add("raw", bytes(range(200, 232)))
    log = logging.getLogger("tests.support.canaries.probe")
    with watching(canaries) as watch:
        log.debug("a canary-in-the-coal-mine")
        assert watch.findings == {"key in a record of tests.support.canaries.probe"}
        for said in ("%s", "%r"):
            watch.findings.clear()
            log.debug(said, {"x-api-key": "canary-in-the-coal-mine"})
            assert watch.findings
        watch.findings.clear()
        log.debug("nothing", extra={"header": "canary-in-the-coal-mine"})
        assert watch.findings
        watch.findings.clear()
        harmless = RuntimeError("harmless")
        harmless.__cause__ = ValueError("canary-in-the-coal-mine")
        log.debug("failed", exc_info=harmless)
        assert watch.findings
    assert canaries.found_in(bytes(range(200, 232)).hex()) == {"raw"}
    assert canaries.found_in(repr(bytes(range(200, 232)))) == {"raw"}
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLW9mLWFkYQ"
    assert canaries.found_in(f"token={token}") == {"a signed token"}
    canaries.add("token", token)
    assert canaries.found_in("...c2lnbmF0dXJlLW9mLWFkYQ") == {"token"}
    assert canaries.found_in(token, but=frozenset({"token"})) == set()
