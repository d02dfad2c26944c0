"""Mistakes that somebody could make, each with who must see it and what is said then: those that
terraform sees, and beside each module of checks those that it sees."""

from tests.terraform.mistakes import (
    of_access,
    of_alerts,
    of_callers,
    of_functions,
    of_keeping,
    of_metrics,
    of_names,
    of_page,
    of_spending,
    of_timing,
    of_watching,
    seen_by_terraform,
)

SEEN_BY_TERRAFORM = seen_by_terraform.MISTAKES
SEEN_BY_CHECKS = [
    *of_access.MISTAKES,
    *of_alerts.MISTAKES,
    *of_callers.MISTAKES,
    *of_functions.MISTAKES,
    *of_keeping.MISTAKES,
    *of_metrics.MISTAKES,
    *of_names.MISTAKES,
    *of_page.MISTAKES,
    *of_spending.MISTAKES,
    *of_timing.MISTAKES,
    *of_watching.MISTAKES,
]
