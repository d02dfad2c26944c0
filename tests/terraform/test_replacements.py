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


def replace_actions(workspace: Workspace, address: str) -> list[str]:
    """Return the planned actions, in their order, if the resource must be replaced."""
    changes = workspace.plan_json("small", f"-replace={address}")["resource_changes"]
    (change,) = [each["change"] for each in changes if each["address"] == address]
    return list(change["actions"])


@pytest.mark.parametrize("address", FILES)
def test_new_resource_is_created_first(address: str, deployed: Workspace) -> None:
    assert replace_actions(deployed, address) == ["create", "delete"]


@pytest.mark.parametrize(("address", "file"), FILES.items())
def test_missing_lifecycle_is_found(address: str, file: str, deployed: Workspace) -> None:
    with deployed.restored(file):
        deployed.replace(file, "create_before_destroy = true", "create_before_destroy = false")
        assert replace_actions(deployed, address) == ["delete", "create"]
