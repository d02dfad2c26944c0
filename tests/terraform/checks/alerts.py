"""Alerts that somebody hears and understands, each of what it is named for."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.terraform.facts import Code
from tests.terraform.plan import Plan, Values

ABOVE, BELOW, SHARE = "COMPARISON_GT", "COMPARISON_LT", "COMPARISON_GT of"
SUM, SLOWEST = "REDUCE_SUM", "REDUCE_PERCENTILE_95"
SOON = 600
"""Seconds after which somebody is called, at the latest; issue and runbook say ten minutes."""


class Rings(NamedTuple):
    metric: str
    when: str
    of: str


ALERTS = {
    "error_ratio": Rings("/request_count", SHARE, SUM),
    "first_speech_lag": Rings("/first_speech_lag", ABOVE, SLOWEST),
    "start_time": Rings("/start_time", ABOVE, SLOWEST),
    "orphans": Rings("/sweeps_with_orphans", ABOVE, SUM),
    "failed_stops": Rings("/sweeps_with_failures", ABOVE, SUM),
    "quota_refusals": Rings("/quota_refusals", ABOVE, SUM),
    "queue_depth": Rings("/queue/depth", ABOVE, SUM),
    "credits": Rings("/credits_left", BELOW, "REDUCE_MEAN"),
    "health": Rings("/check_passed", ABOVE, "REDUCE_COUNT_FALSE"),
}
"""And `sweep`, which rings where there is nothing."""


def alerts_are_complete(plan: Plan, _: Code) -> Iterator[str]:
    for key in sorted((ALERTS.keys() | {"sweep"}) - plan.outputs["alerts"].keys()):
        yield f"nobody is called for {key}"
    for each in plan.resources("google_monitoring_alert_policy"):
        says = "".join(part["content"] for part in each.values["documentation"])
        if "First" not in says or "http" in says:
            yield f"{each.address}: does not say what to do first, in words"
        if not each.values["display_name"].startswith("Oprina: "):
            yield f"{each.address}: nobody knows whose it is"
        if each.values.get("enabled") is False:
            yield f"{each.address}: is turned off"
    channels = plan.references("google_monitoring_alert_policy", "notification_channels")
    for address in sorted(address for address, made_of in channels.items() if not made_of):
        yield f"{address}: nobody hears of it"
    if not plan.resources("google_monitoring_notification_channel"):
        yield "nobody hears of any alert"


def alerts_ring_for_what_they_are_named_for(plan: Plan, _: Code) -> Iterator[str]:
    for each in plan.resources("google_monitoring_alert_policy"):
        for condition in each.values["conditions"]:
            for wrong in _wrong(each.key, condition):
                yield f"{each.address}: {wrong}"


def _wrong(key: str, condition: Values) -> Iterator[str]:
    for given in (*condition["condition_threshold"], *condition["condition_absent"]):
        wanted, rings = ALERTS.get(key), _rings(given)
        if _seconds(given["duration"]) > SOON:
            yield f"is not heard of before {given['duration']} are over"
        if wanted and not (rings.metric.endswith(wanted.metric) and rings[1:] == wanted[1:]):
            yield f"rings for {rings}, and is named for {wanted}"


def _rings(given: Values) -> Rings:
    """The filter of `health` has an id that Google gives, so that it is not known."""
    (together,) = given["aggregations"]
    text = given.get("filter", f'metric.type="{ALERTS["health"].metric}"')
    metric = text.partition('metric.type="')[2].partition('"')[0]
    share = " of" if given.get("denominator_filter") else ""
    return Rings(metric, given.get("comparison", "") + share, together["cross_series_reducer"])


def _seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))
