from tests.terraform.mistake import (
    ACCOUNTS,
    EXPIRY,
    FIRESTORE,
    FUNCTIONS,
    LOAD_BALANCER,
    MANIFEST,
    SMALL,
    VARIABLES,
    mistake,
)

MISTAKES = [
    mistake(
        "unformatted file", "fmt", "accounts.tf",
        (ACCOUNTS, "  account_id   =", "  account_id ="),
    ),
    mistake(
        "misspelt resource type", "validate", "Invalid resource type",
        (EXPIRY, '"google_cloud_tasks_queue"', '"google_cloud_task_queue"'),
    ),
    mistake(
        "misspelt argument", "validate", "Unsupported argument",
        (EXPIRY, "max_doublings ", "max_doubling "),
    ),
    mistake(
        "misspelt block", "validate", "Unsupported block type",
        (EXPIRY, "rate_limits {", "rate_limit {"),
    ),
    mistake(
        "missing argument", "validate", "Missing required argument",
        (ACCOUNTS, '  account_id   = "functions-build"\n', ""),
    ),
    mistake(
        "duplicate block", "validate", "Too many oidc_token blocks",
        (EXPIRY, "    oidc_token {",
         '    oidc_token {\n      service_account_email = "a"\n    }\n    oidc_token {'),
    ),
    mistake(
        "undeclared variable", "validate", "Reference to undeclared input variable",
        (EXPIRY, "var.queue_rate", "var.queue_rat"),
    ),
    mistake(
        "undeclared resource", "validate", "Reference to undeclared resource",
        (FIRESTORE, "google_firestore_database.this.name", "google_firestore_database.that.name"),
    ),
    mistake(
        "value that only Google sets", "validate", "Can't configure a value for self_link",
        (LOAD_BALANCER, '  name       = "oprina"\n', '  name       = "oprina"\n  self_link  = "x"\n'),
    ),
    mistake(
        "unknown option", "validate", "expected profile to be one of",
        (LOAD_BALANCER, '"MODERN"', '"MODERNEST"'),
    ),
    mistake(
        "text instead of a number", "validate", "a number is required",
        (EXPIRY, "max_concurrent_dispatches = 100", 'max_concurrent_dispatches = "many"'),
    ),
    mistake(
        "unknown option of a function", "plan",
        "expected ingress_settings to be one of",
        (FUNCTIONS, "ALLOW_INTERNAL_ONLY", "ALLOW_INSIDE_ONLY"),
    ),
    mistake(
        "unknown field of a map", "plan", "Unsupported attribute",
        (FUNCTIONS, "each.value.max_instances", "each.value.most_instances"),
    ),
    mistake(
        "half a CPU for concurrent requests", "plan", "less than one CPU serves one request",
        (SMALL, "max_instances = 3 }", "max_instances = 3, cpu = 0.5 }"),
    ),
    mistake(
        "project number instead of its id", "plan", "not its number or its name",
        (SMALL, '"oprina-small"', '"123456789012"'),
    ),
    mistake(
        "domain with a scheme", "plan", "without https:// and without a path",
        (SMALL, '"small.oprina', '"https://small.oprina'),
    ),
    mistake(
        "no request reaches a function", "plan", "no request would reach a function",
        (SMALL, 'domain          = "small.oprina.example.com"', "only_load_balancer = true"),
    ),
    mistake(
        "unknown way of public access", "plan", "Set public_access to all_users or",
        (SMALL, "function_defaults", 'public_access = "everyone"\nfunction_defaults'),
    ),
    mistake(
        "firewall that admits one request", "plan", "a page that talks sends about 10",
        (SMALL, "function_defaults", "requests_per_minute = 1\nfunction_defaults"),
    ),
    mistake(
        "enforced rule that does not exist", "plan", "Name only rules of the firewall",
        (SMALL, "function_defaults", 'enforced_rules = ["sql"]\nfunction_defaults'),
    ),
    mistake(
        "ceiling without room for a session", "plan", "Each shard must have room for one session",
        (SMALL, "avatar_seconds = 36000", "avatar_seconds = 3600"),
    ),
    mistake(
        "admitted people by a pattern", "plan", "Give e-mail addresses or domains",
        (SMALL, "function_defaults", 'admitted = ["*@example.com"]\nfunction_defaults'),
    ),
    mistake(
        "runbook with an anchor", "plan", "Give an address without an anchor",
        (SMALL, "docs/operate.md", "docs/operate.md#alerts"),
    ),
    mistake(
        "origin with a star", "plan", "without a path and without a star",
        (SMALL, "http://localhost:5173", "https://*.example.com"),
    ),
    mistake(
        "agent number instead of its name", "plan", "the agent's full resource name",
        (SMALL, '"projects/oprina-small/locations/us-central1/reasoningEngines/1234', '"1234'),
    ),
    mistake(
        "size of an unknown function", "plan",
        "Give sizes only to functions that exist: ",
        (SMALL, "function_defaults = {", "functions = { end_sessions = {} }\nfunction_defaults = {"),
    ),
    mistake(
        "min_instances above max_instances", "plan", "min_instances to at most max_instances",
        (SMALL, "max_instances = 3 }", "max_instances = 3, min_instances = 4 }"),
    ),
    mistake(
        "more CPUs than the quota", "plan", "60 instances need more CPUs than cloud_run_quota",
        (SMALL, "max_instances = 3 }", "max_instances = 60 }"),
    ),
    mistake(
        "more memory than the quota", "plan", "3 instances need more memory than cloud_run_quota",
        (SMALL, "max_instances = 3 }", 'max_instances = 3, memory = "16Gi" }'),
    ),
    mistake(
        "muted alert that does not exist", "plan", "Mute only alerts that exist: burn_first_speech,",
        (SMALL, "function_defaults", 'muted_alerts = ["stops"]\nfunction_defaults'),
    ),
    mistake(
        "setting that Terraform sets", "plan", "Terraform sets this setting itself",
        (SMALL, "OPRINA_ALLOWANCE_AVATAR_SECONDS", "OPRINA_VAULT"),
    ),
    mistake(
        "no notification channel", "plan", "an alert without a receiver is useless",
        (SMALL, 'mail = { type = "email", labels = { email_address = "oprina@example.com" } }', ""),
    ),
    mistake(
        "channel that needs a token", "plan", "a secret must not be in Terraform's state",
        (SMALL, 'type = "email"', 'type = "slack"'),
    ),
    mistake(
        "package that was changed by hand", "plan", "chat.zip differs from its hash",
        ("dist/chat.zip", "the package", "another package"),
    ),
    mistake(
        "package without a function", "plan", "functions.tf name different functions",
        (MANIFEST, '"chat":', '"chats":'),
    ),
    mistake(
        "schedule with three fields", "plan", "the five fields minute, hour, day",
        (VARIABLES, 'default     = "* * * * *"', 'default     = "* * *"'),
    ),
]  # fmt: skip
