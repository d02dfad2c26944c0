"""The settings: their sources, and the values that are refused."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from common.settings import LOCAL_SWITCHES, Settings
from infra.deploy.package import functions
from infra.docs.settings_table import descriptions

ROOT = Path(__file__).parents[2]
CANARY = "canary-7f3a"
DEPLOYED = {
    "K_SERVICE": "chat",
    "OPRINA_PROJECT": "oprina-prod",
    "OPRINA_AGENT_ENGINE": "projects/oprina-prod/locations/us-central1/reasoningEngines/1",
    "OPRINA_SWEEP_URL": "https://sweep.example.test",
    "OPRINA_TASKS_ACCOUNT": "tasks@oprina-prod.iam.gserviceaccount.com",
}
LOCAL_ONLY = {
    **dict.fromkeys(LOCAL_SWITCHES.values(), f"http://{CANARY}"),
    "OPRINA_STORE": "sqlite",
}
FUNCTIONS = functions()


def python(code: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    inherited = {n: v for n, v in os.environ.items() if n not in LOCAL_ONLY | DEPLOYED}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refusal(environment: dict[str, str]) -> str:
    """Return the message of `Settings.from_environment` in that environment, or "" if it raises
    none."""
    code = "from common.settings import *; Settings.from_environment()"
    done = python(code, environment)
    assert (done.returncode != 0) == bool(done.stderr)
    return done.stderr.rpartition("WronglySetError: ")[2].strip()


# ── a deployed function ──────────────────────────────────────────────────────────────────────────


def test_deployed_functions_start_without_building_the_app() -> None:
    imports = "; ".join(f"import functions.{function}.main" for function in FUNCTIONS)
    done = python(
        f"{imports}; from common.bootstrap import from_environment as made; "
        "print(made.cache_info().currsize)",
        DEPLOYED,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")


def test_deployed_function_names_local_switches_and_does_not_start() -> None:
    done = python("import functions.chat.main", {**DEPLOYED, **LOCAL_ONLY})
    assert done.returncode != 0
    last = done.stderr.splitlines()[-1]
    assert "only for a local stack" in last
    for name in LOCAL_ONLY:
        assert name in last
    assert CANARY not in done.stderr


def test_no_deployed_function_starts_with_a_local_switch() -> None:
    code = f"""
import importlib
for function in {FUNCTIONS}:
    try:
        importlib.import_module(f"functions.{{function}}.main")
    except Exception as error:
        print(error)
