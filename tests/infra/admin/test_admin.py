import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from common.bootstrap import build
from infra.admin.__main__ import parse, run
from infra.admin.commands import Admin
from infra.deploy.shell import ROOT
from infra.local.sign_in import uid_of
from infra.local.simulators.identity_toolkit import email_of
from infra.local.stack import stack
from infra.target import RefusedCommandError, deployed_settings, local_settings
from tests.support.harness import ADA, Harness, advance, end, new_harness


async def call(harness: Harness, *arguments: str) -> list[str]:
    return await run(Admin(harness.dependencies()), parse(arguments))


async def test_a_plan_and_a_grant_change_what_a_user_may_use() -> None:
    harness = new_harness(plans={"studio": {"avatar_seconds": 36_000}})
    await call(harness, "set-plan", "ada", "studio")
    await call(harness, "grant", "ada", "avatar_seconds", "100")
    shown = await call(harness, "show", "ada")
    assert "plan      studio" in shown
    assert any("of 36100" in line for line in shown)
    await harness.start()
    assert any(line.startswith("session") for line in await call(harness, "show", "ada"))


async def test_a_user_without_any_use_is_noted() -> None:
    harness = new_harness()
    for command in (("set-plan", "adda", "default"), ("show", "adda")):
        assert "note: adda has not used the service yet; check the id" in await call(
            harness, *command
        )
    await harness.whole_chat()
    for command in (("set-plan", "ada", "default"), ("show", "ada")):
        assert not any("note" in line for line in await call(harness, *command))


async def test_a_grant_can_be_taken_back() -> None:
    harness = new_harness()
    await harness.whole_chat()
    await call(harness, "grant", "ada", "avatar_seconds", "100")
    [line] = await call(harness, "grant", "ada", "avatar_seconds", "-100")
    assert line == f"ada may use 100 avatar seconds less in {harness.clock.now():%Y-%m}"
    assert any("of 1200" in line for line in await call(harness, "show", "ada"))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("show a/b", "not an id"),
        ("end-session a/b", "not an id"),
        ("grant ada avatar_seconds 5 --month 2026-13", "not a month"),
        ("grant ada minutes 5", "invalid choice"),
        ("reconcile 30.11.2026", "not a day"),
    ],
)
def test_a_wrong_argument_is_named(
    arguments: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(arguments.split())
    assert problem in capsys.readouterr().err


async def test_a_session_without_a_record_is_told_in_words() -> None:
    harness = new_harness()
    started = await harness.start()
    await end(harness.app, started.avatar_session_id)
    harness.avatars.sessions.clear()
    line, drift = await call(harness, "reconcile", f"{harness.clock.now():%Y-%m-%d}")
    assert "the provider has no record of it" in line
    assert drift.endswith("1 unknown")


async def test_unknown_plan_is_refused() -> None:
    with pytest.raises(RefusedCommandError, match="Known: default"):
        await call(new_harness(), "set-plan", "ada", "gold")


async def test_end_session_charges_it() -> None:
    harness = new_harness()
    started = await harness.start()
    [line] = await call(harness, "end-session", started.avatar_session_id)
    assert f"{started.avatar_session_id} is ended" in line


async def test_reconcile_prints_the_drift_of_a_day() -> None:
    harness = new_harness()
    started = await harness.start()
    advance(harness.clock, 30)
    await end(harness.app, started.avatar_session_id)
    day = f"{harness.clock.now():%Y-%m-%d}"
    *lines, drift = await call(harness, "reconcile", day)
    assert lines == []
    assert drift.startswith("drift 0 s")
    path = f"ended_sessions/{started.avatar_session_id}"
    (record,) = await harness.store.get([path])
    assert record.get("uid") == ADA.uid
    yesterday = datetime.now(UTC) - timedelta(days=20_000)
    [empty] = await call(harness, "reconcile", f"{yesterday:%Y-%m-%d}")
    assert empty == "drift 0 s: charged 0 s, billed 0 s, 0 unknown"


def test_settings_of_a_deployment_are_those_of_its_sweep() -> None:
    environment = [
        {"name": "OPRINA_PROJECT", "value": "oprina-prod-1"},
        {"name": "OPRINA_SLOTS_PER_USER", "value": "2"},
        {"name": "LOG_EXECUTION_ID", "value": "false"},
    ]
    described = {"spec": {"template": {"spec": {"containers": [{"env": environment}]}}}}

    def gcloud(command: Sequence[str], *, seconds: float, read: bool = False) -> str:
        assert "sweep-expired" in command
        assert seconds > 0
        return json.dumps(described) if read else ""

    settings = deployed_settings("oprina-prod-1", "us-central1", gcloud)
    assert (settings.project, settings.slots_per_user) == ("oprina-prod-1", 2)


async def test_admin_works_beside_a_running_stack(tmp_path: Path) -> None:
    async with stack(tmp_path, scheduled=False) as local:
        app = build(local_settings(tmp_path))
        try:
            admin = Admin(app.accounts.deps)
            await run(admin, parse(["grant", "ada", "avatar_seconds", "60"]))
            shown = await run(admin, parse(["show", "ada"]))
        finally:
            await app.close()
        assert local.settings.project == app.settings.project
    assert any("of 1260" in line for line in shown)


async def test_only_an_invited_person_is_admitted(tmp_path: Path) -> None:
    async with (
        stack(tmp_path, scheduled=False, given={"admitted": ()}) as local,
        httpx.AsyncClient(base_url=local.url) as client,
    ):
        refused = await client.get("/conversations", headers=local.sign_in("ada"))
        assert (refused.status_code, refused.json()["code"]) == (403, "not_invited")
        app = build(local_settings(tmp_path))
        try:
            invite = parse(["invite", email_of(uid_of("ada"))])
            for _ in range(2):  # safe to repeat
                [line] = await run(Admin(app.accounts.deps), invite)
            [other] = await run(Admin(app.accounts.deps), parse(["invite", "new@example.com"]))
            again = await run(Admin(app.accounts.deps), parse(["invite", "new@example.com"]))
        finally:
            await app.close()
        assert uid_of("ada") in line
        assert again == [other], "a person who never signed in is made once"
        admitted = await client.get("/conversations", headers=local.sign_in("ada"))
        assert admitted.status_code == 200
        uninvited = await client.get("/conversations", headers=local.sign_in("bob"))
        assert uninvited.status_code == 403


async def test_an_invitation_needs_an_address() -> None:
    with pytest.raises(RefusedCommandError, match="not an e-mail address"):
        await call(new_harness(), "invite", "ada")


def test_without_a_stack_the_command_says_so(tmp_path: Path) -> None:
    with pytest.raises(RefusedCommandError, match="make run"):
        local_settings(tmp_path)
    ran = subprocess.run(
        [sys.executable, "-m", "infra.admin", "--data-dir", str(tmp_path), "show", "ada"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
