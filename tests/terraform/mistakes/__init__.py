"""All planted mistakes, by who must report them. There is one module for each module of checks."""

from tests.terraform.mistakes import (
    access,
    alerts,
    budget,
    callers,
    functions,
    metrics,
    names,
    page,
    retention,
    scheduling,
    terraform_errors,
    uptime,
)

REPORTED_BY_TERRAFORM = terraform_errors.MISTAKES
REPORTED_BY_CHECKS = [
    *access.MISTAKES,
    *alerts.MISTAKES,
    *budget.MISTAKES,
    *callers.MISTAKES,
    *functions.MISTAKES,
    *metrics.MISTAKES,
    *names.MISTAKES,
    *page.MISTAKES,
    *retention.MISTAKES,
    *scheduling.MISTAKES,
    *uptime.MISTAKES,
]
