"""The environment that docs/deploy.md shows is one."""

import re

from tests.terraform.provider.schema import ROOT
from tests.terraform.workspace import Workspace

NAME = "as_documented"


def test_the_documents_environment_can_be_planned(changing: Workspace) -> None:
    document = (ROOT / "docs" / "deploy.md").read_text()
    [block] = re.findall(r"(?ms)^```hcl\n(.*?)^```$", document)
    file = changing.folder / "terraform" / "environments" / f"{NAME}.tfvars"
    file.write_text(block)
    try:
        ran = changing.plan(NAME)
    finally:
        file.unlink()
    assert ran.code == 0, ran.said
