"""Checks of alerts: each one is on, explains itself, and watches the metric of its name."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.terraform.facts import Code
from tests.terraform.plan import Plan, Values

ABOVE, BELOW, RATIO_ABOVE = "COMPARISON_GT", "COMPARISON_LT", "COMPARISON_GT ratio"
SUM, PERCENTILE_95 = "REDUCE_SUM", "REDUCE_PERCENTILE_95"
MIN_GOAL = 0.9
LONGEST_DELAY = 600
"""Seconds that a condition may last before its alert fires. The runbook says ten minutes."""


MINUTE = 60
BURN = re.compile(r'select_slo_burn_rate\("google_monitoring_slo/([a-z-]+)", "(\d+)s"\)')
WINDOW_SECONDS = {3600, 300}
BURN_RATE = 14.4
"""Two percent of a budget of 28 days in an hour: Google's SRE workbook, chapter 5."""
MONTH_DAYS = 28


class Indicator(NamedTuple):
    """The ends of an objective's metrics, and the highest good value of a distribution."""

    good: str = ""
    bad: str = ""
    total: str = ""
    measured: str = ""
    at_most: float | None = None


OBJECTIVES = {
    "starts": Indicator("/starts", "/failed_starts"),
    "first_speech": Indicator(measured="/first_speech_lag", at_most=2),
    "orphans": Indicator(bad="/sweeps_with_orphans", total="/sweeps_ended"),
}


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
    """Check that each alert exists, is on, and says what to do."""
    for key in sorted((ALERTS.keys() | {"sweep"}) - plan.outputs["alerts"].keys()):
        yield f"no alert for {key}"
    for each in plan.resources("google_monitoring_alert_policy"):
        advice = "".join(part["content"] for part in each.values["documentation"])
        if "First" not in advice or "http" in advice:
            yield f"{each.address}: the text must say what to do first, without links"
        if not each.values["display_name"].startswith("Oprina: "):
            yield f"{each.address}: the name does not begin with Oprina"
        if each.values.get("enabled") is False:
            yield f"{each.address}: is off"


def check_alerts_reach_an_operator(plan: Plan, _: Code) -> Iterator[str]:
    """Check the channels, and that each alert links to its section of the runbook."""
    for each in plan.resources("google_monitoring_alert_policy"):
        links = [link["url"] for part in each.values["documentation"] for link in part["links"]]
        if links != [_section(plan, each.values["display_name"])]:
            yield f"{each.address}: has no link to its section of the runbook"
    channels = plan.references("google_monitoring_alert_policy", "notification_channels")
    for address in sorted(address for address, references in channels.items() if not references):
        yield f"{address}: has no notification channel"
    if not plan.resources("google_monitoring_notification_channel"):
        yield "there is no notification channel"


def _section(plan: Plan, name: str) -> str:
    """Return the address of a section, as GitHub makes it of the heading."""
    anchor = re.sub(r"[^a-z0-9 -]", "", name.lower()).replace(" ", "-")
    return f"{plan.variables['runbook']}#{anchor}"


def check_alerts_match_their_names(plan: Plan, _: Code) -> Iterator[str]:
    sweep = plan.one("google_monitoring_alert_policy.sweep")
    kinds = sorted(bool(condition["condition_absent"]) for condition in sweep["conditions"])
    if kinds != [False, True] or sweep["combiner"] != "OR":
        yield "the sweep's alert does not fire both without data and at zero"
    for condition in sweep["conditions"]:
        for values in (*condition["condition_threshold"], *condition["condition_absent"]):
            if not _trigger(values).metric.endswith("/sweeps"):
                yield f"the sweep's alert watches {_trigger(values).metric}"
    for each in plan.resources("google_monitoring_alert_policy"):
        if each.address.startswith("google_monitoring_alert_policy.burn"):
            continue
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
        if each.values["rolling_period_days"] != MONTH_DAYS:
            yield f"{each.address}: is not over {MONTH_DAYS} days"
        policy = burns.get(each.key, {"combiner": "", "conditions": []})
        thresholds = [one for c in policy["conditions"] for one in c["condition_threshold"]]
        watched = [BURN.fullmatch(one["filter"]) for one in thresholds]
        windows = {int(m[2]) for m in watched if m and m[1] == each.key.replace("_", "-")}
        if policy["combiner"] != "AND" or windows != WINDOW_SECONDS:
            yield f"{each.address}: no alert watches it over an hour and over five minutes"
        if any(one["threshold_value"] != BURN_RATE for one in thresholds):
            yield f"{each.address}: its alert comes at another rate than {BURN_RATE}"


def check_objectives_match_their_names(plan: Plan, _: Code) -> Iterator[str]:
    for each in plan.resources("google_monitoring_slo"):
        (sli,) = each.values["request_based_sli"]
        found = Indicator()
        for ratio in sli["good_total_ratio"]:
            kinds = ("good_service_filter", "bad_service_filter", "total_service_filter")
            good, bad, total = (_metric(ratio[kind]) for kind in kinds)
            found = Indicator(good, bad, total)
        for cut in sli["distribution_cut"]:
            (reach,) = cut["range"]
            measured = _metric(cut["distribution_filter"])
            found = Indicator(measured=measured, at_most=reach["max"])
        if found != OBJECTIVES.get(each.key):
            yield f"{each.address}: counts {found}"


def _metric(text: str | None) -> str:
    """Return the end of the metric's name in a filter, from its last slash on."""
    name = (text or "").partition('metric.type="')[2].partition('"')[0].rpartition("/")[2]
    return name and f"/{name}"


def _problems(key: str, condition: Values) -> Iterator[str]:
    for values in (*condition["condition_threshold"], *condition["condition_absent"]):
        expected, trigger = ALERTS.get(key), _trigger(values)
        periods = [values["duration"], *(a["alignment_period"] for a in values["aggregations"])]
        if any(_seconds(each) % MINUTE for each in periods):
            yield f"Google takes whole minutes only: {periods}"
        if _seconds(values["duration"]) > LONGEST_DELAY:
            yield f"fires only after {values['duration']}"
        whole = values.get("denominator_filter")
        if whole and not values["filter"].startswith(f"{whole} AND "):
            yield f"compares with requests that are not the same ones: {whole}"
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
