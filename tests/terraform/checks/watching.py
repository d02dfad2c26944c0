"""From outside: that `health` is asked as somebody far away would ask."""

from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan


def health_is_asked_from_outside(plan: Plan, _: Code) -> Iterator[str]:
    """At `/`: of `/healthz` Cloud Run tells nobody, and answers it itself."""
    (check,) = plan.resources("google_monitoring_uptime_check_config")
    (http,), (resource,) = check.values["http_check"], check.values["monitored_resource"]
    asked = f"https://{resource['labels']['host']}{http['path']}"
    wanted = f"{plan.outputs['function_urls']['health']}/"
    if asked != wanted:
        yield f"{check.address}: asks {asked}, and not {wanted}"
    if not (http["use_ssl"] and http["validate_ssl"]):
        yield f"{check.address}: believes whoever answers"
    classes = [each["status_class"] for each in http["accepted_response_status_codes"]]
    if classes != ["STATUS_CLASS_2XX"]:
        yield f"{check.address}: is content with {classes}"
    if float(check.values["period"].removesuffix("s")) > 60:
        yield f"{check.address}: asks every {check.values['period']}"
