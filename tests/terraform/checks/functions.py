"""Checks of functions: settings with which they start, time limits, sizes and packages."""

import hashlib
import json
import re
from collections.abc import Iterator

from pydantic import ValidationError

from common.domain import deadlines
from common.domain.quota import METERS
from common.settings import LOCAL_SWITCHES, Settings
from tests.terraform.facts import Code
from tests.terraform.plan import Plan
from tests.terraform.provider.schema import ROOT
from tests.terraform.workspace import package_content

PREFIX = "OPRINA_"
SETTINGS = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
CEILINGS = {f"{PREFIX}CEILING_{name.upper()}" for name in (*METERS, "shards")}
SET_BY_GOOGLE = {"deployed_as": "a-service"}
LONGEST_SECONDS = 3600
MIN_CONCURRENCY = 10
MIN_MIB = 256
"""The loaded code needs 80 MiB, and each open stream needs more."""
MANY_CPUS, MANY_CPUS_MIB = 2, 2048
"""Cloud Run requires at least 2 GiB from four CPUs on."""
RUNTIME = re.findall(r"(?m)^RUNTIME \?= python([\d.]+)$", (ROOT / "Makefile").read_text())[0]


def check_all_functions_are_deployed(plan: Plan, code: Code) -> Iterator[str]:
    """Compare the deployed functions with the folders in functions/."""
    deployed = set(plan.functions())
    for name in sorted(set(code.functions) - deployed):
        yield f"{name}: has a folder in functions/ and is not deployed"
    for name in sorted(deployed - set(code.functions)):
        yield f"{name}: is deployed and has no folder in functions/"


def check_settings_are_valid(plan: Plan, _: Code) -> Iterator[str]:
    """Check that settings exist in common/settings.py, and that functions start with them."""
    for name in plan.functions():
        given = plan.settings(name)
        for setting in sorted(given.keys() - SETTINGS - {"LOG_EXECUTION_ID"}):
            yield f"{name}: common/settings.py has no {setting}"
        for setting in sorted(given.keys() & set(LOCAL_SWITCHES.values())):
            yield f"{name}: {setting} is only for a local stack"
        if given.get("LOG_EXECUTION_ID") != "false":
            yield f"{name}: LOG_EXECUTION_ID is not false, so Google sets it to true"
        try:
            _read_settings(given)
        except ValidationError as error:
            yield f"{name}: does not start: {'; '.join(each['msg'] for each in error.errors())}"


def check_settings_name_resources(plan: Plan, _: Code) -> Iterator[str]:
    """Check that settings name what exists, and that the page is an allowed origin."""
    named = {
        "OPRINA_DATABASE": _names(plan, "google_firestore_database", "name"),
        "OPRINA_TASKS_QUEUE": _names(plan, "google_cloud_tasks_queue", "name"),
        "OPRINA_LIVEAVATAR_SECRET": _names(plan, "google_secret_manager_secret", "secret_id"),
        "OPRINA_GOOGLE_CLIENT_SECRET": _names(plan, "google_secret_manager_secret", "secret_id"),
        "OPRINA_TASKS_ACCOUNT": _names(plan, "google_service_account", "email"),
        "OPRINA_LOCATION": _names(plan, "google_cloud_tasks_queue", "location"),
    }
    for name in plan.functions():
        settings = plan.settings(name)
        for setting, existing in named.items():
            if settings.get(setting) not in existing:
                yield f"{name}: {setting} names {settings.get(setting)}, which does not exist"
        if settings["OPRINA_CONNECTIONS_URL"] != _connections_url(plan):
            yield f"{name}: OPRINA_CONNECTIONS_URL is not where browsers reach `connections`"
        if plan.outputs["page_url"] not in settings["OPRINA_ALLOWED_ORIGINS"].split(","):
            yield f"{name}: the page is not an allowed origin"


def check_settings_have_their_values(plan: Plan, _: Code) -> Iterator[str]:
    """Compare the settings with the variables. A setting that is missing has a default of the code."""
    given = plan.variables
    origins = [plan.outputs["page_url"], *given["other_origins"]]
    expected = {
        "PROJECT": given["project"],
        "LOCATION": given["region"],
        "AGENT_ENGINE": given["agent_engine"],
        "ADMITTED": ",".join(given["admitted"]),
        "BACKUP_DAYS": str(given["backup_days"]),
        "VAULT": given["vault"],
        "TRACES": str(given["traces"]).lower(),
        "ALLOWED_ORIGINS": ",".join(origins),
        **{f"CEILING_{name.upper()}": str(value) for name, value in given["ceilings"].items()},
    }
    for name in plan.functions():
        settings = plan.settings(name)
        for ceiling in sorted(CEILINGS - settings.keys()):
            yield f"{name}: {ceiling} is missing"
        for setting, value in expected.items():
            if (found := settings.get(f"{PREFIX}{setting}")) != value:
                yield f"{name}: OPRINA_{setting} is {found}, expected {value}"


