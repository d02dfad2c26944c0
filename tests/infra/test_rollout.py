"""What is in service after a rollout that went well, and after each way in which one can fail."""

from typing import Any

import pytest

from infra.deploy.rollout import rollout, went_well
from infra.deploy.shell import FailedError
from tests.infra.fake_cloud import URLS, FakeCloud

BEFORE = {"chat": {"chat-00001": 100}, "start-avatar": {"start-avatar-00007": 100}}
AFTER = {"chat": {"chat-00002": 100}, "start-avatar": {"start-avatar-00008": 100}}


def cloud(**given: Any) -> FakeCloud:
    return FakeCloud(**{"serves": dict(BEFORE), "applied": dict(AFTER), **given})


def rolled_out(at: FakeCloud) -> tuple[int, str]:
    """The exit code, and what was said."""
    said: list[str] = []
    return rollout(at, say=said.append, wait=lambda _: None), "\n".join(said)


def test_what_went_well_stays_in_service() -> None:
    at = cloud()
    assert rolled_out(at) == (0, "In service.")
    assert at.serves == AFTER
    assert at.sent() == []


def test_it_looks_then_applies_waits_and_visits_what_was_applied() -> None:
    at, order = cloud(), []

    def run(command: Any, *, seconds: float, read: bool = False) -> str:
        order.append(" ".join(command))
        return at(command, seconds=seconds, read=read)

    assert rollout(run, say=lambda _: None, wait=lambda s: order.append(f"wait {s:g}")) == 0
    words = ["show -json tfplan", "services list", "apply -input=false tfplan", "wait 15"]
    words += ["output -json function_urls", f"-m infra.smoke {URLS}"]
    assert len(order) == len(words)
    assert [word for word, line in zip(words, order, strict=True) if word not in line] == []


def test_a_failed_visit_sends_everybody_back() -> None:
    at = cloud(fails={"infra.smoke"})
    code, said = rolled_out(at)
    assert (code, at.serves) == (1, BEFORE)
    where = "--project=oprina-test --region=us-central1"
    traffic = "gcloud run services update-traffic"
    assert at.sent() == [
        f"{traffic} chat {where} --to-revisions=chat-00001=100 --quiet",
        f"{traffic} start-avatar {where} --to-revisions=start-avatar-00007=100 --quiet",
    ]
    assert said.splitlines()[0].startswith("NOT IN SERVICE: ")


def test_what_did_not_move_is_not_touched() -> None:
    at = cloud(applied={"chat": {"chat-00002": 100}}, fails={"infra.smoke"})
    assert rolled_out(at)[0] == 1
    assert [line.split()[4] for line in at.sent()] == ["chat"]


def test_an_apply_that_fails_halfway_sends_back_what_had_moved() -> None:
    at = cloud(applied={"chat": {"chat-00002": 100}}, fails={"apply"})
    assert rolled_out(at)[0] == 1
    assert at.serves == BEFORE
    assert [line.split()[4] for line in at.sent()] == ["chat"]
    assert not any("infra.smoke" in line for line in at.ran)


def test_callers_who_were_split_are_split_again() -> None:
    before = {**BEFORE, "chat": {"chat-00001": 90, "chat-00000": 10}}
    at = cloud(serves=dict(before), fails={"infra.smoke"})
    assert rolled_out(at)[0] == 1
    assert at.serves == before


def test_the_first_deployment_has_nothing_to_go_back_to() -> None:
    at = cloud(serves={}, fails={"infra.smoke"})
    code, said = rolled_out(at)
    assert (code, at.serves, at.sent()) == (1, AFTER, [])
    assert said.count("nothing to go back to") == 2


def test_one_that_cannot_go_back_does_not_keep_the_others_and_is_told_with_its_command() -> None:
    at = cloud(fails={"infra.smoke", "update-traffic chat"})
    code, said = rolled_out(at)
    assert code == 1
    assert at.serves == {"chat": AFTER["chat"], "start-avatar": BEFORE["start-avatar"]}
    assert "chat COULD NOT GO BACK" in said
    assert f"By hand: {at.sent()[0]}" in said


def test_all_go_back_where_it_cannot_be_told_what_moved() -> None:
    at = cloud(applied={}, fails={"infra.smoke"})

    def run(command: Any, *, seconds: float, read: bool = False) -> str:
        if "list" in command and any("infra.smoke" in line for line in at.ran):
            raise FailedError("gcloud ended with 1")
        return at(command, seconds=seconds, read=read)

    assert rollout(run, say=lambda _: None, wait=lambda _: None) == 1
    assert [line.split()[4] for line in at.sent()] == ["chat", "start-avatar"]


def test_whoever_interrupts_a_visit_has_not_seen_it_well() -> None:
    at = cloud()

    def run(command: Any, *, seconds: float, read: bool = False) -> str:
        if "infra.smoke" in command:
            raise KeyboardInterrupt
        return at(command, seconds=seconds, read=read)

    said: list[str] = []
    assert rollout(run, say=said.append, wait=lambda _: None) == 1
    assert at.serves == BEFORE
    assert said[0] == "NOT IN SERVICE: interrupted"


def test_all_go_back_where_what_serves_is_told_in_no_json() -> None:
    at = cloud(fails={"infra.smoke"})

    def run(command: Any, *, seconds: float, read: bool = False) -> str:
        said = at(command, seconds=seconds, read=read)
        late = "list" in command and any("infra.smoke" in line for line in at.ran)
        return "Updates are available." if late else said

    said: list[str] = []
    assert rollout(run, say=said.append, wait=lambda _: None) == 1
    assert at.serves == BEFORE
    assert said[1] == "What serves now cannot be told: gcloud run services did not say JSON"


@pytest.mark.parametrize("word", ["show", "services list"])
def test_nothing_is_applied_where_it_cannot_be_told_what_serves(word: str) -> None:
    at = cloud(fails={word})
    with pytest.raises(FailedError):
        rolled_out(at)
    assert at.serves == BEFORE
    assert not any("apply" in line for line in at.ran)


def test_services_of_others_are_left_alone() -> None:
    at = cloud(planned=["chat"], fails={"infra.smoke"})
    assert rolled_out(at)[0] == 1
    assert [line.split()[4] for line in at.sent()] == ["chat"]


def build(**substitutions: str) -> dict[str, Any]:
    return {"status": "SUCCESS", "substitutions": substitutions}


@pytest.mark.parametrize(
    ("builds", "well"),
    [
        ([build(COMMIT_SHA="abc", _APPLY="true")], True),
        ([build(COMMIT_SHA="def", _APPLY="true"), build(COMMIT_SHA="abc", _APPLY="true")], True),
        ([build(COMMIT_SHA="abc", _APPLY="false")], False),
        ([build(COMMIT_SHA="abcdef", _APPLY="true")], False),
        ([build(_APPLY="true"), {"status": "SUCCESS"}], False),
        ([], False),
    ],
)
def test_a_stage_follows_one_that_went_well_with_the_same_commit(
    builds: list[dict[str, Any]], well: bool
) -> None:
    at = cloud(builds=builds)
    assert went_well("oprina-staging", "us-central1", "abc", at) is well
    [asked] = at.ran
    assert "--project=oprina-staging --region=us-central1 --filter=status=SUCCESS" in asked
