from tests.terraform.planting import (
    ACCESS,
    FUNCTIONS,
    OUTPUTS,
    SMALL,
    TOKENS_FORGET,
    VARIABLES,
    mistake,
)

MISTAKES = [
    mistake(
        "a role that is misspelt", "roles_are_known", "there is no roles/cloudtasks.enqueurer",
        (ACCESS, "roles/cloudtasks.enqueuer", "roles/cloudtasks.enqueurer"),
    ),
    mistake(
        "a permission that is misspelt", "roles_are_known", "aiplatform.reasoningEngine.query",
        (ACCESS, "aiplatform.reasoningEngines.query", "aiplatform.reasoningEngine.query"),
    ),
    mistake(
        "a role that is too wide", "roles_are_narrow", "chat/agent/caller",
        (ACCESS, "local.custom_role_names.agentCaller", '"roles/aiplatform.user"'),
    ),
    mistake(
        "every database of the project", "roles_are_narrow", "on the whole project",
        (ACCESS, "condition = local.own_database", "condition = null"),
    ),
    mistake(
        "a condition on other secrets' names", "conditions_name_what_is_there",
        'does not name "projects/123456789012/secrets/avatar-session-"',
        (ACCESS, "/avatar-session-\\", "/session-\\"),
    ),
    mistake(
        "two functions with one account", "accounts_are_their_own", "shares its account",
        (FUNCTIONS, "google_service_account.function[each.key].email",
         'google_service_account.function["chat"].email'),
        alone=True,
    ),
    mistake(
        "the project's default account", "accounts_are_their_own", "not of these files",
        (FUNCTIONS, "= google_service_account.function[each.key].email", "= null"),
        alone=True,
    ),
    mistake(
        "a function that may not read its key", "functions_may_do_what_they_do_and_no_more",
        "keep_alive: may not liveavatar key, and its code does",
        (FUNCTIONS, '      callers = "browsers"\n      reaches = ["store", "tokens.forget"]',
         '      callers = "browsers"\n      secrets = []\n      reaches = ["store", "tokens.forget"]'),
    ),
    mistake(
        "a function that may change what it looks at", "functions_may_do_what_they_do_and_no_more",
        "health: may store, and its code does not",
        (FUNCTIONS, '"store.look", "agent', '"store.look", "store", "agent'),
    ),
    mistake(
        "a function that may open every session", "functions_may_do_what_they_do_and_no_more",
        "sweep_expired: may tokens.open, and its code does not",
        (FUNCTIONS, f"reaches       = {TOKENS_FORGET}",
         'reaches       = ["store", "tokens.open", "tokens.forget"]'),
    ),
    mistake(
        "a function that may not ask the agent", "functions_may_do_what_they_do_and_no_more",
        "chat: may not agent",
        (FUNCTIONS, '"store", "agent",', '"store",'),
    ),
    mistake(
        "traces that nobody asked for", "functions_may_do_what_they_do_and_no_more",
        "chat: may traces, and its code does not",
        (ACCESS, "var.traces ? google_service_account.function : {}",
         "google_service_account.function"),
    ),
    mistake(
        "acting as another account than the tasks'", "functions_may_do_what_they_do_and_no_more",
        "start_avatar: may not act as the tasks, queue",
        (ACCESS, '"roles/cloudtasks.enqueuer"', '"roles/cloudtasks.viewer"'),
        (ACCESS, '"roles/iam.serviceAccountUser"', '"roles/iam.serviceAccountTokenCreator"'),
    ),
    mistake(
        "a key in a setting", "no_value_is_a_secret", "looks like a secret",
        (SMALL, 'SECONDS = "600"', 'SECONDS = "AIzaSyA0123456789abcdefghijklmnopqrstu"'),
    ),
    mistake(
        "a setting that is a secret by its name", "no_name_is_a_secrets",
        "OPRINA_LIVEAVATAR_KEY holds more than a secret's name",
        (SMALL, 'OPRINA_ALLOWANCE_AVATAR_SECONDS = "600"', 'OPRINA_LIVEAVATAR_KEY = "0a1b2c3d4e5f"'),
    ),
    mistake(
        "a role of our own that reads every secret", "own_roles_hold_what_is_used",
        "oprina_secretCreator: secretmanager.versions.access",
        (ACCESS, '["secretmanager.secrets.create"]',
         '["secretmanager.secrets.create", "secretmanager.versions.access"]'),
    ),
    mistake(
        "a role of our own that deletes agents", "own_roles_hold_what_is_used",
        "oprina_agentCaller: aiplatform.reasoningEngines.delete",
        (ACCESS, '.query", "aiplatform.sessions.create"]',
         '.query", "aiplatform.sessions.create", "aiplatform.reasoningEngines.delete"]'),
        alone=True,
    ),
    mistake(
        "acting as whoever builds", "functions_may_do_what_they_do_and_no_more",
        "start_avatar: may act as functions-build@",
        (ACCESS, "serviceAccounts/${google_service_account.tasks.email}",
         "serviceAccounts/${google_service_account.build.email}"),
    ),
    mistake(
        "acting as every account", "roles_are_narrow",
        "roles/iam.serviceAccountUser on the whole project",
        (ACCESS, "    queue = {} #",
         '    queue = { act = { role = "roles/iam.serviceAccountUser", condition = null } } #'),
    ),
    mistake(
        "a task that may be put there and never runs", "functions_may_do_what_they_do_and_no_more",
        "start_avatar: may not act as the tasks",
        (ACCESS, '"act_as_tasks" {\n  for_each = local.enqueuers',
         '"act_as_tasks" {\n  for_each = toset([])'),
    ),
    mistake(
        "a key that is given to somebody else", "functions_may_do_what_they_do_and_no_more",
        "health: may not liveavatar key",
        (ACCESS, '"${name}/${secret}" => { function = name, secret',
         '"${name}/${secret}" => { function = name == "health" ? "chat" : name, secret'),
    ),
    mistake(
        "a builder that may do all that builds do", "roles_are_narrow",
        'build["logs"]: roles/cloudbuild.builds.builder',
        (ACCESS, '"roles/logging.logWriter"', '"roles/cloudbuild.builds.builder"'),
    ),
    mistake(
        "a key that Terraform is given", "no_name_is_a_secrets",
        "var.liveavatar_key: a secret stands in Terraform's state",
        (VARIABLES, 'variable "database" {',
         'variable "liveavatar_key" {\n  default = "0a1b2c3d"\n}\n\nvariable "database" {'),
    ),
    mistake(
        "an output that prints a key", "no_value_is_a_secret", "output.page_url: looks like a secret",
        (OUTPUTS, '"https://${var.page_domain}"',
         '"https://${var.page_domain}/?key=sk_0123456789abcdef01"'),
    ),
]  # fmt: skip
