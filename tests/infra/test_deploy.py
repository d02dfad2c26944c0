"""What the one command does, the first time and after that, in a project that is not there."""

from typing import Any

import pytest

from infra.deploy import deploy
from infra.deploy.deploy import Target
from infra.deploy.shell import FailedError
from tests.infra.fake_cloud import URLS, FakeCloud
from tests.infra.test_rollout import AFTER, BEFORE

SMALL = Target("small", "oprina-test")
VISITOR = {"OPRINA_SMOKE_TOKEN": "canary-of-a-token"}


def cloud(**given: Any) -> FakeCloud:
    return FakeCloud(**{"serves": dict(BEFORE), "applied": dict(AFTER), **given})


def deployed(
    at: FakeCloud,
    target: Target = SMALL,
    *,
    agrees: bool = True,
    visitor: dict[str, str] | None = None,
) -> tuple[int, str]:
    """The exit code, and what was said."""
    said: list[str] = []
    code = deploy.deploy(
        target,
        at,
        lambda _: agrees,
        VISITOR if visitor is None else visitor,
        say=said.append,
        wait=lambda _: None,
    )
    return code, "\n".join(said)


def words(at: FakeCloud) -> list[str]:
    """What was run, in short: the first word after the program that is no option."""
    short = {"run", "services", "secrets"}
    ran = [line.split() for line in at.ran]
    return [next(w for w in line[1:] if not w.startswith("-") and w not in short) for line in ran]


def test_an_update_packages_plans_applies_and_visits() -> None:
    at = cloud()
    assert deployed(at) == (0, "In service.")
    assert words(at) == [
        *("infra.deploy.package", "init", "plan", "show", "list", "list", "versions"),  # looks
        *("show", "list", "apply", "output", "infra.smoke"),  # the rollout
    ]
    assert at.serves == AFTER
    assert URLS in at.ran[-1]


def test_the_state_is_in_the_projects_own_bucket_and_the_environments_own_place() -> None:
    at = cloud()
    deployed(at, Target("large", "oprina-test"))
    init, plan = at.ran[1:3]
    assert init.endswith(
        "init -input=false -reconfigure"
        " -backend-config=bucket=oprina-test-oprina-state -backend-config=prefix=large"
    )
    assert plan.endswith("plan -input=false -var-file=environments/large.tfvars -out=tfplan")


def test_the_first_time_ends_with_what_is_to_be_done() -> None:
    at = cloud(serves={})
    code, said = deployed(at, visitor={})
    assert (code, at.serves) == (0, AFTER)
    assert words(at)[5:] == ["apply", "output", "output"]
    assert at.ran[-2].endswith("output secrets")
    assert at.ran[-1].endswith("output next")
    assert "the same command again visits it" in said


@pytest.mark.parametrize("made", [{"keys": 0}, {"secrets": ()}, {"secrets": ("smoke-password",)}])
def test_where_a_first_apply_stopped_halfway_the_next_one_is_still_the_first(
    made: dict[str, Any],
) -> None:
    at = cloud(serves={"chat": {"chat-00001": 100}}, **made)
    assert deployed(at, visitor={})[0] == 0
    assert at.serves == AFTER
    assert "infra.smoke" not in words(at)


def test_it_can_be_told_not_to_visit() -> None:
    at = cloud(fails={"infra.smoke"})
    assert deployed(at, Target("small", "oprina-test", visited=False), visitor={})[0] == 0
    assert at.serves == AFTER


def test_a_first_apply_that_fails_is_told_and_can_be_run_again() -> None:
    at = cloud(serves={}, fails={"apply"}, applied={})
    with pytest.raises(FailedError, match="the same command goes on from there"):
        deployed(at, visitor={})
    at.fails.clear()
    assert deployed(at, visitor={})[0] == 0


def test_a_failed_visit_goes_back() -> None:
    at = cloud(fails={"infra.smoke"})
    assert deployed(at)[0] == 1
    assert at.serves == BEFORE


@pytest.mark.parametrize("serves", [BEFORE, {}])
def test_nothing_is_applied_without_a_yes(serves: dict[str, dict[str, int]]) -> None:
    at = cloud(serves=dict(serves))
    assert deployed(at, agrees=False) == (1, "Nothing was changed.")
    assert "apply" not in words(at)


def test_nothing_is_applied_to_another_project_than_one_thinks() -> None:
    at = cloud()
    with pytest.raises(FailedError, match=r"small\.tfvars is for oprina-test"):
        deployed(at, Target("small", "oprina-prod"))
    assert "apply" not in words(at)


@pytest.mark.parametrize("visitor", [{}, {"OPRINA_SMOKE_EMAIL": "smoke@oprina.test"}])
def test_an_update_that_nobody_could_visit_is_not_begun(visitor: dict[str, str]) -> None:
    at = cloud()
    with pytest.raises(FailedError, match="OPRINA_SMOKE_"):
        deployed(at, visitor=visitor)
    assert "apply" not in words(at)


@pytest.mark.parametrize(
    "word", ["infra.deploy.package", "init", "plan ", "show", "services list", "secrets"]
)
def test_nothing_is_applied_where_something_before_it_failed(word: str) -> None:
    at = cloud(fails={word})
    with pytest.raises(FailedError):
        deployed(at)
    assert "apply" not in words(at)


def test_an_environment_is_a_file() -> None:
    assert {"large", "small"} <= set(deploy.environments())


@pytest.mark.parametrize(("answer", "agreed"), [("yes", True), ("y", False), ("", False)])
def test_only_a_yes_is_one(answer: str, agreed: bool) -> None:
    assert deploy.agreed("Apply?", lambda _: answer) is agreed


def test_where_nobody_is_there_to_answer_it_is_a_no() -> None:
    def nobody(_: str) -> str:
        raise EOFError

    assert not deploy.agreed("Apply?", nobody)
