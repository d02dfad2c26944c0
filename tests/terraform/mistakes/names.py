from tests.terraform.mistake import (
    ACCOUNTS,
    APIS,
    EXPIRY,
    FUNCTIONS,
    OUTPUTS,
    SMALL,
    STORAGE,
    VERSIONS,
    mistake,
)

MISTAKES = [
    mistake(
        "account name that is too short", "check_name_patterns", "account_id 'build'",
        (ACCOUNTS, '"functions-build"', '"build"'),
    ),
    mistake(
        "bucket name with capitals", "check_name_patterns", "Oprina-packages",
        (STORAGE, "${var.project}-oprina-packages", "${var.project}-Oprina-packages"),
    ),
    mistake(
        "misspelt API", "check_apis_are_enabled",
        "unknown API cloudtask.googleapis.com",
        (APIS, "cloudtasks.googleapis.com", "cloudtask.googleapis.com"),
    ),
    mistake(
        "API of the code that is not enabled", "check_apis_are_enabled", "texttospeech is used",
        (APIS, '    "texttospeech.googleapis.com",\n', ""),
    ),
    mistake(
        "API of Terraform that is not enabled", "check_apis_are_enabled",
        "cloudresourcemanager is used",
        (APIS, '    "cloudresourcemanager.googleapis.com",\n', ""),
    ),
    mistake(
        "APIs that destroy disables", "check_apis_are_enabled", "disabled for other software",
        (APIS, "disable_on_destroy = false", "disable_on_destroy = true"),
    ),
    mistake(
        "queue in another region", "check_places", "queue.expiry: is in us-east1",
        (EXPIRY, "  location = var.region", '  location = "us-east1"'),
    ),
    mistake(
        "host with the project's id", "check_places", "callers reach it at",
        (FUNCTIONS, "${service}-${data.google_project.this.number}", "${service}-${var.project}"),
    ),
    mistake(
        "addresses that the second phase closes", "check_places",
        "chat: callers reach it at small.oprina.example.com/api/chat",
        (FUNCTIONS, "      !var.only_load_balancer || local", "      true || local"),
        (SMALL, "function_defaults", "only_load_balancer = true\nfunction_defaults"),
        alone=True,
    ),
    mistake(
        "redirect address that no function has", "check_places", "Google redirects to",
        (OUTPUTS, "${local.connections_url}/google/callback", "${local.connections_url}/callback"),
    ),
    mistake(
        "page without TLS in an output", "check_places", "not at http://small",
        (OUTPUTS, 'value       = "https://${local.page_host}"', 'value       = "http://${local.page_host}"'),
    ),
    mistake(
        "calls without a quota project", "check_quota_project", "user_project_override",
        (VERSIONS, "user_project_override = true", "user_project_override = false"),
    ),
    mistake(
        "builds before their roles apply", "check_roles_are_waited_for",
        "before the account that builds",
        (FUNCTIONS, "  depends_on = [time_sleep.build_roles]\n", ""),
    ),
    mistake(
        "pause of a second", "check_roles_are_waited_for", "waits for 1.0 seconds only",
        (FUNCTIONS, 'create_duration = "120s"', 'create_duration = "1s"'),
    ),
    mistake(
        "pause that waits for no role", "check_roles_are_waited_for",
        "time_sleep.build_roles: does not wait for google_storage_bucket_iam_member.build",
        (FUNCTIONS, "    google_storage_bucket_iam_member.build,\n", ""),
    ),
    mistake(
        "pause that waits for no API", "check_apis_are_waited_for", "time_sleep.apis: waits for no API",
        (APIS, "  depends_on      = [google_project_service.this]\n", ""),
    ),
    mistake(
        "account before its API", "check_apis_are_waited_for",
        "google_service_account.build: does not wait for its API",
        (ACCOUNTS, """"Builds the functions' images"
  depends_on   = [time_sleep.apis]""", '"Builds the functions\' images"'),
    ),
    mistake(
        "scheduler before its permission", "check_roles_are_waited_for",
        "calls before it is allowed to",
        (EXPIRY, "  depends_on = [google_cloud_run_v2_service_iam_member.caller]\n", ""),
    ),
    mistake(
        "page beside the domain", "check_places", "the page is at https://small.oprina.example.com",
        (FUNCTIONS, "page_host = var.domain == null ?", "page_host = true ?"),
    ),
]  # fmt: skip
