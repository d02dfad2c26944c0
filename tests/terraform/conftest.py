import os
import shutil
from collections.abc import Iterator

import pytest

from tests.terraform import facts
from tests.terraform.facts import Code
from tests.terraform.plan import Plan
from tests.terraform.provider.server import serving
from tests.terraform.workspace import ENVIRONMENTS, Workspace, made


@pytest.fixture(scope="session")
def code() -> Code:
    return facts.read()


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if shutil.which("terraform") is None:
        if os.environ.get("CI"):
            pytest.fail("a suite that was not run must not look green: no terraform")
        pytest.skip("no terraform")
    with serving(tmp_path_factory.mktemp("provider")) as reattach:
        yield reattach


@pytest.fixture(scope="session")
def workspace(provider: str, tmp_path_factory: pytest.TempPathFactory, code: Code) -> Workspace:
    """As it is; nobody changes it."""
    return made(tmp_path_factory.mktemp("as-it-is"), provider, code.functions)


@pytest.fixture(scope="session")
def plans(workspace: Workspace) -> dict[str, Plan]:
    return {name: Plan(workspace.planned(name)) for name in ENVIRONMENTS}


@pytest.fixture(scope="session", params=ENVIRONMENTS)
def plan(plans: dict[str, Plan], request: pytest.FixtureRequest) -> Plan:
    return plans[request.param]


@pytest.fixture(scope="session")
def changing(provider: str, tmp_path_factory: pytest.TempPathFactory, code: Code) -> Workspace:
    """To be changed, and changed back."""
    return made(tmp_path_factory.mktemp("changing"), provider, code.functions)
