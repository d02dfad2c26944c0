"""Mistakes that somebody could make, each with who must see it and what is said then."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.terraform.workspace import Workspace


@dataclass(frozen=True)
class Edit:
    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Mistake:
    """`seen_by`: a command of terraform's, or one of our checks. `alone`: others would not be seen
    beside it."""

    name: str
    seen_by: str
    says: str
    edits: tuple[Edit, ...]
    alone: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def mistake(
    name: str, seen_by: str, says: str, *edits: tuple[str, str, str], alone: bool = False
) -> Mistake:
    return Mistake(name, seen_by, says, tuple(Edit(*edit) for edit in edits), alone)


def batches(mistakes: Sequence[Mistake], root: Path) -> list[list[Mistake]]:
    """As few as may be, since each is a plan: in one, no check has two mistakes to see, and no
    mistake undoes another."""
    made: list[list[Mistake]] = []
    for mistake in mistakes:
        fitting = (batch for batch in made if _fits(mistake, batch, root))
        batch = next(fitting, None)
        if batch is None:
            made.append(batch := [])
        batch.append(mistake)
    return made


def _fits(mistake: Mistake, batch: Sequence[Mistake], root: Path) -> bool:
    if any(other.alone or mistake.alone or other.seen_by == mistake.seen_by for other in batch):
        return False
    texts: dict[str, str] = {}
    for edit in (edit for each in (*batch, mistake) for edit in each.edits):
        text = texts.get(edit.path) or (root / edit.path).read_text()
        if edit.old not in text:
            return False
        texts[edit.path] = text.replace(edit.old, edit.new, 1)
    return True


@contextmanager
def planted(workspace: Workspace, *mistakes: Mistake) -> Iterator[None]:
    edits = [edit for mistake in mistakes for edit in mistake.edits]
    with workspace.changed(*{edit.path for edit in edits}):
        for edit in edits:
            workspace.replace(edit.path, edit.old, edit.new)
        yield


FUNCTIONS, ACCESS, ACCOUNTS = (
    "terraform/functions.tf",
    "terraform/access.tf",
    "terraform/accounts.tf",
)
EXPIRY, FIRESTORE, PAGE = "terraform/expiry.tf", "terraform/firestore.tf", "terraform/page.tf"
ALERTS, SMALL = "terraform/alerts.tf", "terraform/environments/small.tfvars"
INDEXES, RULES = "infra/firestore/indexes.json", "infra/firestore/firestore.rules"
DASHBOARD, MANIFEST = "infra/monitoring/dashboard.json", "dist/manifest.json"
TOKENS_FORGET = '["store", "tokens.forget"]'

SEEN_BY_TERRAFORM = [
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
        ("terraform/variables.tf", 'default     = "* * * * *"', 'default     = "* * *"'),
    ),
]  # fmt: skip

SEEN_BY_CHECKS = [
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
        "start_avatar: may not queue",
        (ACCESS, '"roles/cloudtasks.enqueuer"', '"roles/cloudtasks.viewer"'),
        (ACCESS, '"roles/iam.serviceAccountUser"', '"roles/iam.serviceAccountTokenCreator"'),
    ),
    mistake(
        "a key in a setting", "no_value_is_a_secret", "looks like a secret",
        (SMALL, 'SECONDS = "600"', 'SECONDS = "AIzaSyA0123456789abcdefghijklmnopqrstu"'),
    ),
    mistake(
        "a setting that is a secret by its name", "no_value_is_a_secret",
        "OPRINA_LIVEAVATAR_KEY holds more than a secret's name",
        (SMALL, 'OPRINA_ALLOWANCE_AVATAR_SECONDS = "600"', 'OPRINA_LIVEAVATAR_KEY = "0a1b2c3d4e5f"'),
    ),
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
        "a schedule that is none", "schedules_are_cron", "has no such minute: 61",
        ("terraform/variables.tf", 'default     = "* * * * *"', 'default     = "61 * * * *"'),
    ),
    mistake(
        "two targets in a job", "jobs_have_one_target", "2 targets, and a job has one",
        (EXPIRY, "  http_target {", '  pubsub_target {\n    topic_name = "t"\n  }\n\n  http_target {'),
    ),
    mistake(
        "a duration without its unit", "durations_are_seconds", "'60' is not seconds",
        (EXPIRY, 'max_backoff        = "60s"', 'max_backoff        = "60"'),
    ),
    mistake(
        "an account's name that is too short", "names_are_taken_by_google", "account_id 'build'",
        (ACCOUNTS, '"functions-build"', '"build"'),
    ),
    mistake(
        "a bucket's name with capitals", "names_are_taken_by_google", "Oprina-page",
        (PAGE, "${var.project}-oprina-page", "${var.project}-Oprina-page"),
    ),
    mistake(
        "an API that is misspelt", "apis_are_known_and_on", "there is no API cloudtask.googleapis.com",
        ("terraform/apis.tf", "cloudtasks.googleapis.com", "cloudtask.googleapis.com"),
    ),
    mistake(
        "an API that is not turned on", "apis_are_known_and_on", "texttospeech is used",
        ("terraform/apis.tf", '    "texttospeech.googleapis.com",\n', ""),
    ),
    mistake(
        "a database that can be deleted", "documents_are_kept", "delete_protection_state is not",
        (FIRESTORE, "DELETE_PROTECTION_ENABLED", "DELETE_PROTECTION_DISABLED"),
    ),
    mistake(
        "rules that let somebody in", "documents_are_kept", "lets somebody at the documents",
        (RULES, "allow read, write: if false;", "allow read, write: if request.auth != null;"),
    ),
    mistake(
        "sessions that are deleted when they end", "nothing_but_garbage_expires",
        "avatar_sessions: is deleted at its expires_at",
        (INDEXES, '{"collectionGroup": "idempotency", "fieldPath": "expires_at"',
         '{"collectionGroup": "avatar_sessions", "fieldPath": "expires_at"'),
    ),
    mistake(
        "a bucket that forgets", "buckets_keep_what_was_replaced",
        "packages: what was replaced is gone",
        ("terraform/storage.tf", "enabled = true", "enabled = false"),
    ),
    mistake(
        "a page with scripts of anybody's", "the_page_is_guarded", "says 'unsafe-inline'",
        (PAGE, """["'self'", "https://apis.google.com"]""", """["'self'", "'unsafe-inline'"]"""),
    ),
    mistake(
        "a page with a camera", "the_page_is_guarded", "Permissions-Policy does not say",
        (PAGE, "camera=()", "camera=(self)"),
    ),
    mistake(
        "a page that may try the sweep", "the_page_is_guarded", "may connect to sweep_expired",
        (PAGE, ' if function.callers != "ours"]', "]"),
    ),
    mistake(
        "a page that cannot hear the avatar", "the_page_is_guarded", "not connect to wss://",
        (PAGE, '"wss://${host}"', '"ws://${host}"'),
    ),
    mistake(
        "an alert that does not say what to do", "alerts_are_complete", "does not say what to do first",
        (ALERTS, "First buy credits; then see", "See"),
    ),
    mistake(
        "alerts that nobody hears", "alerts_are_complete", "alert_policy.bound: nobody hears of it",
        (ALERTS, "  notification_channels = local.channels\n", ""),
    ),
    mistake(
        "an alert that is gone", "alerts_are_complete", "nobody is called for orphans",
        (ALERTS, "    orphans = {", "    orphans_old = {"),
    ),
    mistake(
        "an alert on no metric", "metrics_exist", "there is no metric cloudtasks.googleapis.com/depth",
        (ALERTS, "cloudtasks.googleapis.com/queue/depth", "cloudtasks.googleapis.com/depth"),
    ),
    mistake(
        "a chart of no metric", "metrics_exist", "the dashboard: there is no metric",
        (DASHBOARD, "user/oprina/start_time", "user/oprina/start_times"),
    ),
]  # fmt: skip
