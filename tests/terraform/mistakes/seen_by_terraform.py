from tests.terraform.planting import (
    ACCOUNTS,
    EXPIRY,
    FIRESTORE,
    FUNCTIONS,
    MANIFEST,
    PAGE,
    SMALL,
    VARIABLES,
    mistake,
)

MISTAKES = [
    mistake(
        "a file that is not formatted", "fmt", "accounts.tf",
        (ACCOUNTS, "  account_id   =", "  account_id ="),
    ),
    mistake(
        "a resource type that is misspelt", "validate", "Invalid resource type",
        (EXPIRY, '"google_cloud_tasks_queue"', '"google_cloud_task_queue"'),
    ),
    mistake(
        "an argument that is misspelt", "validate", "Unsupported argument",
        (EXPIRY, "max_doublings ", "max_doubling "),
    ),
    mistake(
        "a block that is misspelt", "validate", "Unsupported block type",
        (EXPIRY, "rate_limits {", "rate_limit {"),
    ),
    mistake(
        "an argument that is missing", "validate", "Missing required argument",
        (ACCOUNTS, '  account_id   = "functions-build"\n', ""),
    ),
    mistake(
        "a block that is there twice", "validate", "Too many oidc_token blocks",
        (EXPIRY, "    oidc_token {",
         '    oidc_token {\n      service_account_email = "a"\n    }\n    oidc_token {'),
    ),
    mistake(
        "a variable that nobody declared", "validate", "Reference to undeclared input variable",
        (EXPIRY, "var.queue_rate", "var.queue_rat"),
    ),
    mistake(
        "a resource that nobody declared", "validate", "Reference to undeclared resource",
        (FIRESTORE, "google_firestore_database.this.name", "google_firestore_database.that.name"),
    ),
    mistake(
        "a value that Google decides", "validate", "Can't configure a value for self_link",
        (PAGE, '  name       = "oprina-page"\n', '  name       = "oprina-page"\n  self_link  = "x"\n'),
    ),
    mistake(
        "a word that is none of Google's", "validate", "expected profile to be one of",
        (PAGE, '"MODERN"', '"MODERNEST"'),
    ),
    mistake(
        "text for a number", "validate", "a number is required",
        (EXPIRY, "max_concurrent_dispatches = 100", 'max_concurrent_dispatches = "many"'),
    ),
    mistake(
        "a word of a function's that is none of Google's", "plan",
        "expected ingress_settings to be one of",
        (FUNCTIONS, "ALLOW_INTERNAL_ONLY", "ALLOW_INSIDE_ONLY"),
    ),
    mistake(
        "a field of the map's that is not there", "plan", "Unsupported attribute",
        (FUNCTIONS, "each.value.max_instances", "each.value.most_instances"),
    ),
    mistake(
        "half a CPU for many requests at once", "plan", "need a whole CPU",
        (SMALL, "chat          = { max", "chat          = { cpu = 0.5, max"),
    ),
    mistake(
        "a project's number for its id", "plan", "the id, not the number or the name",
        (SMALL, '"oprina-small"', '"123456789012"'),
    ),
    mistake(
        "a page with a scheme", "plan", "no https:// and no path",
        (SMALL, '"small.oprina', '"https://small.oprina'),
    ),
    mistake(
        "an origin with a star", "plan", "without a path or a star",
        (SMALL, "http://localhost:5173", "https://*.example.com"),
    ),
    mistake(
        "an agent's number for its name", "plan", "The agent's whole name",
        (SMALL, '"projects/oprina-small/locations/us-central1/reasoningEngines/1234', '"1234'),
    ),
    mistake(
        "a function that there is not", "plan", "Only functions that exist",
        (SMALL, "  end_session ", "  end_sessions"),
    ),
    mistake(
        "more instances at least than at most", "plan", "more instances at least than at most",
        (SMALL, "speak         = { max", "speak         = { min_instances = 9, max"),
    ),
    mistake(
        "a setting that Terraform sets", "plan", "Terraform sets that one itself",
        (SMALL, "OPRINA_ALLOWANCE_AVATAR_SECONDS", "OPRINA_VAULT"),
    ),
    mistake(
        "nobody who hears of alerts", "plan", "an alert that nobody hears is none",
        (SMALL, 'mail = { type = "email", labels = { email_address = "oprina@example.com" } }', ""),
    ),
    mistake(
        "a channel that takes a token", "plan", "no secret is to stand in Terraform's state",
        (SMALL, 'type = "email"', 'type = "slack"'),
    ),
    mistake(
        "a package that was changed by hand", "plan", "chat.zip is not what manifest.json says",
        ("dist/chat.zip", "the package", "another package"),
    ),
    mistake(
        "a package that nobody deploys", "plan", "has a function that the other does not know",
        (MANIFEST, '"chat":', '"chats":'),
    ),
    mistake(
        "a schedule of three fields", "plan", "Five fields: minute, hour, day",
        (VARIABLES, 'default     = "* * * * *"', 'default     = "* * *"'),
    ),
]  # fmt: skip
