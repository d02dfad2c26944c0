"""Checks of alerts: each one is on, explains itself, and watches the metric of its name."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.terraform.facts import Code
from tests.terraform.plan import Plan, Values

ABOVE, BELOW, RATIO_ABOVE = "COMPARISON_GT", "COMPARISON_LT", "COMPARISON_GT ratio"
SUM, PERCENTILE_95 = "REDUCE_SUM", "REDUCE_PERCENTILE_95"
MIN_GOAL, WINDOWS = 0.9, 2
LONGEST_DELAY = 600
"""Seconds that a condition may last before its alert fires. The runbook says ten minutes."""


class Trigger(NamedTuple):
    """The end of a metric's name, the comparison with the threshold, and the reducer."""

    metric: str
    comparison: str
    reducer: str


ALERTS = {
    "error_ratio": Trigger("/request_count", RATIO_ABOVE, SUM),
    "first_speech_lag": Trigger("/first_speech_lag", ABOVE, PERCENTILE_95),
    "start_time": Trigger("/start_time", ABOVE, PERCENTILE_95),
    "orphans": Trigger("/sweeps_with_orphans", ABOVE, SUM),
    "failed_stops": Trigger("/sweeps_with_failures", ABOVE, SUM),
    "quota_refusals": Trigger("/quota_refusals", ABOVE, SUM),
    "queue_depth": Trigger("/queue/depth", ABOVE, SUM),
    "ceilings": Trigger("/ceiling_most", ABOVE, "REDUCE_MEAN"),
    "credits": Trigger("/credits_left", BELOW, "REDUCE_MEAN"),
    "health": Trigger("/check_passed", ABOVE, "REDUCE_COUNT_FALSE"),
}
"""Expected trigger of each alert. The alert `sweep`, which fires without data, is not in this table."""


def check_alerts_are_complete(plan: Plan, _: Code) -> Iterator[str]:
    for key in sorted((ALERTS.keys() | {"sweep"}) - plan.outputs["alerts"].keys()):
        yield f"no alert for {key}"
    for each in plan.resources("google_monitoring_alert_policy"):
        advice = "".join(part["content"] for part in each.values["documentation"])
        if "First" not in advice or "http" in advice:
            yield f"{each.address}: the text must say what to do first, without links"
        if not any(part["links"] for part in each.values["documentation"]):
            yield f"{each.address}: has no link to the runbook"
        if not each.values["display_name"].startswith("Oprina: "):
            yield f"{each.address}: the name does not begin with Oprina"
        if each.values.get("enabled") is False:
            yield f"{each.address}: is off"
    channels = plan.references("google_monitoring_alert_policy", "notification_channels")
    for address in sorted(address for address, references in channels.items() if not references):
        yield f"{address}: has no notification channel"
    if not plan.resources("google_monitoring_notification_channel"):
        yield "there is no notification channel"


def check_alerts_match_their_names(plan: Plan, _: Code) -> Iterator[str]:
    for each in plan.resources("google_monitoring_alert_policy"):
        if each.address.startswith("google_monitoring_alert_policy.burn"):
            continue  # the filter names an objective, which no plan knows
        for condition in each.values["conditions"]:
            for problem in _problems(each.key, condition):
                yield f"{each.address}: {problem}"


def check_objectives_are_watched(plan: Plan, _: Code) -> Iterator[str]:
    """Check that each objective can be missed at all, and that two windows watch it."""
    burns = {
        each.key: each.values
        for each in plan.resources("google_monitoring_alert_policy")
        if each.address.startswith("google_monitoring_alert_policy.burn")
    }
    for each in plan.resources("google_monitoring_slo"):
        if not MIN_GOAL <= each.values["goal"] < 1:
            yield f"{each.address}: the goal {each.values['goal']} cannot be missed, or always is"
        policy = burns.get(each.key)
        if policy is None or policy["combiner"] != "AND" or len(policy["conditions"]) != WINDOWS:
            yield f"{each.address}: no alert watches it over an hour and over five minutes"


def _problems(key: str, condition: Values) -> Iterator[str]:
    for values in (*condition["condition_threshold"], *condition["condition_absent"]):
        expected, trigger = ALERTS.get(key), _trigger(values)
        if _seconds(values["duration"]) > LONGEST_DELAY:
            yield f"fires only after {values['duration']}"
        if expected and not (
            trigger.metric.endswith(expected.metric) and trigger[1:] == expected[1:]
        ):
            yield f"fires on {trigger}, expected {expected}"


def _trigger(values: Values) -> Trigger:
    """Return the trigger of a condition. The filter of `health` has an id that no plan knows."""
    (aggregation,) = values["aggregations"]
    text = values.get("filter", f'metric.type="{ALERTS["health"].metric}"')
    metric = text.partition('metric.type="')[2].partition('"')[0]
    ratio = " ratio" if values.get("denominator_filter") else ""
    comparison = values.get("comparison", "") + ratio
    return Trigger(metric, comparison, aggregation["cross_series_reducer"])


def _seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))
