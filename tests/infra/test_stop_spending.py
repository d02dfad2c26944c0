"""The command that stops all spending, against the provider's simulator and a fake project."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from common.adapters.http.client import HttpClient
from common.adapters.liveavatar.client import LiveAvatar
from common.adapters.sqlite.store import SqliteStore
from common.domain.ceiling import SWITCH_PATH, is_stopped
from common.domain.errors import Failed, OprinaError, Unavailable
from common.domain.ids import AvatarSessionId
from infra.access.public_access import (
    close_functions,
    disable_checks,
    open_functions,
    spending_services,
)
from infra.access.stop_spending import MAX_LOOKS, PAUSE_SECONDS, QUIET_LOOKS, key_of, stop_spending
from infra.access.switch import FirestoreSwitch
from tests.infra.fake_public_access import NEVER_TOUCHED, SERVICES, FakeProject
from tests.local.liveavatar.client import MOUNT, SimulatedProvider, provider

PROJECT = "oprina-test"


@dataclass
class PrintedLines:
    """Collects the printed lines."""

    lines: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        self.lines.append(line)

    @property
    def all(self) -> str:
        return "\n".join(self.lines)


@asynccontextmanager
async def account_of(at: SimulatedProvider, key: str = "local-key") -> AsyncIterator[LiveAvatar]:
    http_client = HttpClient()

    async def read_key(_fresh: bool) -> str:
        return key

    yield LiveAvatar(str(at.http.base_url).rstrip("/"), read_key, http_client)
    await http_client.close()


@dataclass
class FakeSwitch:
    """A project's switch. `error`: every change fails."""

    stopped: bool = False
    error: OprinaError | None = None

    async def set(self, *, stopped: bool) -> None:
        if self.error is not None:
            raise self.error
        self.stopped = stopped


SWITCH = FakeSwitch()


async def running(at: SimulatedProvider) -> list[str]:
    return [
        each["id"] for each in (await at.get("/v1/sessions?type=active&page_size=100"))["results"]
    ]


async def no_wait(_: float) -> None:
    """Wait for no time."""


# ── everything works ──────────────────────────────────────────────────────────────────────────────


async def test_all_sessions_are_stopped_and_all_functions_closed() -> None:
    output, project = PrintedLines(), FakeProject()
    async with provider() as at, account_of(at) as account:
        assert MOUNT in str(at.http.base_url)
        started = [(await at.start_session())["session_id"] for _ in range(7)]
        assert await stop_spending(PROJECT, project, account, SWITCH, say=output, wait=no_wait) == 0
        assert await running(at) == []
    assert project.is_open == NEVER_TOUCHED
    assert [output.lines.count(f"{session} is stopped") for session in started] == [1] * 7
    assert {output.lines.count(f"{name} is closed") for name in spending_services()} == {1}


async def test_a_session_started_while_functions_close_is_stopped() -> None:
    output, waits = PrintedLines(), 0
    async with provider() as at, account_of(at) as account:

        async def wait(seconds: float) -> None:
            nonlocal waits
            assert seconds == PAUSE_SECONDS
            waits += 1
            if waits == 5:
                await at.start_session()

        assert (
            await stop_spending(PROJECT, FakeProject(), account, SWITCH, say=output, wait=wait) == 0
        )
        assert await running(at) == []
    assert waits >= 5 + QUIET_LOOKS - 1
    assert output.all.count("is stopped") == 1


async def test_a_second_run_changes_nothing_and_succeeds() -> None:
    project = FakeProject(is_open=set(NEVER_TOUCHED))
    async with provider() as at, account_of(at) as account:
        assert (
            await stop_spending(PROJECT, project, account, SWITCH, say=PrintedLines(), wait=no_wait)
            == 0
        )
    assert not any("policy-binding" in line for line in project.ran)


async def test_sweep_scheduler_and_queue_are_not_touched() -> None:
    project = FakeProject(services=[*SERVICES, "sweep-expired", "health"])
    async with provider() as at, account_of(at) as account:
        await stop_spending(PROJECT, project, account, SWITCH, say=PrintedLines(), wait=no_wait)
    touched = " ".join(project.ran)
    touched = touched.replace("gcloud scheduler jobs run sweep-expired", "")
    words = ("sweep", "scheduler", "tasks", "health", "end-session", "delete", "disable")
    assert [word for word in words if word in touched] == []


# ── a part fails ──────────────────────────────────────────────────────────────────────────────────


class Stubborn:
    """An account with one session. The first `fails` attempts to stop it fail."""

    def __init__(self, *, fails: int, lists: bool = True) -> None:
        self.fails, self.lists, self.asked = fails, lists, 0

    async def active(self) -> list[AvatarSessionId]:
        if not self.lists:
            raise Unavailable("avatar", "unreachable")
        return [AvatarSessionId("stubborn")] if self.asked <= self.fails else []

    async def stop(self, session: AvatarSessionId, reason: str) -> None:
        self.asked += 1
        if self.asked <= self.fails:
            raise Failed("avatar", f"no {session} {reason}")


async def test_a_failed_stop_is_tried_again() -> None:
    output, account = PrintedLines(), Stubborn(fails=3)
    assert (
        await stop_spending(PROJECT, FakeProject(), account, SWITCH, say=output, wait=no_wait) == 0
    )
    assert account.asked == 4
    assert output.all.count("stubborn is not stopped: avatar_failed") == 3


@pytest.mark.parametrize("account", [Stubborn(fails=10_000), Stubborn(fails=0, lists=False), None])
async def test_it_gives_up_and_warns_of_running_sessions(account: Stubborn | None) -> None:
    output, project, waits = PrintedLines(), FakeProject(), 0

    async def wait(_: float) -> None:
        nonlocal waits
        waits += 1

    assert await stop_spending(PROJECT, project, account, SWITCH, say=output, wait=wait) == 1
    assert "SESSIONS MAY STILL RUN" in output.all
    assert waits == (MAX_LOOKS if account else 0)
    assert project.is_open == NEVER_TOUCHED


