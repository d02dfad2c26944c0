"""Functions: deployed with what their code needs in order to start, and for as long as it takes."""

import hashlib
import re
from collections.abc import Iterator

from pydantic import ValidationError

from common.conversations.chat import CHARACTERS_A_SECOND, MARGIN_SECONDS
from common.settings import LOCAL_SWITCHES, Settings
from tests.terraform.facts import Code
from tests.terraform.plan import Plan
from tests.terraform.provider.schema import ROOT

PREFIX = "OPRINA_"
SETTINGS = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
FROM_GOOGLE = {"deployed_as": "a-service"}
AT_ONCE = 10
LEAST_MIB, MOST_CPUS = 256, 2
"""What is loaded takes 80 MiB, and each stream its own; from four CPUs on Cloud Run wants two
GiB."""
RUNTIME = re.findall(r"(?m)^RUNTIME \?= python([\d.]+)$", (ROOT / "Makefile").read_text())[0]
LONGEST_SECONDS = 3600


def every_function_is_deployed_and_no_other(plan: Plan, code: Code) -> Iterator[str]:
    deployed = set(plan.functions())
    for name in sorted(set(code.functions) - deployed):
        yield f"{name}: is in functions/ and not deployed"
    for name in sorted(deployed - set(code.functions)):
        yield f"{name}: is deployed and not in functions/"


def settings_are_those_of_the_code(plan: Plan, _: Code) -> Iterator[str]:
    """And each function starts with them."""
    for name in plan.functions():
        given = plan.settings(name)
        for setting in sorted(given.keys() - SETTINGS - {"LOG_EXECUTION_ID"}):
            yield f"{name}: common/settings.py knows no {setting}"
        for setting in sorted(given.keys() & set(LOCAL_SWITCHES.values())):
            yield f"{name}: {setting} is for a local stack"
        if given.get("LOG_EXECUTION_ID") != "false":
            yield f"{name}: LOG_EXECUTION_ID is not false, so Google sets it to true"
        try:
            started(given)
        except ValidationError as error:
            yield f"{name}: does not start: {'; '.join(each['msg'] for each in error.errors())}"


def settings_name_what_is_there(plan: Plan, _: Code) -> Iterator[str]:
    named = {
        "OPRINA_DATABASE": _names(plan, "google_firestore_database", "name"),
        "OPRINA_TASKS_QUEUE": _names(plan, "google_cloud_tasks_queue", "name"),
        "OPRINA_LIVEAVATAR_SECRET": _names(plan, "google_secret_manager_secret", "secret_id"),
        "OPRINA_TASKS_ACCOUNT": _names(plan, "google_service_account", "email"),
        "OPRINA_LOCATION": _names(plan, "google_cloud_tasks_queue", "location"),
    }
    for name in plan.functions():
        settings = plan.settings(name)
        for setting, there in named.items():
            if settings.get(setting) not in there:
                yield f"{name}: {setting} names {settings.get(setting)}, which is not there"
        if plan.outputs["page_url"] not in settings["OPRINA_ALLOWED_ORIGINS"].split(","):
            yield f"{name}: the page may not call it"


def functions_outlast_their_work(plan: Plan, code: Code) -> Iterator[str]:
    longest = dict(code.seconds)
    for name, values in plan.functions().items():
        (service,) = values["service_config"]
        settings = started(plan.settings(name))
        talk = settings.turn_seconds + settings.turn_characters / CHARACTERS_A_SECOND
        longest |= {"chat": talk + MARGIN_SECONDS, "speak": talk}
        if service["timeout_seconds"] < longest.get(name, 0):
            yield f"{name}: is cut off after {service['timeout_seconds']} seconds, in mid-work"
        if service["timeout_seconds"] > LONGEST_SECONDS:
            yield f"{name}: no function may take {service['timeout_seconds']} seconds"
        if service["min_instance_count"] > service["max_instance_count"]:
            yield f"{name}: more instances at least than at most"


def functions_serve_many(plan: Plan, _: Code) -> Iterator[str]:
    """All callers at the newest revision, many in an instance, on the Python that zips are tried
    on."""
    for name, values in plan.functions().items():
        (service,), (build,) = values["service_config"], values["build_config"]
        if service["max_instance_request_concurrency"] < AT_ONCE:
            yield f"{name}: an instance, and its price, for few callers"
        least = 2048 if float(service["available_cpu"]) > MOST_CPUS else LEAST_MIB
        if _mib(service["available_memory"]) < least:
            yield f"{name}: {service['available_memory']} is too little for what it loads"
        if not service["all_traffic_on_latest_revision"]:
            yield f"{name}: what is deployed serves nobody"
        if build["runtime"] != f"python{RUNTIME.replace('.', '')}":
            yield f"{name}: runs on {build['runtime']}, and its zip was tried on {RUNTIME}"


def packages_carry_their_hash(plan: Plan, _: Code) -> Iterator[str]:
    """So that what changed is deployed again, and nothing else."""
    for each in plan.resources("google_storage_bucket_object"):
        digest = hashlib.sha256(f"the package of {each.key}".encode()).hexdigest()
        if digest not in each.values["name"]:
            yield f"{each.address}: the same name for every content"
        if plan.functions()[each.key]["build_config"][0]["entry_point"] != each.key:
            yield f"{each.key}: main.py has no function of that name"


def started(given: dict[str, str]) -> Settings:
    """As a deployed function reads them."""
    ours = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in given.items()
        if name in SETTINGS
    }
    return Settings.model_validate({**FROM_GOOGLE, **ours})


def _mib(memory: str) -> int:
    return int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1)


def _names(plan: Plan, type_: str, attribute: str) -> set[str]:
    return {each.values[attribute] for each in plan.resources(type_)}
