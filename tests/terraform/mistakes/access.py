from tests.terraform.mistake import (
    ACCESS,
    FUNCTIONS,
    OUTPUTS,
    SMALL,
    VARIABLES,
    mistake,
)

MISTAKES = [
    mistake(
        "misspelt role", "check_roles_exist", "unknown role roles/cloudtasks.enqueurer",
        (ACCESS, "roles/cloudtasks.enqueuer", "roles/cloudtasks.enqueurer"),
    ),
    mistake(
        "misspelt permission", "check_roles_exist", "aiplatform.reasoningEngine.query",
        (ACCESS, "aiplatform.reasoningEngines.query", "aiplatform.reasoningEngine.query"),
    ),
    mistake(
        "role that is too wide", "check_roles_are_narrow", "chat/agent/caller",
        (ACCESS, "local.custom_role_names.agentCaller", '"roles/aiplatform.user"'),
    ),
    mistake(
        "role on all databases", "check_roles_are_narrow", "on the whole project",
        (ACCESS, "condition = local.own_database", "condition = null"),
    ),
    mistake(
        "condition on the wrong secret names", "check_conditions_match_resources",
        'does not name "projects/123456789012/secrets/avatar-session-"',
        (ACCESS, "/avatar-session-\\", "/session-\\"),
    ),
    mistake(
        "role on the wrong kind of secret", "check_functions_hold_needed_roles_only",
        "connections: lacks a role for: grants.read",
        (ACCESS, '"roles/secretmanager.secretAccessor", condition = local.grant_secrets',
         '"roles/secretmanager.secretAccessor", condition = local.session_secrets'),
    ),
    mistake(
        "chat without the OAuth client", "check_functions_hold_needed_roles_only",
        "oauth client",
        (FUNCTIONS, "secrets   = [local.liveavatar_key, local.google_client]",
         "secrets   = [local.liveavatar_key]"),
    ),
    mistake(
        "two functions with one account", "check_accounts_are_separate", "shares its account",
        (FUNCTIONS, "google_service_account.function[each.key].email",
         'google_service_account.function["chat"].email'),
        alone=True,
    ),
    mistake(
        "default account of the project", "check_accounts_are_separate", "Terraform does not make",
        (FUNCTIONS, "= google_service_account.function[each.key].email", "= null"),
        alone=True,
    ),
    mistake(
        "function without access to its key", "check_functions_hold_needed_roles_only",
        "end_session: lacks a role for: liveavatar key",
        (FUNCTIONS, '      callers = "users"\n      uses    = ["store", "tokens.delete"]',
         '      callers = "users"\n      secrets = []\n      uses    = ["store", "tokens.delete"]'),
    ),
    mistake(
        "health with write access", "check_functions_hold_needed_roles_only",
        "health: holds an unused role for: store",
        (FUNCTIONS, '"store.read", "agent', '"store.read", "store", "agent'),
    ),
    mistake(
        "sweep that can read session tokens", "check_functions_hold_needed_roles_only",
        "sweep_expired: holds an unused role for: tokens.read",
        (FUNCTIONS, 'uses          = ["store", "agent.delete",',
         'uses          = ["store", "agent.delete", "tokens.read",'),
    ),
    mistake(
        "chat without access to the agent", "check_functions_hold_needed_roles_only",
        "chat: lacks a role for: agent",
        (FUNCTIONS, '"store", "agent",', '"store",'),
    ),
    mistake(
        "traces role without traces", "check_functions_hold_needed_roles_only",
        "chat: holds an unused role for: traces",
        (ACCESS, "var.traces ? google_service_account.function : {}",
         "google_service_account.function"),
    ),
    mistake(
        "wrong roles on the queue and on its account", "check_functions_hold_needed_roles_only",
        "start_avatar: lacks a role for: act as the tasks, queue",
        (ACCESS, '"roles/cloudtasks.enqueuer"', '"roles/cloudtasks.viewer"'),
        (ACCESS, '"roles/iam.serviceAccountUser"', '"roles/iam.serviceAccountTokenCreator"'),
    ),
    mistake(
        "key in a setting", "check_values_hold_no_secret", "looks like a secret",
        (SMALL, 'SECONDS = "600"', 'SECONDS = "AIzaSyA0123456789abcdefghijklmnopqrstu"'),
    ),
    mistake(
        "setting named like a secret", "check_names_promise_no_secret",
        "OPRINA_LIVEAVATAR_KEY is not the name of a secret",
        (SMALL, 'OPRINA_ALLOWANCE_AVATAR_SECONDS = "600"', 'OPRINA_LIVEAVATAR_KEY = "0a1b2c3d4e5f"'),
    ),
    mistake(
        "custom role that reads secrets", "check_custom_roles",
        "oprina_secretCreator: unused permission secretmanager.versions.access",
        (ACCESS, '["secretmanager.secrets.create"]',
         '["secretmanager.secrets.create", "secretmanager.versions.access"]'),
    ),
    mistake(
        "custom role that deletes agents", "check_custom_roles",
        "oprina_agentCaller: unused permission aiplatform.reasoningEngines.delete",
        (ACCESS, '.query", "aiplatform.sessions.create"]',
         '.query", "aiplatform.sessions.create", "aiplatform.reasoningEngines.delete"]'),
        alone=True,
    ),
    mistake(
        "function that may use the build's account", "check_functions_hold_needed_roles_only",
        "start_avatar: holds an unused role for: act as functions-build@",
        (ACCESS, "serviceAccounts/${google_service_account.tasks.email}",
         "serviceAccounts/${google_service_account.build.email}"),
    ),
    mistake(
        "function that may use every account", "check_roles_are_narrow",
        "roles/iam.serviceAccountUser on the whole project",
        (ACCESS, "    queue = {} #",
         '    queue = { act = { role = "roles/iam.serviceAccountUser", condition = null } } #'),
    ),
    mistake(
        "task that may not use its account", "check_functions_hold_needed_roles_only",
        "start_avatar: lacks a role for: act as the tasks",
        (ACCESS, '"act_as_tasks" {\n  for_each = local.enqueuers',
         '"act_as_tasks" {\n  for_each = toset([])'),
    ),
    mistake(
        "key for the wrong function", "check_functions_hold_needed_roles_only",
        "health: lacks a role for: liveavatar key",
        (ACCESS, '"${name}/${secret}" => { function = name, secret',
         '"${name}/${secret}" => { function = name == "health" ? "chat" : name, secret'),
    ),
    mistake(
        "predefined role for builds", "check_roles_are_narrow",
        'build["logs"]: roles/cloudbuild.builds.builder',
        (ACCESS, '"roles/logging.logWriter"', '"roles/cloudbuild.builds.builder"'),
    ),
    mistake(
        "variable for a key", "check_names_promise_no_secret",
        "var.liveavatar_key: a secret must not be in Terraform's state",
        (VARIABLES, 'variable "database" {',
         'variable "liveavatar_key" {\n  default = "0a1b2c3d"\n}\n\nvariable "database" {'),
    ),
    mistake(
        "key in an output", "check_values_hold_no_secret", "output.page_url: looks like a secret",
        (OUTPUTS, '"https://${local.page_host}"',
         '"https://${local.page_host}/?key=sk_0123456789abcdef01"'),
    ),
    mistake(
        "invoker role that does not invoke", "check_public_functions",
        "roles/run.viewer does not let allUsers call it",
        (FUNCTIONS, '  role     = "roles/run.invoker"', '  role     = "roles/run.viewer"'),
    ),
    mistake(
        "build that cannot store its image", "check_build_account",
        "lacks roles/artifactregistry.writer on oprina-functions",
        (ACCESS, '"roles/artifactregistry.writer"', '"roles/artifactregistry.reader"'),
    ),
    mistake(
        "build that cannot read the packages", "check_build_account",
        "lacks roles/storage.objectViewer on packages",
        (ACCESS, """  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member""", """  role   = "roles/storage.objectViewer"
  member = google_service_account.tasks.member"""),
    ),
    mistake(
        "build that cannot read its sources", "check_build_account",
        'objectViewer on "projects/_/buckets/gcf-v2-sources-"',
        (ACCESS, "gcf-v2-sources-", "gcf-sources-"),
    ),
    mistake(
        "images in Google's own repository", "check_build_account",
        "in a repository that Terraform does not make",
        (FUNCTIONS, "    docker_repository = google_artifact_registry_repository.functions.id\n", ""),
    ),
    mistake(
        "secret of which only the name can be read", "check_functions_hold_needed_roles_only",
        "start_avatar: lacks a role for: accounts key, liveavatar key",
        (ACCESS, """  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member""",
         """  role      = "roles/secretmanager.viewer"
  member    = google_service_account.function[each.value.function].member"""),
    ),
    mistake(
        "output of other names", "check_accounts_are_separate", "names other accounts",
        (OUTPUTS, "name => account.email", "name => account.account_id"),
    ),
]  # fmt: skip
