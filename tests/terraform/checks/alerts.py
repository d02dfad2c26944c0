"""Alerts that somebody hears and understands, on metrics that there are."""

import json
import re
from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan, strings

ALERTS = {
    "error_ratio", "first_speech_lag", "start_time", "orphans", "failed_stops", "quota_refusals",
    "queue_depth", "sweep", "credits", "health",
}  # fmt: skip
METRIC = re.compile(r'metric\.type="([^"]+)"')
OF_GOOGLE = {
    "run.googleapis.com/request_count",
    "run.googleapis.com/request_latencies",
    "run.googleapis.com/container/instance_count",
    "run.googleapis.com/container/memory/utilizations",
    "cloudtasks.googleapis.com/queue/depth",
    "monitoring.googleapis.com/uptime_check/check_passed",
}


def alerts_are_complete(plan: Plan, _: Code) -> Iterator[str]:
    for key in sorted(ALERTS - plan.outputs["alerts"].keys()):
        yield f"nobody is called for {key}"
    for each in plan.resources("google_monitoring_alert_policy"):
        says = "".join(part["content"] for part in each.values["documentation"])
        if "First" not in says or "http" in says:
            yield f"{each.address}: does not say what to do first, in words"
        if not each.values["display_name"].startswith("Oprina: "):
            yield f"{each.address}: nobody knows whose it is"
    channels = plan.references("google_monitoring_alert_policy", "notification_channels")
    for address in sorted(address for address, made_of in channels.items() if not made_of):
        yield f"{address}: nobody hears of it"
    if not plan.resources("google_monitoring_notification_channel"):
        yield "nobody hears of any alert"
    if not plan.resources("google_billing_budget"):
        yield "nobody hears of what it costs"


def metrics_exist(plan: Plan, _: Code) -> Iterator[str]:
    """Those of alerts and of the dashboard."""
    logged = plan.resources("google_logging_metric")
    there = OF_GOOGLE | {f"logging.googleapis.com/user/{each.values['name']}" for each in logged}
    for each in plan.resources("google_monitoring_alert_policy"):
        for _path, text in strings(each.values):
            for metric in set(METRIC.findall(text)) - there:
                yield f"{each.address}: there is no metric {metric}"
    (dashboard,) = plan.resources("google_monitoring_dashboard")
    for _path, text in strings(json.loads(dashboard.values["dashboard_json"])):
        for metric in set(METRIC.findall(text)) - there:
            yield f"the dashboard: there is no metric {metric}"
