"""Terraform itself accepts the files, and its own tests pass."""

import json
import re
from collections.abc import Callable

import pytest

from infra.costs.model import FIREWALL_POLICIES, FIREWALL_RULES
from tests.terraform.facts import Code
from tests.terraform.plan import Plan
from tests.terraform.provider import schema
from tests.terraform.workspace import ENVIRONMENTS, Workspace, arguments_of_test, write_manifest

TESTED = [path.name.partition(".")[0] for path in schema.TERRAFORM.glob("tests/*.tftest.hcl")]
TEST_RESULT = re.compile(r"(\d+) passed, 0 failed")
BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)


def test_files_are_formatted(workspace: Workspace) -> None:
    ran = workspace.run("fmt", "-check", "-recursive", "-diff")
    assert ran.code == 0, ran.output


def test_every_environment_has_tests() -> None:
    assert sorted(TESTED) == sorted(ENVIRONMENTS)


def test_configuration_is_valid(workspace: Workspace) -> None:
    answer = json.loads(workspace.run("validate", "-json").output)
    assert answer["diagnostics"] == []
    assert answer["valid"]


@pytest.mark.parametrize("environment", TESTED)
def test_terraform_tests_pass(workspace: Workspace, environment: str) -> None:
    ran = workspace.run(*arguments_of_test(environment))
    assert ran.code == 0, ran.message
    assert TEST_RESULT.search(ran.message)


@pytest.mark.parametrize("provider", schema.SCHEMAS)
def test_schema_has_exactly_the_used_types(provider: str) -> None:
    resources, data_sources = schema.used_types(provider)
    known = schema.read_schema(provider)
    assert (sorted(known["resources"]), sorted(known["data_sources"])) == (resources, data_sources)


def test_providers_are_pinned_and_the_state_is_in_a_bucket(plans: Callable[[str], Plan]) -> None:
    """`terraform init` names the bucket, so that the same files serve every environment."""
    providers = plans("small").json["configuration"]["provider_config"]
    constraints = {name: each["version_constraint"] for name, each in providers.items()}
    assert constraints == {"google": "~> 6.50", "time": "~> 0.13"}
    assert '\n  backend "gcs" {}\n' in (schema.TERRAFORM / "versions.tf").read_text()


def test_variables_and_outputs_have_types_descriptions_and_validation() -> None:
    text = "\n".join(path.read_text() for path in sorted(schema.TERRAFORM.glob("*.tf")))
    blocks = BLOCK.findall(text)
    assert len(blocks) == len(re.findall(r'^(?:variable|output) "', text, re.MULTILINE))
    for kind, name, body in blocks:
        assert re.search(r"^  description = \".{20,}", body, re.MULTILINE), name
        if kind == "variable":
            assert re.search(r"^  type\s+= ", body, re.MULTILINE), name
            assert re.search(r"^    error_message = \".{15,}", body, re.MULTILINE), name


SAFE = {
    "admitted": [],
    "backup_days": 7,
    "cloud_run_quota": {"cpus": 20, "memory_gib": 40},
    "database": "(default)",
    "enforced_rules": [],
    "media_hosts": ["*.livekit.cloud"],
    "muted_alerts": [],
    "only_load_balancer": False,
    "other_origins": [],
    "public_access": "all_users",
    "requests_per_minute": 600,
    "settings": {},
    "sweep_schedule": "* * * * *",
    "vault": "secret_manager",
}
"""Defaults: invited people only, no other origin, no muted alert, no rule that blocks at once."""
THRESHOLDS = {
    "ceiling_part": 0.8,
    "credits_left": 100,
    "error_ratio": 0.05,
    "first_speech_lag": 3,
    "queue_depth": 200,
    "quota_refusals": 50,
    "start_seconds": 8,
    "sweeps_with_failed": 2,
    "sweeps_with_orphan": 0,
}
"""Defaults at which alerts fire."""


def test_defaults_are_safe(plans: Callable[[str], Plan]) -> None:
    """The environment without a domain sets only what has no default."""
    variables = plans("no_domain").variables
    assert {name: variables[name] for name in SAFE} == SAFE
    assert variables["alerts"] == THRESHOLDS
    settings = plans("no_domain").settings("chat")
    ceilings = ("VOICE_CHARACTERS", "TRANSCRIBED_SECONDS", "SHARDS")
    assert [settings[f"OPRINA_CEILING_{name}"] for name in ceilings] == [
        "50000000",
        "1000000",
        "50",
    ]


def test_only_functions_tf_names_functions(code: Code) -> None:
    """A new function needs no change in another file."""
    named = "|".join(
        [f'"{name}"' for name in code.functions] + [n for n in code.functions if "_" in n]
    )
    others = [path for path in schema.TERRAFORM.glob("*.tf") if path.name != "functions.tf"]
    lines = [line for path in others for line in path.read_text().splitlines()]
    assert [line for line in lines if re.search(named, line) and "resource " not in line] == []


def test_costs_count_the_rules_of_the_firewall(plans: Callable[[str], Plan]) -> None:
    policies = plans("small").resources("google_compute_security_policy")
    rules = sum(len(each.values["rule"]) for each in policies)
    assert (len(policies), rules) == (FIREWALL_POLICIES, FIREWALL_RULES)


def test_one_changed_package_redeploys_one_function(
    scratch: Workspace, plans: Callable[[str], Plan]
) -> None:
    package = scratch.folder / "dist/chat.zip"
    with scratch.restored("dist/chat.zip", "dist/manifest.json"):
        package.write_text("another chat")
        write_manifest(package.parent)
        after = Plan(scratch.plan_json("small")).functions()
    before = plans("small").functions()
    assert {name for name in before if before[name] != after[name]} == {"chat"}
