from tests.terraform.planting import EXPIRY, FUNCTIONS, MANIFEST, SMALL, VARIABLES, mistake

MISTAKES = [
    mistake(
        "a function that nobody deploys", "every_function_is_deployed_and_no_other",
        "speak: is in functions/ and not deployed",
        (FUNCTIONS, "    speak = {", "    whisper = {"),
        (MANIFEST, '"speak":', '"whisper":'),
        (SMALL, "  speak ", "  whisper "),
    ),
    mistake(
        "a setting that is misspelt", "settings_are_those_of_the_code",
        "common/settings.py knows no OPRINA_ALLOWANCE_AVATAR_SECOND",
        (SMALL, "OPRINA_ALLOWANCE_AVATAR_SECONDS", "OPRINA_ALLOWANCE_AVATAR_SECOND"),
    ),
    mistake(
        "a setting that is not set", "settings_are_those_of_the_code", "OPRINA_SWEEP_URL: must be set",
        (FUNCTIONS, "merge(var.settings, local.settings)",
         '{ for name, value in local.settings : name => value if name != "OPRINA_SWEEP_URL" }'),
        alone=True,
    ),
    mistake(
        "the framework's own logging", "settings_are_those_of_the_code",
        "LOG_EXECUTION_ID is not false",
        (FUNCTIONS, 'LOG_EXECUTION_ID         = "false"', 'LOG_EXECUTION_ID         = "true"'),
        alone=True,
    ),
    mistake(
        "a setting for a local stack", "settings_are_those_of_the_code", "is for a local stack",
        (SMALL, "OPRINA_ALLOWANCE_AVATAR_SECONDS", "OPRINA_SPEECH_URL"),
    ),
    mistake(
        "a setting that is not a number", "settings_are_those_of_the_code", "chat: does not start",
        (SMALL, 'SECONDS = "600"', 'SECONDS = "ten minutes"'),
    ),
    mistake(
        "another queue than the one that is there", "settings_name_what_is_there",
        "OPRINA_TASKS_QUEUE names expiries, which is not there",
        (FUNCTIONS, 'OPRINA_TASKS_QUEUE       = "expiry"', 'OPRINA_TASKS_QUEUE       = "expiries"'),
        (EXPIRY, "local.settings.OPRINA_TASKS_QUEUE", '"expiry"'),
    ),
    mistake(
        "a page that may not call", "settings_name_what_is_there", "the page may not call it",
        (FUNCTIONS, '["https://${var.page_domain}"]', '["https://www.${var.page_domain}"]'),
    ),
    mistake(
        "a chat that is cut off", "functions_outlast_their_work", "chat: is cut off after 60 seconds",
        (FUNCTIONS, "timeout = 600 #", "timeout = 60 #"),
    ),
    mistake(
        "a package with one name for ever", "packages_carry_their_hash",
        "the same name for every content",
        (FUNCTIONS, "${each.key}-${local.manifest[each.key].sha256}.zip", "${each.key}.zip"),
    ),
    mistake(
        "an instance for each caller", "functions_serve_many", "for few callers",
        (FUNCTIONS, "concurrency   = 40", "concurrency   = 1"),
    ),
    mistake(
        "a deployment that serves nobody", "functions_serve_many", "what is deployed serves nobody",
        (FUNCTIONS, "all_traffic_on_latest_revision   = true",
         "all_traffic_on_latest_revision   = false"),
    ),
    mistake(
        "a Python that no zip was tried on", "functions_serve_many", "chat: runs on python312",
        (VARIABLES, '"python313"', '"python312"'),
    ),
    mistake(
        "a chat that takes for ever", "functions_outlast_their_work",
        "no function may take 4000 seconds",
        (FUNCTIONS, "timeout = 600 #", "timeout = 4000 #"),
    ),
    mistake(
        "fewer instances at most than at least", "functions_outlast_their_work",
        "more instances at least than at most",
        (FUNCTIONS, "min_instances = 0", "min_instances = 21"),
        alone=True,
    ),
    mistake(
        "an entry point that is not there", "packages_carry_their_hash",
        "main.py has no function of that name",
        (FUNCTIONS, "entry_point       = each.key", 'entry_point       = "main"'),
    ),
    mistake(
        "less memory than is loaded", "functions_serve_many", "128Mi is too little",
        (FUNCTIONS, '"512Mi"', '"128Mi"'),
    ),
    mistake(
        "four CPUs with the memory of one", "functions_serve_many", "512Mi is too little",
        (FUNCTIONS, "cpu           = 1", "cpu           = 4"),
    ),
]  # fmt: skip
