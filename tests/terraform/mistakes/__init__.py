"""All planted mistakes, by who must report them. There is one module for each module of checks."""

from tests.terraform.mistakes import (
    access,
    alerts,
    budget,
    callers,
    firewall,
    functions,
    identity,
    load_balancer,
    metrics,
    names,
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
    *firewall.MISTAKES,
    *functions.MISTAKES,
    *identity.MISTAKES,
    *metrics.MISTAKES,
    *names.MISTAKES,
    *load_balancer.MISTAKES,
    *retention.MISTAKES,
    *scheduling.MISTAKES,
    *uptime.MISTAKES,
]