async def test_a_function_that_cannot_be_closed_stops_nothing_else() -> None:
    output, project = PrintedLines(), FakeProject(fails={"binding chat"})
    async with provider() as at, account_of(at) as account:
        await at.start_session()
        assert await stop_spending(PROJECT, project, account, SWITCH, say=output, wait=no_wait) == 1
        assert await running(at) == []
    assert project.is_open == {*NEVER_TOUCHED, "chat"}
    assert "chat IS NOT CLOSED" in output.all
    assert "Run: gcloud run services remove-iam-policy-binding chat --project" in output.all


async def test_invalid_output_of_gcloud_does_not_keep_sessions_running() -> None:
    output = PrintedLines()

    def run(command: object, *, seconds: float, read: bool = False) -> str:
        return "Updates are available." if command and seconds and read else ""

    async with provider() as at, account_of(at) as account:
        await at.start_session()
        assert await stop_spending(PROJECT, run, account, SWITCH, say=output, wait=no_wait) == 1
        assert await running(at) == []
    assert "CANNOT LIST THE FUNCTIONS: gcloud run services did not print JSON" in output.all


@pytest.mark.parametrize("project", [FakeProject(fails={"list"}), FakeProject(services=["others"])])
async def test_a_project_without_our_functions_is_an_error(project: FakeProject) -> None:
    output = PrintedLines()
    assert (
        await stop_spending(PROJECT, project, Stubborn(fails=0), SWITCH, say=output, wait=no_wait)
        == 1
    )
    assert "CANNOT LIST THE FUNCTIONS" in output.all


def test_the_key_is_read_and_never_printed() -> None:
    output = PrintedLines()
    assert key_of(PROJECT, FakeProject(), output) == "canary-key"
    assert not key_of(PROJECT, FakeProject(fails={"access"}), output)
    assert "canary" not in output.all
    assert "CANNOT READ" in output.all


# ── opening again ─────────────────────────────────────────────────────────────────────────────────


def test_closed_functions_are_opened_and_nothing_else() -> None:
    project, output = FakeProject(), PrintedLines()
    assert close_functions(PROJECT, project, output)
    assert open_functions(PROJECT, project, output)
    assert project.is_open == set(SERVICES)
    project.ran.clear()
    assert open_functions(PROJECT, project, output)
    assert not any("policy-binding" in line for line in project.ran)


# ── an organisation that refuses allUsers ─────────────────────────────────────────────────────────


def restricted_project() -> FakeProject:
    """Return a project whose functions check no caller, as `make deploy` leaves it."""
    return FakeProject(is_open=set(), unchecked={*SERVICES} - {"another-service"}, restricted=True)


def test_functions_without_a_check_are_closed_and_opened_again() -> None:
    project, output = restricted_project(), PrintedLines()
    before = set(project.unchecked)
    assert close_functions(PROJECT, project, output)
    assert project.unchecked == before - spending_services()
    assert open_functions(PROJECT, project, output)
    assert project.unchecked == before
    assert not any("add-iam-policy-binding" in line for line in project.ran)


def test_a_function_is_closed_in_both_ways() -> None:
    """A project that changed its way can have both."""
    project = FakeProject(unchecked={"chat"})
    assert close_functions(PROJECT, project, PrintedLines())
    assert project.is_open == NEVER_TOUCHED
    assert not project.unchecked


def test_a_failed_change_of_the_check_names_the_command() -> None:
    project, output = restricted_project(), PrintedLines()
    project.fails = {"update chat"}
    assert not close_functions(PROJECT, project, output)
    assert "chat IS NOT CLOSED" in output.all
    assert "Run: gcloud run services update chat --project" in output.all
    assert "--invoker-iam-check" in output.all


def test_a_deployment_turns_the_check_of_every_public_function_off() -> None:
    project = FakeProject(is_open=set(), restricted=True, services=[*SERVICES, "sweep-expired"])
    assert disable_checks(PROJECT, project, PrintedLines())
    assert project.unchecked == {*SERVICES} - {"another-service"}


# ── the switch ────────────────────────────────────────────────────────────────────────────────────


async def test_the_switch_is_set_before_anything_else() -> None:
    project, switch, order = FakeProject(), FakeSwitch(), list[bool]()

    def run(command: Sequence[str], *, seconds: float, read: bool = False) -> str:
        order.append(switch.stopped)
        return project(command, seconds=seconds, read=read)

    account = Stubborn(fails=0)
    assert await stop_spending(PROJECT, run, account, switch, say=PrintedLines(), wait=no_wait) == 0
    assert order
    assert all(order)
    assert any("scheduler jobs run sweep-expired" in line for line in project.ran)


async def test_without_the_switch_the_other_steps_happen() -> None:
    output, project = PrintedLines(), FakeProject()
    broken = FakeSwitch(error=Unavailable("store", "no credentials"))
    account = Stubborn(fails=0)
    assert await stop_spending(PROJECT, project, account, broken, say=output, wait=no_wait) == 0
    assert project.is_open == NEVER_TOUCHED
    assert "THE SWITCH IS NOT CHANGED" in output.all


async def test_the_switch_is_a_document_that_functions_read(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.sqlite3")
    switch = FirestoreSwitch(PROJECT, "(default)", store)
    await switch.set(stopped=True)
    [found] = await store.get([SWITCH_PATH])
    assert is_stopped(found)
    await switch.set(stopped=False)
    [found] = await store.get([SWITCH_PATH])
    assert not is_stopped(found)
    await switch.close()
