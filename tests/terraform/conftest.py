import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.terraform import facts
from tests.terraform.facts import Code
from tests.terraform.plan import Plan
from tests.terraform.provider.server import serve_providers
from tests.terraform.shared import SharedResults, make_shared_results
from tests.terraform.workspace import ENVIRONMENTS, Workspace, make_workspace


@pytest.fixture(scope="session")
def code() -> Code:
    return facts.read()


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if shutil.which("terraform") is None:
        if os.environ.get("CI"):
            pytest.fail("terraform is not installed; with CI set no test may be skipped")
        pytest.skip("terraform is not installed")
    with serve_providers(tmp_path_factory.mktemp("provider")) as reattach:
        yield reattach


@pytest.fixture(scope="session")
def workspace(provider: str, tmp_path_factory: pytest.TempPathFactory, code: Code) -> Workspace:
    """A copy that no test changes."""
    return make_workspace(tmp_path_factory.mktemp("unchanged"), provider, code.functions)


@pytest.fixture(scope="session")
def shared_results(tmp_path_factory: pytest.TempPathFactory) -> SharedResults:
    return make_shared_results(tmp_path_factory)


@pytest.fixture(scope="session")
def plans(workspace: Workspace, shared_results: SharedResults) -> Callable[[str], Plan]:
    """Return the plan of an environment. It is made when a test needs it."""

    @cache
    def plan(environment: str) -> Plan:
        return Plan(shared_results.get(environment, lambda: workspace.plan_json(environment)))

    return plan


@pytest.fixture(scope="session", params=ENVIRONMENTS)
def plan(plans: Callable[[str], Plan], request: pytest.FixtureRequest) -> Plan:
    return plans(request.param)


@pytest.fixture(scope="session")
def scratch(provider: str, tmp_path_factory: pytest.TempPathFactory, code: Code) -> Workspace:
    """A copy that tests change and restore."""
    return make_workspace(tmp_path_factory.mktemp("scratch"), provider, code.functions)
