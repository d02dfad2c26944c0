"""Checks of filters in alerts and in the dashboard: their metrics and labels exist."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.terraform.facts import Code
from tests.terraform.plan import Plan, strings

METRIC = re.compile(r'metric\.type="([^"]+)"')
RESOURCE = re.compile(r'resource\.type="([^"]+)"')
LABEL = re.compile(r'(metric|resource)\.labels?\.(\w+)(?:="([^"]*)")?')
CLASSES = {f"{hundreds}xx" for hundreds in range(1, 6)}


class Metric(NamedTuple):
    """The type of the monitored resource, and the labels of the metric."""

    resource: str
    labels: frozenset[str] = frozenset()


RUN = "cloud_run_revision"
GOOGLE_METRICS = {
    "run.googleapis.com/request_count": Metric(
        RUN, frozenset({"response_code", "response_code_class"})
    ),
    "run.googleapis.com/request_latencies": Metric(
        RUN, frozenset({"response_code", "response_code_class"})
    ),
    "run.googleapis.com/container/instance_count": Metric(RUN, frozenset({"state"})),
    "run.googleapis.com/container/memory/utilizations": Metric(RUN),
    "cloudtasks.googleapis.com/queue/depth": Metric("cloud_tasks_queue"),
    "monitoring.googleapis.com/uptime_check/check_passed": Metric(
        "uptime_url", frozenset({"check_id", "checker_location"})
    ),
}
RESOURCE_LABELS = {
    RUN: {"project_id", "service_name", "revision_name", "configuration_name", "location"},
    "cloud_tasks_queue": {"project_id", "queue_id", "location", "target_type"},
    "uptime_url": {"project_id", "host"},
}


SHOWN = {
    *("live_sessions", "ceiling_avatar_seconds", "ceiling_agent_tokens", "first_speech_lag"),
    *("start_time", "requests", "sweeps", "credits_left", "last_word_to_first_sound"),
}
"""Metrics of ours that the dashboard must show."""


def check_dashboard_is_complete(plan: Plan, _: Code) -> Iterator[str]:
    (dashboard,) = plan.resources("google_monitoring_dashboard")
    filters = [*_dashboard_filters(json.loads(dashboard.values["dashboard_json"]))]
    shown = {metric.rpartition("/")[2] for _, text in filters for metric in METRIC.findall(text)}
    for name in sorted(SHOWN - shown):
        yield f"the dashboard does not show {name}"
    objectives = {each.values["slo_id"] for each in plan.resources("google_monitoring_slo")}
    (service,) = plan.resources("google_monitoring_custom_service")
    parent = f"projects/{plan.variables['project']}/services/{service.values['service_id']}"
    for chart in ("burn_rate", "budget_fraction"):
        charted = {
            text.partition('"')[2].partition('"')[0]
            for _, text in filters
            if text.startswith(f"select_slo_{chart}(")
        }
        for name in sorted(objectives):
            if f"{parent}/serviceLevelObjectives/{name}" not in charted:
                yield f"the dashboard does not show the {chart} of {name}"


def check_metrics_exist(plan: Plan, _: Code) -> Iterator[str]:
    """Check the metrics of alerts and of the dashboard."""
    for where, text in _filters(plan):
        for metric in sorted(set(METRIC.findall(text)) - _metrics(plan).keys()):
            yield f"{where}: unknown metric {metric}"


ALIGNERS = {
    *("ALIGN_DELTA", "ALIGN_RATE", "ALIGN_MEAN", "ALIGN_MAX", "ALIGN_NEXT_OLDER", "ALIGN_SUM"),
    *(f"ALIGN_PERCENTILE_{percent:02d}" for percent in (5, 50, 95, 99)),
}
REDUCERS = {
    *("REDUCE_NONE", "REDUCE_SUM", "REDUCE_MEAN", "REDUCE_MAX", "REDUCE_COUNT_FALSE"),
    *(f"REDUCE_PERCENTILE_{percent:02d}" for percent in (5, 50, 95, 99)),
}


def check_metrics_are_of_their_kind(plan: Plan, _: Code) -> Iterator[str]:
    """Check types and buckets, and the aligners of the dashboard, which Google refuses in `apply`."""
    for each in plan.resources("google_logging_metric"):
        (descriptor,) = each.values["metric_descriptor"]
        measures = bool(each.values["value_extractor"])
        expected = ("DELTA", "DISTRIBUTION" if measures else "INT64")
        if (descriptor["metric_kind"], descriptor["value_type"]) != expected:
            yield f"{each.address}: is no {' '.join(expected)}"
        for (buckets,) in (
            options["exponential_buckets"] for options in each.values["bucket_options"]
        ):
            highest = buckets["scale"] * buckets["growth_factor"] ** buckets["num_finite_buckets"]
            if buckets["scale"] > 1 or highest < 1:
                yield f"{each.address}: the buckets are from {buckets['scale']} to {highest}"
    (dashboard,) = plan.resources("google_monitoring_dashboard")
    for path, text in strings(json.loads(dashboard.values["dashboard_json"])):
        known = ALIGNERS if path.endswith("Aligner") else REDUCERS
        if path.endswith(("Aligner", "Reducer")) and text not in known:
            yield f"the dashboard{path}: {text} is unknown"


def check_filters_match_metrics(plan: Plan, _: Code) -> Iterator[str]:
    """Check resource types, labels and values. A filter with a wrong one matches nothing."""
    for where, text in _filters(plan):
        metric = _metrics(plan).get("".join(METRIC.findall(text)))
        if metric is None:
            continue
        if RESOURCE.findall(text) != [metric.resource]:
            yield f"{where}: the metric belongs to {metric.resource}, the filter names another: {text}"
        yield from (f"{where}: {problem}" for problem in _label_problems(text, metric))
    (queue,) = plan.resources("google_cloud_tasks_queue")
    known = {"response_code_class": CLASSES, "queue_id": {queue.values["name"]}}
    for where, text in _filters(plan):
        for _kind, label, value in LABEL.findall(text):
            if value and value not in known.get(label, {value}):
                yield f"{where}: {label} never has the value {value}"


def check_requests_are_ours(plan: Plan, _: Code) -> Iterator[str]:
    """Check that an alert on requests counts those of our functions, not of other services."""
    services = sorted(values["name"] for values in plan.functions().values())
    for where, text in _filters(plan):
        named = sorted(re.findall(r'"([^"]+)"', text.partition("service_name=")[2].split(")")[0]))
        if where != "the dashboard" and "/request_count" in text and named != services:
            yield f"{where}: counts requests of other services"


def _label_problems(text: str, metric: Metric) -> Iterator[str]:
    known = {"metric": metric.labels, "resource": RESOURCE_LABELS[metric.resource]}
    for kind, label, _value in LABEL.findall(text):
        if label not in known[kind]:
            yield f"unknown {kind} label {label}"


def _metrics(plan: Plan) -> dict[str, Metric]:
    log_metrics = {
        f"logging.googleapis.com/user/{each.values['name']}": Metric(RUN, _labels(each.values))
        for each in plan.resources("google_logging_metric")
    }
    return {**GOOGLE_METRICS, **log_metrics}


def _labels(values: object) -> frozenset[str]:
    extracted = values["label_extractors"] if isinstance(values, dict) else None
    return frozenset(extracted or {})


def _filters(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield each filter with its place. A filter of the dashboard includes its `groupByFields`."""
    for each in plan.resources("google_monitoring_alert_policy"):
        for _path, text in strings(each.values):
            if METRIC.search(text):
                yield each.address, text
    (dashboard,) = plan.resources("google_monitoring_dashboard")
    yield from _dashboard_filters(json.loads(dashboard.values["dashboard_json"]))


def _dashboard_filters(node: object) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict) and "filter" in node:
        grouped = node.get("aggregation", {}).get("groupByFields", [])
        yield "the dashboard", " ".join([node["filter"], *grouped])
    elif isinstance(node, dict):
        for inner in node.values():
            yield from _dashboard_filters(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _dashboard_filters(inner)
