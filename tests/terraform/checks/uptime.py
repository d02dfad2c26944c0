"""Checks of the uptime check."""

from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan

MAX_PERIOD_SECONDS = 60


def check_health_is_called_from_outside(plan: Plan, _: Code) -> Iterator[str]:
    """Check address, TLS, status and period. Cloud Run reserves `/healthz`."""
    (check,) = plan.resources("google_monitoring_uptime_check_config")
    (http,), (resource,) = check.values["http_check"], check.values["monitored_resource"]
    called = f"https://{resource['labels']['host']}{http['path']}"
    if plan.variables["only_load_balancer"]:  # Google's checkers come from the Internet
        expected = f"https://{plan.variables['domain']}/api/health"
    else:
        expected = f"{plan.outputs['function_urls']['health']}/"
    if called != expected:
        yield f"{check.address}: calls {called} instead of {expected}"
    if not (http["use_ssl"] and http["validate_ssl"]):
        yield f"{check.address}: does not verify the certificate"
    classes = [each["status_class"] for each in http["accepted_response_status_codes"]]
    if classes != ["STATUS_CLASS_2XX"]:
        yield f"{check.address}: accepts {classes}"
    if not 5 <= float(check.values["timeout"].removesuffix("s")) <= MAX_PERIOD_SECONDS:
        yield f"{check.address}: waits {check.values['timeout']}"
    if float(check.values["period"].removesuffix("s")) > MAX_PERIOD_SECONDS:
        yield f"{check.address}: calls only every {check.values['period']}"