def check_settings_of_the_page(plan: Plan, code: Code) -> Iterator[str]:
    """Check what only the page gets: addresses of the API without a domain, and sign-in."""
    urls = plan.outputs["function_urls"].items()
    public = {name: url for name, url in urls if name not in code.internal}
    expected = {
        "OPRINA_API_URLS": public if plan.variables["domain"] is None else {},
        "OPRINA_MEDIA_HOSTS": ",".join(plan.variables["media_hosts"]),
    }
    for name in plan.functions():
        settings = plan.settings(name)
        for setting, value in expected.items():
            found = settings.get(setting)
            read = json.loads(found) if found and isinstance(value, dict) else found
            if read != (value if name == "page" else None):
                yield f"{name}: {setting} is {found}"
        if plan.has_unknown_setting(name, "OPRINA_WEB_CONFIG") != (name == "page"):
            yield f"{name}: OPRINA_WEB_CONFIG is for the page, which signs people in"


def check_time_limits(plan: Plan, code: Code) -> Iterator[str]:
    """Check that no function times out before its longest request ends.

    A turn may last `TURN` seconds, and its settlement `SETTLE` seconds more: see
    common/domain/deadlines.py.
    """
    turn = deadlines.TURN + deadlines.SETTLE
    needed = {**code.seconds, "chat": turn, "speak": turn}
    for name, values in plan.functions().items():
        (service,) = values["service_config"]
        seconds = service["timeout_seconds"]
        if seconds <= needed.get(name, 0):
            yield f"{name}: times out after {seconds} seconds, before a request ends"
        if seconds > LONGEST_SECONDS:
            yield f"{name}: Cloud Run allows no timeout of {seconds} seconds"


def check_sizes(plan: Plan, _: Code) -> Iterator[str]:
    """Check concurrency, memory, traffic, and that the runtime is the one that zips are tested on."""
    for name, values in plan.functions().items():
        (service,), (build,) = values["service_config"], values["build_config"]
        if service["max_instance_request_concurrency"] < MIN_CONCURRENCY:
            yield f"{name}: an instance serves too few requests at a time"
        min_mib = MANY_CPUS_MIB if float(service["available_cpu"]) > MANY_CPUS else MIN_MIB
        if _mib(service["available_memory"]) < min_mib:
            yield f"{name}: {service['available_memory']} is too little memory"
        if not service.get("max_instance_count"):
            yield f"{name}: has no greatest number of instances"
        if service["secret_environment_variables"] or service["secret_volumes"]:
            yield f"{name}: reads a secret at its start only, so a rotation needs a deployment"
        if not service["all_traffic_on_latest_revision"]:
            yield f"{name}: a new revision gets no traffic"
        if build["runtime"] != f"python{RUNTIME.replace('.', '')}":
            yield f"{name}: runs on {build['runtime']}, its zip is tested on {RUNTIME}"


def check_package_names(plan: Plan, _: Code) -> Iterator[str]:
    """Check that the name of a package has its hash, so that only changed functions are redeployed."""
    for each in plan.resources("google_storage_bucket_object"):
        digest = hashlib.sha256(package_content(each.key)).hexdigest()
        if digest not in each.values["name"]:
            yield f"{each.address}: the name does not depend on the content"
        if not each.values["source"].endswith(f"/{each.key}.zip"):
            yield f"{each.address}: uploads {each.values['source']}"
        if plan.functions()[each.key]["build_config"][0]["entry_point"] != each.key:
            yield f"{each.key}: main.py has no function of that name"


def _read_settings(given: dict[str, str]) -> Settings:
    """Read the environment as a deployed function does. Raises ValidationError."""
    ours = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in given.items()
        if name in SETTINGS
    }
    return Settings.model_validate({**SET_BY_GOOGLE, **ours})


def _connections_url(plan: Plan) -> str:
    """Return the address below the domain or, without one, the function's own."""
    own: str = plan.outputs["function_urls"]["connections"]
    api = plan.outputs["api_url"]
    return own if api is None else f"{api}/connections"


def _mib(memory: str) -> int:
    return int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1)


def _names(plan: Plan, type_: str, attribute: str) -> set[str]:
    return {each.values[attribute] for each in plan.resources(type_)}
