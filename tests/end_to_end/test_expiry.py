"""The layers that end a session, each alone, on the clock of the provider's journal.

All sessions run concurrently, so the tests take the length of one session. The other layers are
switched off: to observe our own stop, the provider gets a longer limit.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

import anyio
import pytest
from google.cloud import tasks_v2

from common.adapters.http.client import HttpClient
from common.adapters.liveavatar.client import LiveAvatar
from common.ports.avatar import SessionToken
from common.ports.dependencies import Dependencies
from infra.local.emulators.cloud_tasks import never, once, twice
from tests.end_to_end.scene import Json, Scene, StackUser, staged

SECONDS = 3
SOON = 1.0
"""Seconds that a busy machine needs for an event that is due."""
FAR = 0.8
"""Seconds that a request to a distant provider takes."""


class UnlimitedProvider(LiveAvatar):
    """A client that asks for no limit, as if the provider's own limit did not work."""

    async def create_session_token(self, avatar: str, quality: str, seconds: int) -> SessionToken:
        return await super().create_session_token(avatar, quality, seconds + 600)


class DistantProvider(LiveAvatar):
    """A client whose start takes `FAR` seconds: the provider's limit begins later than ours."""

    async def start(self, token: SessionToken) -> Any:
        await asyncio.sleep(FAR)
        return await super().start(token)


@dataclass
class ExpiryQueue:
    """The delivery of the tasks that are created from now on."""

    delivery: Any = once

    def __call__(self, task: tasks_v2.Task) -> Sequence[float]:
        times: Sequence[float] = self.delivery(task)
        return times


@dataclass(frozen=True)
class SessionRun:
    """One session, `before` the sweep, `after` it, and after `another` one."""

    session: str
    person: StackUser
    before: list[Json] = field(default_factory=list)
    """The document, then the journal."""
    after: list[Json] = field(default_factory=list)
    another: list[Json] = field(default_factory=list)
    charged: list[tuple[int, int]] = field(default_factory=list)
    """The used and the reserved seconds at these three times."""

    def stops(self) -> list[Json]:
        entries: list[Json] = self.another[1]["entries"]
        return [entry for entry in entries if entry.get("path") == "/v1/sessions/stop"]

    async def look(self, scene: Scene, into: list[Json]) -> None:
        into += [await scene.session(self.session), await scene.journal(self.session)]
        self.charged.append(await scene.meter(self.person, "avatar_seconds"))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def seconds_after(text: str, since: datetime) -> float:
    return (moment(text) - since).total_seconds()


def check_ended_by(stop: Json, seen: Json) -> bool:
    """Check that the session ran until this stop."""
    late = seconds_after(seen["ended_at"], moment(stop["at"]))
    return bool(stop["status"] == 200) and 0 <= late < SOON / 2


Runs = dict[str, SessionRun]


@pytest.fixture(scope="module")
async def runs(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Runs]:
    queue, http_client = ExpiryQueue(), HttpClient()
    lengths: Json = {"max_session_seconds": SECONDS, "min_session_seconds": 1}
    folder = tmp_path_factory.mktemp("stack")
    async with staged(folder, delivery=queue, **lengths) as scene:
        with_avatars = partial(made_with, scene, http_client)
        async with (
            scene.process(with_avatars(UnlimitedProvider)) as unlimited,
            scene.process(with_avatars(DistantProvider)) as far,
            scene.process(max_session_seconds=60, idle_seconds=2) as lazy,
        ):
            urls = {
                "task": (unlimited, once),
                "twice": (unlimited, twice),
                "together": (far, once),
                "refused": (unlimited, once),
                "never": (unlimited, never),
                "alone": (scene.local.url, never),
                "idle": (lazy, once),
                "lively": (lazy, once),
            }
            runs: Runs = {}
            for name, (url, delivery) in urls.items():
                queue.delivery = delivery
                if name == "refused":
                    scene.faults.on("cloud-tasks", "CreateTask", "429")
                person = scene.person(url)
                runs[name] = SessionRun((await person.start())["avatar_session_id"], person)
            yield await observed(scene, runs)
    await http_client.close()


def made_with(scene: Scene, http_client: HttpClient, adapter: type[LiveAvatar]) -> Any:
    def made(deps: Dependencies) -> Dependencies:
        assert isinstance(deps.avatars, LiveAvatar)
        url = scene.local.settings.liveavatar_url or ""
        return replace(deps, avatars=adapter(url, deps.avatars._read_key, http_client))

    return made


