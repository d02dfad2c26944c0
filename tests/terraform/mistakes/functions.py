from tests.terraform.mistake import EXPIRY, FUNCTION_VARIABLES, FUNCTIONS, MANIFEST, SMALL, mistake

MISTAKES = [
    mistake(
        "function that is not deployed", "check_all_functions_are_deployed",
        "speak: has a folder in functions/ and is not deployed",
        (FUNCTIONS, "    speak = {", "    whisper = {"),
        (MANIFEST, '"speak":', '"whisper":'),
    ),
    mistake(
        "misspelt setting", "check_settings_are_valid",
        "common/settings.py has no OPRINA_ALLOWANCE_AVATAR_SECOND",
        (SMALL, "OPRINA_ALLOWANCE_AVATAR_SECONDS", "OPRINA_ALLOWANCE_AVATAR_SECOND"),
    ),
    mistake(
        "missing setting", "check_settings_are_valid", "OPRINA_SWEEP_URL: must be set",
        (FUNCTIONS, "merge(var.settings, local.settings,",
         'merge({ for name, value in local.settings : name => value if name != "OPRINA_SWEEP_URL" },'),
        alone=True,
    ),
    mistake(
        "logging of the framework", "check_settings_are_valid", "LOG_EXECUTION_ID is not false",
        (FUNCTIONS, 'LOG_EXECUTION_ID         = "false"', 'LOG_EXECUTION_ID         = "true"'),
        alone=True,
    ),
    mistake(
        "setting of a local stack", "check_settings_are_valid", "is only for a local stack",
        (SMALL, "OPRINA_ALLOWANCE_AVATAR_SECONDS", "OPRINA_SPEECH_URL"),
    ),
    mistake(
        "setting that is not a number", "check_settings_are_valid", "chat: does not start",
        (SMALL, 'SECONDS = "600"', 'SECONDS = "ten minutes"'),
    ),
    mistake(
        "redirect address that is not on the domain", "check_settings_name_resources",
        "chat: OPRINA_CONNECTIONS_URL is not where browsers reach",
        (FUNCTIONS, "connections_url = var.domain == null ?", "connections_url = true ?"),
    ),
    mistake(
        "setting with the name of a missing queue", "check_settings_name_resources",
        "OPRINA_TASKS_QUEUE names expiries, which does not exist",
        (FUNCTIONS, 'OPRINA_TASKS_QUEUE       = "expiry"', 'OPRINA_TASKS_QUEUE       = "expiries"'),
        (EXPIRY, "local.settings.OPRINA_TASKS_QUEUE", '"expiry"'),
    ),
    mistake(
        "page that is not an allowed origin", "check_settings_name_resources", "not an allowed origin",
        (FUNCTIONS, '["https://${local.page_host}"]', '["https://www.${local.page_host}"]'),
    ),
    mistake(
        "chat that times out", "check_time_limits", "chat: times out after 60 seconds",
        (FUNCTIONS, "timeout   = 600 #", "timeout   = 60 #"),
    ),
    mistake(
        "package name without a hash", "check_package_names",
        "the name does not depend on the content",
        (FUNCTIONS, "${each.key}-${local.manifest[each.key].sha256}.zip", "${each.key}.zip"),
    ),
    mistake(
        "one request per instance", "check_sizes", "serves too few requests",
        (FUNCTIONS, "concurrency   = 40", "concurrency   = 1"),
    ),
    mistake(
        "new revision without traffic", "check_sizes", "a new revision gets no traffic",
        (FUNCTIONS, "all_traffic_on_latest_revision   = true",
         "all_traffic_on_latest_revision   = false"),
    ),
    mistake(
        "Python that no zip is tested on", "check_sizes", "chat: runs on python312",
        (FUNCTION_VARIABLES, '"python313"', '"python312"'),
    ),
    mistake(
        "timeout that is too long", "check_time_limits",
        "no timeout of 4000 seconds",
        (FUNCTIONS, "timeout   = 600 #", "timeout   = 4000 #"),
    ),
    mistake(
        "missing entry point", "check_package_names",
        "main.py has no function of that name",
        (FUNCTIONS, "entry_point       = each.key", 'entry_point       = "main"'),
    ),
    mistake(
        "too little memory", "check_sizes", "128Mi is too little",
        (FUNCTIONS, '"512Mi"', '"128Mi"'),
    ),
    mistake(
        "four CPUs with too little memory", "check_sizes", "512Mi is too little",
        (FUNCTIONS, "cpu           = 1", "cpu           = 4"),
        (SMALL, "function_defaults", "cloud_run_quota = { cpus = 40 }\nfunction_defaults"),
    ),
    mistake(
        "function without the list of admitted people", "check_settings_have_their_values",
        "chat: OPRINA_ADMITTED is None",
        (FUNCTIONS, '    OPRINA_ADMITTED        = join(",", var.admitted)\n', ""),
    ),
    mistake(
        "everyone admitted", "check_settings_have_their_values", "chat: OPRINA_ADMITTED is *",
        (FUNCTIONS, 'join(",", var.admitted)', '"*"'),
    ),
    mistake(
        "function without a ceiling", "check_settings_have_their_values",
        "OPRINA_CEILING_AVATAR_SECONDS is None",
        (FUNCTIONS,
         "    OPRINA_CEILING_AVATAR_SECONDS      = tostring(var.ceilings.avatar_seconds)\n", ""),
    ),
    mistake(
        "function without the number of shards", "check_settings_have_their_values",
        "OPRINA_CEILING_SHARDS is missing",
        (FUNCTIONS, "    OPRINA_CEILING_SHARDS              = tostring(var.ceilings.shards)\n", ""),
    ),
    mistake(
        "ceiling of another meter", "check_settings_have_their_values",
        "OPRINA_CEILING_AGENT_TOKENS is",
        (FUNCTIONS, "tostring(var.ceilings.agent_tokens)",
         "tostring(var.ceilings.voice_characters)"),
    ),
    mistake(
        "page without the configuration of sign-in", "check_settings_of_the_page",
        "page: OPRINA_WEB_CONFIG is for the page",
        (FUNCTIONS, "    OPRINA_WEB_CONFIG  = jsonencode(local.web_config)\n", ""),
    ),
    mistake(
        "settings of the page for another function", "check_settings_of_the_page",
        "page: OPRINA_MEDIA_HOSTS is None",
        (FUNCTIONS, "each.key == local.page_function ? local.page_settings",
         "each.key == local.health_function ? local.page_settings"),
    ),
    mistake(
        "two addresses of the API where one host has both", "check_settings_of_the_page",
        "page: OPRINA_API_URLS is",
        (FUNCTIONS, "OPRINA_API_URLS    = var.domain == null ?", "OPRINA_API_URLS    = true ?"),
    ),
    mistake(
        "page that calls internal functions", "check_settings_of_the_page",
        "page: OPRINA_API_URLS is",
        (FUNCTIONS, ' if local.functions[name].callers != "internal" }) : "{}"', ' }) : "{}"'),
        (SMALL, 'domain          = "small.oprina.example.com"\n', ""),
        alone=True,
    ),
    mistake(
        "origin that is not the page", "check_settings_have_their_values",
        "OPRINA_ALLOWED_ORIGINS is",
        (FUNCTIONS, '["https://${local.page_host}"]',
         '["https://${local.page_host}", "https://example.org"]'),
    ),
    mistake(
        "vault that no variable chooses", "check_settings_have_their_values",
        "OPRINA_VAULT is sealed",
        (FUNCTIONS, "OPRINA_VAULT             = var.vault", 'OPRINA_VAULT             = "sealed"'),
    ),
    mistake(
        "instances without an end", "check_sizes", "has no greatest number of instances",
        (FUNCTIONS, "    max_instance_count               = each.value.max_instances\n", ""),
    ),
    mistake(
        "secret in the environment", "check_sizes", "a rotation needs a deployment",
        (FUNCTIONS, "  service_config {\n", """  service_config {
    secret_environment_variables {
      key        = "KEY"
      project_id = var.project
      secret     = local.liveavatar_key
      version    = "latest"
    }
"""),
    ),
    mistake(
        "package of another function", "check_package_names", "uploads ../dist/chat.zip",
        (FUNCTIONS, 'source = "${var.packages}/${local.manifest[each.key].zip}"',
         'source = "${var.packages}/chat.zip"'),
    ),
]  # fmt: skip
