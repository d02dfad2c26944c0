"""The one command that stops all spending, against the provider's simulator and a project that is not
there."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from common.adapters.http.client import HttpClient
from common.adapters.liveavatar.client import LiveAvatar
from common.domain.errors import Failed, Unavailable
from common.domain.ids import AvatarSessionId
from infra.access.public_access import STAY, open_again, shut
from infra.access.stop_spending import MOST_LOOKS, PAUSE_SECONDS, QUIET_LOOKS, key_of, stop_spending
from infra.deploy import package
from infra.deploy.shell import ROOT
from tests.infra.fake_public_access import NAMES, FakeDoors
from tests.local.liveavatar_client import MOUNT, Provider, provider

PROJECT = "oprina-test"
SPENDING = {"chat", "keep-alive", "speak", "start-avatar"}
NEVER_TOUCHED = {"end-session", "somebody-elses"}


@dataclass
class Said:
    lines: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        self.lines.append(line)

    @property
    def all(self) -> str:
        return "\n".join(self.lines)


@asynccontextmanager
async def account_of(at: Provider, key: str = "local-key") -> AsyncIterator[LiveAvatar]:
    http_client = HttpClient()

    async def read_key(_fresh: bool) -> str:
        return key

    yield LiveAvatar(str(at.http.base_url).rstrip("/"), read_key, http_client)
    await http_client.close()


async def running(at: Provider) -> list[str]:
    return [
        each["id"] for each in (await at.get("/v1/sessions?type=active&page_size=100"))["results"]
    ]


async def no_wait(_: float) -> None:
    """The clock is not what is tested."""


# ── all of it ────────────────────────────────────────────────────────────────────────────────────


async def test_every_session_is_stopped_and_nobody_comes_in() -> None:
    said, project = Said(), FakeDoors()
    async with provider() as at, account_of(at) as account:
        assert MOUNT in str(at.http.base_url)
        started = [(await at.started())["session_id"] for _ in range(7)]
        assert await stop_spending(PROJECT, project, account, say=said, wait=no_wait) == 0
        assert await running(at) == []
    assert project.is_open == NEVER_TOUCHED
    assert [said.lines.count(f"{session} is stopped") for session in started] == [1] * 7
    assert [said.lines.count(f"{name} is shut") for name in sorted(SPENDING)] == [1] * 4


async def test_who_slips_in_before_the_doors_are_shut_everywhere_is_stopped_too() -> None:
    said, waits = Said(), 0
    async with provider() as at, account_of(at) as account:

        async def wait(seconds: float) -> None:
            nonlocal waits
            assert seconds == PAUSE_SECONDS
            waits += 1
            if waits == 5:
                await at.started()

        assert await stop_spending(PROJECT, FakeDoors(), account, say=said, wait=wait) == 0
        assert await running(at) == []
    assert waits >= 5 + QUIET_LOOKS - 1
    assert said.all.count("is stopped") == 1


async def test_a_second_time_finds_nothing_to_do_and_is_well() -> None:
    project = FakeDoors(is_open=set(NEVER_TOUCHED))
    async with provider() as at, account_of(at) as account:
        assert await stop_spending(PROJECT, project, account, say=Said(), wait=no_wait) == 0
    assert not any("policy-binding" in line for line in project.ran)


async def test_the_sweep_its_scheduler_and_the_queue_go_on() -> None:
    project = FakeDoors(names=[*NAMES, "sweep-expired", "health"])
    async with provider() as at, account_of(at) as account:
        await stop_spending(PROJECT, project, account, say=Said(), wait=no_wait)
    touched = " ".join(project.ran)
    words = ("sweep", "scheduler", "tasks", "health", "end-session", "delete", "disable")
    assert [word for word in words if word in touched] == []


# ── when a part of it fails ──────────────────────────────────────────────────────────────────────


class Stubborn:
    """Lists one session, and does not stop it for a while."""

    def __init__(self, *, fails: int, lists: bool = True) -> None:
        self.fails, self.lists, self.asked = fails, lists, 0

    async def active(self) -> list[AvatarSessionId]:
        if not self.lists:
            raise Unavailable("avatar", "not there")
        return [AvatarSessionId("stubborn")] if self.asked <= self.fails else []

    async def stop(self, session: AvatarSessionId, reason: str) -> None:
        self.asked += 1
        if self.asked <= self.fails:
            raise Failed("avatar", f"no {session} {reason}")


async def test_a_stop_that_fails_is_tried_again_until_it_is_done() -> None:
    said, account = Said(), Stubborn(fails=3)
    assert await stop_spending(PROJECT, FakeDoors(), account, say=said, wait=no_wait) == 0
    assert account.asked == 4
    assert said.all.count("stubborn is not stopped: avatar_failed") == 3


@pytest.mark.parametrize("account", [Stubborn(fails=10_000), Stubborn(fails=0, lists=False), None])
async def test_it_ends_and_says_so_where_sessions_may_still_run(account: Stubborn | None) -> None:
    said, project, waits = Said(), FakeDoors(), 0

    async def wait(_: float) -> None:
        nonlocal waits
        waits += 1

    assert await stop_spending(PROJECT, project, account, say=said, wait=wait) == 1
    assert "SESSIONS MAY STILL RUN" in said.all
    assert waits == (MOST_LOOKS if account else 0)
    assert project.is_open == NEVER_TOUCHED


async def test_a_door_that_cannot_be_shut_keeps_no_other_open_and_no_session_running() -> None:
    said, project = Said(), FakeDoors(fails={"binding chat"})
    async with provider() as at, account_of(at) as account:
        await at.started()
        assert await stop_spending(PROJECT, project, account, say=said, wait=no_wait) == 1
        assert await running(at) == []
    assert project.is_open == {*NEVER_TOUCHED, "chat"}
    assert "chat IS NOT SHUT" in said.all
    assert "By hand: gcloud run services remove-iam-policy-binding chat --project" in said.all


async def test_what_gcloud_says_instead_of_json_keeps_no_session_running() -> None:
    said = Said()

    def run(command: object, *, seconds: float, read: bool = False) -> str:
        return "Updates are available." if command and seconds and read else ""

    async with provider() as at, account_of(at) as account:
        await at.started()
        assert await stop_spending(PROJECT, run, account, say=said, wait=no_wait) == 1
        assert await running(at) == []
    assert "THE FUNCTIONS CANNOT BE TOLD: gcloud run services did not say JSON" in said.all


@pytest.mark.parametrize("project", [FakeDoors(fails={"list"}), FakeDoors(names=["others"])])
async def test_another_project_or_none_is_told(project: FakeDoors) -> None:
    said = Said()
    assert await stop_spending(PROJECT, project, Stubborn(fails=0), say=said, wait=no_wait) == 1
    assert "THE FUNCTIONS CANNOT BE TOLD" in said.all


def test_the_key_is_read_and_never_told() -> None:
    said = Said()
    assert key_of(PROJECT, FakeDoors(), said) == "canary-key"
    assert not key_of(PROJECT, FakeDoors(fails={"access"}), said)
    assert "canary" not in said.all
    assert "CANNOT BE READ" in said.all


# ── which doors ──────────────────────────────────────────────────────────────────────────────────


def test_every_function_that_browsers_call_is_shut_or_stays_open_on_purpose() -> None:
    """And one that is not theirs is never opened."""
    terraform = (ROOT / "terraform" / "functions.tf").read_text()
    called = re.findall(r'(?m)^    (\w+) = \{\n      callers += "(\w+)"', terraform)
    theirs = {name for name, callers in called if callers == "browsers"}
    assert {name.replace("_", "-") for name in theirs - STAY} == SPENDING
    assert set(package.functions()) - STAY <= theirs


# ── and back ─────────────────────────────────────────────────────────────────────────────────────


def test_what_was_shut_is_opened_and_nothing_else() -> None:
    project, said = FakeDoors(), Said()
    assert shut(PROJECT, project, said)
    assert open_again(PROJECT, project, said)
    assert project.is_open == set(NAMES)
    project.ran.clear()
    assert open_again(PROJECT, project, said)
    assert not any("policy-binding" in line for line in project.ran)