async def observed(scene: Scene, runs: Runs) -> Runs:
    """Return the sessions. The sweeps run after every session's time has passed."""
    last = max([(await scene.session(run.session))["expires_at"] for run in some_of(runs)])
    middle = (last - scene.deps.clock.now()).total_seconds() / 2
    await anyio.sleep(middle)
    lively = runs["lively"]
    kept = await lively.person.call("keep_alive", avatar_session_id=lively.session)
    assert kept.status_code == 200
    await anyio.sleep((last - scene.deps.clock.now()).total_seconds() + 0.3)
    for name in ("task", "twice", "together"):
        await scene.until(partial(ended, scene, runs[name].session))
    await all_look(scene, runs, "before")
    sweep = (
        f"{lively.person.url}/sweep_expired"  # the process that knows how soon a session is idle
    )
    assert (await scene.http.post(sweep)).json()["failed"] == 0
    await all_look(scene, runs, "after")
    await scene.http.post(sweep)
    await all_look(scene, runs, "another")
    return runs


def some_of(runs: Runs) -> list[SessionRun]:
    return [run for name, run in runs.items() if name not in {"idle", "lively"}]


async def ended(scene: Scene, session: str) -> bool:
    return bool((await scene.session(session))["state"] == "ended")


async def all_look(scene: Scene, runs: Runs, into: str) -> None:
    for run in runs.values():
        await run.look(scene, getattr(run, into))


async def test_task_ends_the_session_at_its_time(runs: Runs) -> None:
    document, seen = runs["task"].before
    assert (document["state"], document["end_reason"]) == ("ended", "expired")
    assert SECONDS - 1 <= document["seconds"] <= SECONDS, "as the provider's record says"
    [stop] = runs["task"].stops()
    assert stop["body"]["reason"] == "MAX_DURATION_REACHED"
    assert 0 <= seconds_after(stop["at"], document["expires_at"]) <= SOON
    assert check_ended_by(stop, seen)


async def test_our_stop_comes_before_the_providers_limit(runs: Runs) -> None:
    document, seen = runs["together"].before
    assert (document["state"], document["end_reason"]) == ("ended", "expired")
    [stop] = runs["together"].stops()
    limit = moment(seen["started_at"]).timestamp() + seen["max_session_duration"]
    assert moment(stop["at"]).timestamp() < limit
    assert check_ended_by(stop, seen)
    assert 0 <= seconds_after(seen["ended_at"], document["expires_at"]) <= SOON


async def test_repeated_task_charges_once(runs: Runs) -> None:
    run = runs["twice"]
    assert run.before[0]["state"] == "ended"
    [(used, reserved)] = set(run.charged)  # the provider says whole seconds, rounded down
    assert (used in {SECONDS - 1, SECONDS}, reserved) == (True, 0)
    assert [stop["status"] for stop in run.stops()][:1] == [200]


@pytest.mark.parametrize("name", ["refused", "never"])
async def test_sweep_ends_the_session_if_the_task_is_lost(runs: Runs, name: str) -> None:
    run = runs[name]
    document, seen = run.before
    assert (document["state"], seen["state"]) == ("live", "running")
    assert run.charged[0] == (0, SECONDS)
    document, seen = run.after
    assert (document["state"], document["end_reason"]) == ("ended", "expired")
    [stop] = run.stops()
    assert check_ended_by(stop, seen)


async def test_later_sweep_settles_a_session_that_the_provider_ended(runs: Runs) -> None:
    document, seen = runs["alone"].before
    assert document["state"] == "live"
    assert (seen["state"], seen["end_reason"]) == ("ended", "MAX_DURATION_REACHED")
    assert seen["seconds"] == SECONDS == seen["max_session_duration"]
    assert not [entry for entry in seen["entries"] if entry.get("path") == "/v1/sessions/stop"]
    document, _ = runs["alone"].after
    assert (document["state"], document["end_reason"]) == ("ended", "expired")
    assert document["seconds"] <= SECONDS
    settled = (document["seconds"], 0)
    assert runs["alone"].charged == [(0, SECONDS), settled, settled]


async def test_sweep_ends_idle_sessions_and_keeps_used_ones(runs: Runs) -> None:
    document, seen = runs["idle"].after
    assert (document["state"], document["end_reason"]) == ("ended", "idle")
    assert seen["end_reason"] == "IDLE_TIMEOUT"
    assert document["seconds"] < 60
    document, seen = runs["lively"].after
    assert (document["state"], seen["state"]) == ("live", "running")


async def test_each_session_is_charged_once_within_its_reservation(runs: Runs) -> None:
    for name, run in runs.items():
        if name == "lively":
            continue
        document = run.after[0]
        assert run.charged[1] == (document["seconds"], 0), name
        assert 0 < document["seconds"] <= document["reserved"], name
        assert run.another == run.after, name
        assert run.charged[2] == run.charged[1], name
