"""Checks of the order of an `apply`: Google needs time until an API and a role apply everywhere."""

from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan

APIS, ROLES = "time_sleep.apis", "time_sleep.build_roles"
PAUSES = {APIS: 60, ROLES: 120}
"""The least seconds of each pause. ADR 12 has the source."""
BEFORE_APIS = {"google_project_service.this", "data.google_project.this"}
BY_LOCALS = {f"google_monitoring_alert_policy.{name}" for name in ("threshold", "burn")}
"""Resources that wait for a metric through a local value, which a plan does not show."""
FUNCTION = "google_cloudfunctions2_function.this"
INVOKERS = "google_cloud_run_v2_service_iam_member.caller"
CALLERS = ("google_cloud_scheduler_job.sweep", "google_monitoring_uptime_check_config.health")


def check_apis_are_waited_for(plan: Plan, _: Code) -> Iterator[str]:
    """Check that each resource waits until its API answers."""
    waits = plan.dependencies()
    if "google_project_service.this" not in waits[APIS]:
        yield f"{APIS}: waits for no API"
    for address in sorted(waits.keys() - BEFORE_APIS - BY_LOCALS):
        if address.startswith("google_") and APIS not in waits[address]:
            yield f"{address}: does not wait for its API"


def check_roles_are_waited_for(plan: Plan, _: Code) -> Iterator[str]:
    """Check that nothing is built or called before the account may do so."""
    waits = plan.dependencies()
    for pause, least in PAUSES.items():
        seconds = float(plan.one(pause)["create_duration"].removesuffix("s"))
        if seconds < least:
            yield f"{pause}: waits for {seconds} seconds only"
    if ROLES not in waits[FUNCTION]:
        yield f"{FUNCTION}: is built before the account that builds has its roles"
    for role in sorted(each for each in waits if each.endswith("_iam_member.build")):
        if role not in waits[ROLES]:
            yield f"{ROLES}: does not wait for {role}"
    for caller in CALLERS:
        if INVOKERS not in waits[caller]:
            yield f"{caller}: calls before it is allowed to"
