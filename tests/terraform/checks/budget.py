"""Checks of the budget."""

from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan
from tests.terraform.provider.server import PROJECT_NUMBER

MAX_THRESHOLD = 2
"""Thresholds are ratios: 50 would be fifty times the budget, not fifty percent."""


def check_budget_warns_early(plan: Plan, _: Code) -> Iterator[str]:
    """Check that the budget of this project warns before it is spent and when it is spent."""
    budgets = plan.resources("google_billing_budget")
    if not budgets:
        yield "there is no budget"
    for each in budgets:
        thresholds = [rule["threshold_percent"] for rule in each.values["threshold_rules"]]
        early = [threshold for threshold in thresholds if 0 < threshold < 1]
        if not early or max(thresholds) > MAX_THRESHOLD or 1 not in thresholds:
            yield f"{each.address}: the thresholds must be below 1, and 1: {thresholds}"
        if any(rule["disable_default_iam_recipients"] for rule in each.values["all_updates_rule"]):
            yield f"{each.address}: does not tell the administrators of the billing account"
        (budget_filter,) = each.values["budget_filter"] or [{}]
        if budget_filter.get("projects") != [f"projects/{PROJECT_NUMBER}"]:
            yield f"{each.address}: counts costs of other projects"
        (amount,) = each.values["amount"][0]["specified_amount"]
        given = plan.variables["budget"]
        found = {"amount": int(amount["units"]), "currency": amount["currency_code"]}
        if found != {"currency": "USD", **given}:
            yield f"{each.address}: is {found} instead of {given}"
        if budget_filter.get("calendar_period") != "MONTH":
            yield f"{each.address}: is not for a month"
