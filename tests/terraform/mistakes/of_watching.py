from tests.terraform.planting import MONITORING, mistake

MISTAKES = [
    mistake(
        "a path that Cloud Run keeps for itself", "health_is_asked_from_outside", "/healthz, and not",
        (MONITORING, 'path         = "/"', 'path         = "/healthz"'),
    ),
    mistake(
        "another function that is asked for health", "health_is_asked_from_outside",
        "asks https://chat-",
        (MONITORING, "local.hosts.health", "local.hosts.chat"),
    ),
    mistake(
        "a certificate that nobody looks at", "health_is_asked_from_outside",
        "believes whoever answers",
        (MONITORING, "validate_ssl = true", "validate_ssl = false"),
    ),
    mistake(
        "any answer for a good one", "health_is_asked_from_outside", "is content with",
        (MONITORING, "STATUS_CLASS_2XX", "STATUS_CLASS_ANY"),
    ),
    mistake(
        "a question each quarter of an hour", "health_is_asked_from_outside", "asks every 900s",
        (MONITORING, 'period       = "60s"', 'period       = "900s"'),
    ),
]  # fmt: skip
