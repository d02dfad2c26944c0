from tests.terraform.planting import EXPIRY, FUNCTIONS, PAGE, mistake

MISTAKES = [
    mistake(
        "a sweep that anybody may call", "only_what_browsers_call_is_public",
        "sweep_expired: anybody may call it",
        (FUNCTIONS, 'callers       = "ours"', 'callers       = "browsers"'),
    ),
    mistake(
        "a function that browsers cannot call", "only_what_browsers_call_is_public",
        "chat: browsers cannot call it",
        (FUNCTIONS, 'chat = {\n      callers = "browsers"', 'chat = {\n      callers = "ours"'),
    ),
    mistake(
        "a bucket of packages that anybody reads", "only_what_browsers_call_is_public",
        "oprina-packages: anybody",
        (PAGE, "bucket = google_storage_bucket.page.name",
         "bucket = google_storage_bucket.packages.name"),
    ),
    mistake(
        "a scheduler that may not call", "the_sweep_is_called_by_the_scheduler_and_the_tasks",
        "sweep-scheduler@oprina-small.iam.gserviceaccount.com calls it and may not",
        (FUNCTIONS, "      scheduler = google_service_account.scheduler.member\n", ""),
    ),
    mistake(
        "a token for another address", "the_sweep_is_called_by_the_scheduler_and_the_tasks",
        "call different addresses",
        (EXPIRY, "audience              = local.settings.OPRINA_SWEEP_URL",
         'audience              = "https://example.com"'),
    ),
    mistake(
        "a sweep that can be reached from everywhere",
        "the_sweep_is_called_by_the_scheduler_and_the_tasks", "can be reached from everywhere",
        (FUNCTIONS, '"ALLOW_INTERNAL_ONLY"', '"ALLOW_ALL"'),
    ),
    mistake(
        "a chat that is reached from inside only", "only_what_browsers_call_is_public",
        "chat: browsers cannot reach it",
        (FUNCTIONS, '    ingress       = "ALLOW_ALL"', '    ingress       = "ALLOW_INTERNAL_ONLY"'),
    ),
    mistake(
        "a scheduler that says nothing of who it is",
        "the_sweep_is_called_by_the_scheduler_and_the_tasks",
        "without saying who it is",
        (EXPIRY, "oidc_token {", "oauth_token {"),
        (EXPIRY, "audience              = local", "scope                 = local"),
    ),
    mistake(
        "a scheduler that only looks", "the_sweep_is_asked_as_it_wants_to_be", "sends GET",
        (EXPIRY, 'http_method = "POST"', 'http_method = "GET"'),
    ),
    mistake(
        "a body as it is read and not as it is sent", "the_sweep_is_asked_as_it_wants_to_be",
        "what the sweep does not take",
        (EXPIRY, 'base64encode("{}")', '"{}"'),
    ),
    mistake(
        "a scheduler that hangs up", "the_sweep_is_asked_as_it_wants_to_be", "hangs up after 30s",
        (EXPIRY, '"320s"', '"30s"'),
    ),
    mistake(
        "functions for whoever has a Google account", "only_what_browsers_call_is_public",
        "chat: browsers cannot call it",
        (FUNCTIONS, 'browsers = { anybody = "allUsers" }',
         'browsers = { anybody = "allAuthenticatedUsers" }'),
    ),
]  # fmt: skip
