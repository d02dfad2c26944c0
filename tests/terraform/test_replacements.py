"""Resources that may never be missing are created anew before the old ones are deleted."""

import pytest

from tests.terraform.facts import Code
from tests.terraform.mistake import FIRESTORE, LOAD_BALANCER
from tests.terraform.workspace import Workspace, make_workspace

FILES = {
    "google_firebaserules_ruleset.closed": FIRESTORE,
    "google_compute_managed_ssl_certificate.site[0]": LOAD_BALANCER,
}


@pytest.fixture(scope="module")
def deployed(provider: str, code: Code, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy whose small environment is applied."""
    workspace = make_workspace(tmp_path_factory.mktemp("deployed"), provider, code.functions)
    flags = ("-input=false", "-auto-approve", "-var-file=environments/small.tfvars")
    ran = workspace.run("apply", *flags)
    assert ran.code == 0, ran.message
    return workspace


def replace_actions(workspace: Workspace) -> dict[str, list[str]]:
    """Return the planned actions, in their order, if each of the resources must be replaced."""
    flags = [f"-replace={address}" for address in FILES]
    changes = workspace.plan_json("small", *flags)["resource_changes"]
    return {
        each["address"]: each["change"]["actions"] for each in changes if each["address"] in FILES
    }


def test_new_resources_are_created_first(deployed: Workspace) -> None:
    assert replace_actions(deployed) == {address: ["create", "delete"] for address in FILES}


def test_missing_lifecycles_are_found(deployed: Workspace) -> None:
    with deployed.restored(*FILES.values()):
        for file in FILES.values():
            deployed.replace(file, "create_before_destroy = true", "create_before_destroy = false")
        assert replace_actions(deployed) == {address: ["delete", "create"] for address in FILES}
