"""What it costs: somebody hears of it before all of it is spent."""

from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan
from tests.terraform.provider.server import PROJECT_NUMBER

MOST = 2
"""Times what was planned; 50 for fifty percent is fifty times it."""


def a_budget_is_heard_of(plan: Plan, _: Code) -> Iterator[str]:
    budgets = plan.resources("google_billing_budget")
    if not budgets:
        yield "nobody hears of what it costs"
    for each in budgets:
        shares = [rule["threshold_percent"] for rule in each.values["threshold_rules"]]
        early = [share for share in shares if 0 < share < 1]
        if not early or max(shares) > MOST or 1 not in shares:
            yield f"{each.address}: is not heard of before it is spent, and when it is: {shares}"
        (of,) = each.values["budget_filter"] or [{}]
        if of.get("projects") != [f"projects/{PROJECT_NUMBER}"]:
            yield f"{each.address}: is not of this project alone"
