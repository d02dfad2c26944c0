from tests.terraform.mistake import FIREWALL, FUNCTIONS, LOAD_BALANCER, mistake

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
    mistake(
        "chat behind rules that read bodies", "check_words_pass",
        "chat: the firewall reads what people write",
        (FUNCTIONS, """    chat = {
      callers   = "users"
      free_text = true
""", """    chat = {
      callers   = "users"
"""),
    ),
    mistake(
        "policies exchanged", "check_words_pass", "speak: the firewall reads what people write",
        (LOAD_BALANCER, '? "free_text" : "identifiers"', '? "identifiers" : "free_text"'),
    ),
    mistake(
        "no rules for any function", "check_words_pass", "could read its requests, and does not",
        (FUNCTIONS, "    free_text     = false", "    free_text     = true"),
    ),
    mistake(
        "limit over ten seconds", "check_limits", "requests in 10 seconds",
        (FIREWALL, "interval_sec = 60", "interval_sec = 10"),
    ),
    mistake(
        "client that does not learn that it is too fast", "check_limits",
        "does not learn that it is too fast",
        (FIREWALL, '"deny(429)"', '"deny(403)"'),
    ),
    mistake(
        "limit for one network", "check_limits", "limits some addresses only",
        (FIREWALL, 'src_ip_ranges = ["*"]', 'src_ip_ranges = ["10.0.0.0/8"]'),
    ),
]  # fmt: skip
