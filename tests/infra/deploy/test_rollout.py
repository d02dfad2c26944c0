"""Traffic after a successful rollout, and after each kind of failure."""

from typing import Any

import pytest

from infra.deploy.random_keys import RANDOM_KEYS
from infra.deploy.rollout import commit_was_deployed, rollout
from infra.deploy.shell import FailedError
from tests.infra.deploy.fake_google_cloud import URLS, FakeGoogleCloud

BEFORE = {"chat": {"chat-00001": 100}, "start-avatar": {"start-avatar-00007": 100}}
AFTER = {"chat": {"chat-00002": 100}, "start-avatar": {"start-avatar-00008": 100}}


def cloud(**given: Any) -> FakeGoogleCloud:
    return FakeGoogleCloud(**{"serves": dict(BEFORE), "applied": dict(AFTER), **given})


def run_rollout(at: FakeGoogleCloud) -> tuple[int, str]:
    """Return the exit code and the printed text."""
    printed: list[str] = []
    return rollout(at, say=printed.append, wait=lambda _: None), "\n".join(printed)


def test_successful_rollout_stays_in_service() -> None:
    at = cloud()
    assert run_rollout(at) == (0, "In service.")
    assert at.serves == AFTER
    assert at.traffic_changes() == []


def test_rollout_reads_applies_waits_and_tests() -> None:
    at, order = cloud(), []

    def run(command: Any, *, seconds: float, read: bool = False) -> str:
        order.append(" ".join(command))
        return at(command, seconds=seconds, read=read)

    assert rollout(run, say=lambda _: None, wait=lambda s: order.append(f"wait {s:g}")) == 0
    expected = ["show -json tfplan", "services list", "apply -input=false tfplan"]
    expected += [f"secrets versions list {name}" for name in RANDOM_KEYS]
    expected += ["wait 15"]
    expected += ["output -json function_urls", f"-m infra.smoke {URLS}"]
    assert len(order) == len(expected)
    assert [word for word, line in zip(expected, order, strict=True) if word not in line] == []


def test_failed_smoke_test_restores_all_traffic() -> None:
    at = cloud(fails={"infra.smoke": ""})
    code, printed = run_rollout(at)
    assert (code, at.serves) == (1, BEFORE)
    flags = "--project=oprina-test --region=us-central1"
    traffic = "gcloud run services update-traffic"
    assert at.traffic_changes() == [
        f"{traffic} chat {flags} --to-revisions=chat-00001=100 --quiet",
        f"{traffic} start-avatar {flags} --to-revisions=start-avatar-00007=100 --quiet",
    ]
    assert printed.splitlines()[0].startswith("NOT IN SERVICE: ")


def test_service_without_a_change_is_not_touched() -> None:
    at = cloud(applied={"chat": {"chat-00002": 100}}, fails={"infra.smoke": ""})
    assert run_rollout(at)[0] == 1
    assert [line.split()[4] for line in at.traffic_changes()] == ["chat"]


def test_failed_apply_restores_the_services_that_changed() -> None:
    at = cloud(applied={"chat": {"chat-00002": 100}}, fails={"apply": ""})
    assert run_rollout(at)[0] == 1
    assert at.serves == BEFORE
    assert [line.split()[4] for line in at.traffic_changes()] == ["chat"]
    assert not any("infra.smoke" in line for line in at.ran)


def test_split_traffic_is_restored_as_a_split() -> None:
    before = {**BEFORE, "chat": {"chat-00001": 90, "chat-00000": 10}}
    at = cloud(serves=dict(before), fails={"infra.smoke": ""})
    assert run_rollout(at)[0] == 1
    assert at.serves == before


def test_first_deployment_has_no_previous_revision() -> None:
    at = cloud(serves={}, fails={"infra.smoke": ""})
    code, printed = run_rollout(at)
    assert (code, at.serves, at.traffic_changes()) == (1, AFTER, [])
    assert printed.count("has no previous revision") == 2


def test_service_that_cannot_go_back_is_printed_with_its_command() -> None:
    at = cloud(fails={"infra.smoke": "", "update-traffic chat": ""})
    code, printed = run_rollout(at)
    assert code == 1
    assert at.serves == {"chat": AFTER["chat"], "start-avatar": BEFORE["start-avatar"]}
    assert "chat COULD NOT GO BACK" in printed
    assert f"Run this command: {at.traffic_changes()[0]}" in printed


def test_all_services_go_back_if_the_traffic_is_unknown() -> None:
    at = cloud(applied={}, fails={"infra.smoke": ""})

    def run(command: Any, *, seconds: float, read: bool = False) -> str:
        if "list" in command and any("infra.smoke" in line for line in at.ran):
            raise FailedError("gcloud ended with 1")
        return at(command, seconds=seconds, read=read)

    assert rollout(run, say=lambda _: None, wait=lambda _: None) == 1
    assert [line.split()[4] for line in at.traffic_changes()] == ["chat", "start-avatar"]


def test_interrupted_smoke_test_counts_as_failed() -> None:
    at = cloud()

    def run(command: Any, *, seconds: float, read: bool = False) -> str:
        if "infra.smoke" in command:
            raise KeyboardInterrupt
        return at(command, seconds=seconds, read=read)

    printed: list[str] = []
    assert rollout(run, say=printed.append, wait=lambda _: None) == 1
    assert at.serves == BEFORE
    assert printed[0] == "NOT IN SERVICE: interrupted"


def test_all_services_go_back_if_the_traffic_is_not_json() -> None:
    at = cloud(fails={"infra.smoke": ""})

    def run(command: Any, *, seconds: float, read: bool = False) -> str:
        output = at(command, seconds=seconds, read=read)
        late = "list" in command and any("infra.smoke" in line for line in at.ran)
        return "Updates are available." if late else output

    printed: list[str] = []
    assert rollout(run, say=printed.append, wait=lambda _: None) == 1
    assert at.serves == BEFORE
    assert printed[1] == "The current traffic is unknown: gcloud run services did not print JSON"


@pytest.mark.parametrize("command", ["show", "services list"])
def test_nothing_is_applied_if_the_traffic_cannot_be_read(command: str) -> None:
    at = cloud(fails={command: ""})
    with pytest.raises(FailedError):
        run_rollout(at)
    assert at.serves == BEFORE
    assert not any("apply" in line for line in at.ran)


def test_foreign_services_are_not_touched() -> None:
    at = cloud(planned=["chat"], fails={"infra.smoke": ""})
    assert run_rollout(at)[0] == 1
    assert [line.split()[4] for line in at.traffic_changes()] == ["chat"]


def build(**substitutions: str) -> dict[str, Any]:
    return {"status": "SUCCESS", "substitutions": substitutions}


@pytest.mark.parametrize(
    ("builds", "deployed"),
    [
        ([build(COMMIT_SHA="abc", _APPLY="true")], True),
        ([build(COMMIT_SHA="def", _APPLY="true"), build(COMMIT_SHA="abc", _APPLY="true")], True),
        ([build(COMMIT_SHA="abc", _APPLY="false")], False),
        ([build(COMMIT_SHA="abcdef", _APPLY="true")], False),
        ([build(_APPLY="true"), {"status": "SUCCESS"}], False),
        ([], False),
    ],
)
def test_commit_counts_as_deployed_only_after_an_applied_build(
    builds: list[dict[str, Any]], deployed: bool
) -> None:
    at = cloud(builds=builds)
    assert commit_was_deployed("oprina-staging", "us-central1", "abc", at) is deployed
    [command] = at.ran
    assert "--project=oprina-staging --region=us-central1 --filter=status=SUCCESS" in command
