from tests.terraform.mistake import FIREWALL, mistake

MISTAKES = [
    mistake(
        "one limit for all addresses together", "check_requests_are_limited",
        "does not limit the requests of one address",
        (FIREWALL, 'enforce_on_key = "IP"', 'enforce_on_key = "ALL"'),
    ),
    mistake(
        "limit in preview", "check_requests_are_limited",
        "does not limit the requests of one address",
        (FIREWALL, '    action      = "throttle"',
         '    preview     = true\n    action      = "throttle"'),
    ),
    mistake(
        "firewall that refuses everything", "check_requests_are_limited",
        "refuses what no rule names",
        (FIREWALL, '    action      = "allow"', '    action      = "deny(403)"'),
    ),
    mistake(
        "JSON bodies read as one string", "check_requests_are_limited",
        "reads a JSON body as one string",
        (FIREWALL, '"STANDARD"', '"DISABLED"'),
    ),
    mistake(
        "rule that reads messages", "check_bodies", "sqli reads what people write",
        (FIREWALL, 'free_text   = ["scannerdetection-v33-stable"]',
         'free_text   = ["scannerdetection-v33-stable", "sqli-v33-stable"]'),
    ),
    mistake(
        "new rule that blocks at once", "check_bodies", "xss blocks, and was not in preview",
        (FIREWALL, "preview     = !contains(var.enforced_rules, rule.value)", "preview     = false"),
    ),
]  # fmt: skip
