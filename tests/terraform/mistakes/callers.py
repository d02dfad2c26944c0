from tests.terraform.mistake import ACCESS, BUDGET, EXPIRY, FUNCTIONS, SMALL, mistake

OPEN_BUCKET = """\
resource "google_storage_bucket_iam_member" "all" {
  bucket = google_storage_bucket.packages.name
  role   = "roles/storage.objectViewer"
  member = "allUsers"
}

resource "google_storage_bucket_iam_member" "build" {"""

MISTAKES = [
    mistake(
        "public sweep", "check_public_functions",
        "sweep_expired: is public and does not verify",
        (FUNCTIONS, 'callers       = "internal"', 'callers       = "users"'),
    ),
    mistake(
        "chat without public access", "check_public_functions",
        "chat: IAM refuses browsers",
        (FUNCTIONS, 'chat = {\n      callers   = "users"', 'chat = {\n      callers   = "internal"'),
    ),
    mistake(
        "public bucket of packages", "check_public_functions",
        "oprina-packages: is public",
        (ACCESS, 'resource "google_storage_bucket_iam_member" "build" {',
         OPEN_BUCKET),
    ),
    mistake(
        "scheduler without permission", "check_sweep_callers",
        "sweep-scheduler@oprina-small.iam.gserviceaccount.com calls it without permission",
        (FUNCTIONS, "      scheduler = google_service_account.scheduler.member\n", ""),
    ),
    mistake(
        "token for another address", "check_sweep_callers",
        "call different addresses",
        (EXPIRY, "audience              = local.settings.OPRINA_SWEEP_URL",
         'audience              = "https://example.com"'),
    ),
    mistake(
        "sweep that accepts public traffic", "check_sweep_callers",
        "accepts requests from the internet",
        (FUNCTIONS, '"ALLOW_INTERNAL_ONLY"', '"ALLOW_ALL"'),
    ),
    mistake(
        "chat with internal ingress", "check_ingress",
        "chat: is not reached by browsers",
        (FUNCTIONS, ' : "ALLOW_ALL"', ' : "ALLOW_INTERNAL_ONLY"'),
    ),
    mistake(
        "functions that the Internet reaches past the load balancer", "check_ingress",
        "chat: is reached past the load balancer",
        (FUNCTIONS, '"ALLOW_INTERNAL_AND_GCLB"', '"ALLOW_ALL"'),
        (SMALL, "function_defaults", "only_load_balancer = true\nfunction_defaults"),
        alone=True,
    ),
    mistake(
        "allUsers where the organisation refuses them", "check_public_functions",
        "chat: IAM refuses to grant allUsers",
        (FUNCTIONS, 'var.public_access == "all_users" ?', "true ?"),
        (SMALL, "function_defaults", 'public_access = "no_invoker_check"\nfunction_defaults'),
        alone=True,
    ),
    mistake(
        "scheduler without an ID token", "check_sweep_callers",
        "the scheduler sends no token",
        (EXPIRY, "oidc_token {", "oauth_token {"),
        (EXPIRY, "audience              = local", "scope                 = local"),
    ),
    mistake(
        "scheduler with the wrong method", "check_sweep_request", "sends GET",
        (EXPIRY, 'http_method = "POST"', 'http_method = "GET"'),
    ),
    mistake(
        "body that is not base64", "check_sweep_request",
        "does not accept the scheduler's body",
        (EXPIRY, 'base64encode("{}")', '"{}"'),
    ),
    mistake(
        "scheduler with a short deadline", "check_sweep_request", "gives up after 30s",
        (EXPIRY, '"320s"', '"30s"'),
    ),
    mistake(
        "functions for Google accounts only", "check_public_functions",
        "chat: IAM refuses browsers",
        (FUNCTIONS, '? { everyone = "allUsers" }', '? { everyone = "allAuthenticatedUsers" }'),
    ),
    mistake(
        "budget that may not call the function", "check_budget_callers", "calls it without permission",
        (FUNCTIONS, "{ budget = google_service_account.budget.member }", "{}"),
    ),
    mistake(
        "budget that pushes to another function", "check_budget_callers", "instead of https://budget-",
        (BUDGET, 'push_endpoint = "https://${local.hosts[local.budget_function]}"',
         'push_endpoint = "https://${local.hosts[local.sweep_function]}"'),
    ),
    mistake(
        "budget in another format", "check_budget_callers", "in no format that the function reads",
        (BUDGET, '"1.0"', '"2.0"'),
    ),
    mistake(
        "function that one company may call", "check_members_are_ours",
        "domain:example.com is no account of this deployment",
        (FUNCTIONS, '"allUsers" } : {}', '"allUsers" } : { everyone = "domain:example.com" }'),
        (SMALL, "function_defaults", 'public_access = "no_invoker_check"\nfunction_defaults'),
        alone=True,
    ),
    mistake(
        "role of another project's account", "check_members_are_ours",
        "is no account of this deployment",
        (ACCESS, "  member     = google_service_account.build.member",
         '  member     = "serviceAccount:build@another.iam.gserviceaccount.com"'),
    ),
]  # fmt: skip
