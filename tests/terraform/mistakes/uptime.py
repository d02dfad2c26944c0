from tests.terraform.mistake import MONITORING, SMALL, mistake

MISTAKES = [
    mistake(
        "path that Cloud Run reserves", "check_health_is_called_from_outside", "/healthz instead of",
        (MONITORING, '"/api/${local.health_function}" : "/"', '"/api" : "/healthz"'),
    ),
    mistake(
        "uptime check of another function", "check_health_is_called_from_outside",
        "calls https://chat-",
        (MONITORING, "local.hosts[local.health_function]", "local.hosts.chat"),
    ),
    mistake(
        "uptime check past the load balancer", "check_health_is_called_from_outside",
        "instead of https://small.oprina.example.com/api/health",
        (MONITORING, "var.only_load_balancer ? var.domain : ", ""),
        (SMALL, "function_defaults", "only_load_balancer = true\nfunction_defaults"),
        alone=True,
    ),
    mistake(
        "unverified certificate", "check_health_is_called_from_outside",
        "does not verify the certificate",
        (MONITORING, "validate_ssl = true", "validate_ssl = false"),
    ),
    mistake(
        "uptime check that accepts errors", "check_health_is_called_from_outside", "accepts",
        (MONITORING, "STATUS_CLASS_2XX", "STATUS_CLASS_ANY"),
    ),
    mistake(
        "uptime check every 15 minutes", "check_health_is_called_from_outside", "calls only every 900s",
        (MONITORING, 'period       = "60s"', 'period       = "900s"'),
    ),
    mistake(
        "uptime check that no cold start passes", "check_health_is_called_from_outside", "waits 1s",
        (MONITORING, 'timeout      = "10s"', 'timeout      = "1s"'),
    ),
]  # fmt: skip