"""
    done = python(code, {**DEPLOYED, "OPRINA_CERTIFICATES": CANARY})
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == len(FUNCTIONS)
    assert len(set(done.stdout.splitlines())) == 1
    assert done.stdout.startswith("OPRINA_CERTIFICATES: only for a local stack")


@pytest.mark.parametrize("switch", LOCAL_ONLY)
def test_each_local_switch_is_refused_in_a_deployment(switch: str) -> None:
    fields = {name: field for field, name in LOCAL_SWITCHES.items()} | {"OPRINA_STORE": "store"}
    with pytest.raises(ValueError, match=switch):
        deployed_settings(**{fields[switch]: LOCAL_ONLY[switch]})


@pytest.mark.parametrize("required", ["agent_engine", "sweep_url", "tasks_account"])
def test_deployed_function_names_a_missing_required_setting(required: str) -> None:
    with pytest.raises(ValueError, match=f"OPRINA_{required.upper()}: must be set"):
        deployed_settings(**{required: ""})


def test_import_outside_a_deployment_reads_no_settings() -> None:
    done = python("import functions.chat.main", {"OPRINA_STORE": "canary"})
    assert (done.returncode, done.stderr) == (0, "")


def deployed_settings(**fields: Any) -> Settings:
    deployed = {n.removeprefix("OPRINA_").lower(): v for n, v in DEPLOYED.items() if "_" in n}
    deployed["deployed_as"] = deployed.pop("k_service")
    return Settings(**{**deployed, **fields})


# ── wrong values ─────────────────────────────────────────────────────────────────────────────────


def test_wrong_settings_are_named_without_their_values() -> None:
    message = refusal(
        {
            "OPRINA_PROJECT": f"{CANARY}!",
            "OPRINA_IDLE_SECONDS": CANARY,
            "OPRINA_TURN_TOKENS": "-73573",
            "OPRINA_STORE": CANARY,
            "OPRINA_SANDBOX": CANARY,
            "OPRINA_PLANS": "{" + CANARY,
            "OPRINA_ALLOWED_ORIGINS": f"https://fine.test, {CANARY}",
        }
    )
    named = [each.partition(": ")[0] for each in message.split("; ")]
    assert sorted(named) == [
        "OPRINA_ALLOWED_ORIGINS.1",
        "OPRINA_IDLE_SECONDS",
        "OPRINA_PLANS",
        "OPRINA_PROJECT",
        "OPRINA_SANDBOX",
        "OPRINA_STORE",
        "OPRINA_TURN_TOKENS",
    ]
    assert CANARY not in message
    assert "73573" not in message


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"OPRINA_VOICE": "de-DE-Neural2-F"}, "OPRINA_VOICE"),
        ({"OPRINA_VOICE": CANARY}, "OPRINA_VOICE"),
        ({"OPRINA_LANGUAGE": "en_US"}, "OPRINA_LANGUAGE"),
        ({"OPRINA_OTHER_LANGUAGES": "de-DE,xx-XX"}, "OPRINA_OTHER_LANGUAGES"),
        ({"OPRINA_ALLOWANCE_AVATAR_SECONDS": "19"}, "OPRINA_MIN_SESSION_SECONDS"),
        ({"OPRINA_ALLOWANCE_AGENT_TOKENS": "999"}, "OPRINA_MIN_TURN_TOKENS"),
        ({"OPRINA_AVATAR_ID": ""}, "OPRINA_AVATAR_ID"),
        ({"OPRINA_TURN_SECONDS": "8"}, "OPRINA_TURN_SECONDS"),
        ({"OPRINA_TURN_SECONDS": "571"}, "OPRINA_TURN_SECONDS"),
    ],
)
def test_settings_that_no_session_could_use_are_named(
    environment: dict[str, str], named: str
) -> None:
    message = refusal(environment)
    assert named in message
    assert CANARY not in message


def test_contradicting_settings_are_named() -> None:
    message = refusal({"OPRINA_MIN_SESSION_SECONDS": "601"})
    assert message == "OPRINA_MIN_SESSION_SECONDS is above OPRINA_MAX_SESSION_SECONDS"


@pytest.mark.parametrize(
    "origin", ["*", "app.test", "https://app.test/page", "https://App.test", "null", "https://*"]
)
def test_malformed_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="allowed_origins"):
        Settings(allowed_origins=(origin,))


def test_origins_are_split_at_commas() -> None:
    listed: Any = " https://a.test/, http://localhost:5173 ,"
    assert Settings(allowed_origins=listed).allowed_origins == (
        "https://a.test",
        "http://localhost:5173",
    )


def test_settings_are_read_from_the_environment() -> None:
    code = (
        "from common.settings import Settings; s = Settings.from_environment(); "
        "print(s.idle_seconds, s.allowed_origins, s.allowances('studio')['avatar_seconds'],"
        "s.firestore_emulator)"
    )
    environment = {
        "OPRINA_IDLE_SECONDS": "7",
        "OPRINA_ALLOWED_ORIGINS": "https://a.test",
        "OPRINA_PLANS": '{"studio": {"avatar_seconds": 36000}}',
        "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",
        "OPRINA_FIRESTORE_EMULATOR": "ignored",
    }
    done = python(code, environment)
    assert done.stdout == "7 ('https://a.test',) 36000 127.0.0.1:1\n"


# ── plans ────────────────────────────────────────────────────────────────────────────────────────


def test_plan_replaces_the_allowances_that_it_names() -> None:
    settings = Settings(plans={"studio": {"avatar_seconds": 36_000}})
    assert settings.allowances("studio") == {
        "avatar_seconds": 36_000,
        "agent_tokens": 200_000,
        "voice_characters": 100_000,
        "transcribed_seconds": 3_600,
    }
    assert settings.allowances(None) == settings.allowances("unheard-of") == settings.default_plan


@pytest.mark.parametrize(
    ("plans", "named"),
    [
        ('{"studio": {"avatar_seconds": "lots"}}', "OPRINA_PLANS.studio.avatar_seconds"),
        ('{"studio": {"avatar_seconds": 0}}', "OPRINA_PLANS.studio.avatar_seconds"),
        ('{"studio": {"avatar_minutes": 1}}', "OPRINA_PLANS.studio.avatar_minutes"),
        ("[]", "OPRINA_PLANS"),
    ],
)
def test_malformed_plan_is_refused(plans: str, named: str) -> None:
    assert refusal({"OPRINA_PLANS": plans}).startswith(named)


# ── the document ─────────────────────────────────────────────────────────────────────────────────


def test_every_setting_has_a_docstring() -> None:
    assert descriptions().keys() == Settings.model_fields.keys()
    assert all(text.endswith(".") and "|" not in text for text in descriptions().values())
