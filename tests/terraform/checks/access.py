"""Checks of permissions: each account holds the roles that its code needs, on as little as possible."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from common.adapters.vault import grants, per_session
from common.domain.ids import AvatarSessionId
from tests.terraform.facts import Code
from tests.terraform.plan import Grant, Plan, strings
from tests.terraform.provider.server import PROJECT_NUMBER

SESSION_SECRET = per_session._name(AvatarSessionId("id")).removesuffix("id")
GOOGLE_NAMES = Path(__file__).parents[1] / "google_names"
TOO_WIDE = re.compile(r"roles/(owner|editor|viewer|.*[aA]dmin|aiplatform\.user)")
WHOLE_PROJECT = {
    "oprina_agentCaller",
    "oprina_agentReader",
    "oprina_agentSessionDeleter",
    "oprina_secretCreator",
    "oprina_userDeleter",
    "oprina_speechCaller",
    "roles/cloudtrace.agent",
    "roles/logging.logWriter",
}
"""Roles that no policy of a resource and no condition can narrow. terraform/access.tf explains each."""

PURPOSES = {
    "roles/datastore.user": "store",
    "oprina_storeReader": "store.read",
    "oprina_agentCaller": "agent",
    "oprina_agentReader": "agent.read",
    "oprina_agentSessionDeleter": "agent.delete",
    "oprina_userDeleter": "users.delete",
    "oprina_queueReader": "queue.read",
    "oprina_speechCaller": "speech",
    "roles/cloudtasks.enqueuer": "queue",
    "roles/cloudtrace.agent": "traces",
    "roles/iam.serviceAccountUser": "act as the tasks",
    "oprina_secretCreator": "create secrets",
}
"""Purpose of each role. A role on one secret has that secret as its purpose."""

SECRET_ROLES = {
    "roles/secretmanager.secretVersionAdder": "write",
    "roles/secretmanager.secretAccessor": "read",
    "oprina_secretDeleter": "delete",
}
"""Purpose of each role on the secrets of sessions or of Google connections."""

COMPANIONS = {
    "queue": {"act as the tasks"},
    "tokens.write": {"create secrets"},
    "grants.write": {"create secrets"},
}
"""Purposes that work only together with another one."""

CUSTOM_ROLES = {
    "oprina_agentCaller": {"aiplatform.reasoningEngines.query", "aiplatform.sessions.create"},
    "oprina_agentReader": {"aiplatform.reasoningEngines.get"},
    "oprina_agentSessionDeleter": {"aiplatform.sessions.delete"},
    "oprina_userDeleter": {"firebaseauth.users.delete"},
    "oprina_queueReader": {"cloudtasks.queues.get"},
    "oprina_secretCreator": {"secretmanager.secrets.create"},
    "oprina_secretDeleter": {"secretmanager.secrets.delete"},
    "oprina_speechCaller": {"speech.recognizers.recognize"},
    "oprina_storeReader": {"datastore.entities.get"},
}
"""Permissions that the calls of the code need."""

BUILD_ROLES = {
    ("roles/logging.logWriter", "project", ""),
    ("roles/storage.objectViewer", "project", '"projects/_/buckets/gcf-v2-sources-"'),
    ("roles/artifactregistry.writer", "oprina-functions", ""),
    ("roles/storage.objectViewer", "packages", ""),
}
"""Roles of the account that builds the functions: role, resource, and name in the condition."""

SECRETS = {
    "liveavatar-api-key": "liveavatar key",
    "session-tokens-key": "sealing",
    "account-hash-key": "accounts key",
    "google-oauth-client": "oauth client",
}
SECRET_NAMES = {
    "tokens": f'"projects/{PROJECT_NUMBER}/secrets/{SESSION_SECRET}"',
    "grants": f'"projects/{PROJECT_NUMBER}/secrets/{grants.PREFIX}"',
}
"""The secrets that functions make at run time: the beginning of their names in a condition."""
SECRET_VALUE = re.compile(
    r"AIza[\w-]{30,}|-----BEGIN|eyJ[\w-]{10,}\.eyJ|GOCSPX-|ya29\.|xox[bp]-|sk[_-]\w{16,}|AKIA[0-9A-Z]{12,}"
)
SECRET_NAME = re.compile(r"_(KEY|TOKEN|PASSWORD|SECRET|CREDENTIALS?)$")
HYPHENATED = re.compile(r"[a-z]+(-[a-z]+)*")


def read_google_names(kind: str) -> set[str]:
    """Return the known `roles`, `permissions` or `apis` of Google."""
    return set((GOOGLE_NAMES / f"{kind}.txt").read_text().split())


def check_roles_exist(plan: Plan, _: Code) -> Iterator[str]:
    custom_roles = plan.resources("google_project_iam_custom_role")
    roles = read_google_names("roles") | {each.values["role_id"] for each in custom_roles}
    for grant in plan.grants():
        if _short_name(grant.role) not in roles:
            yield f"{grant.address}: unknown role {grant.role}"
    for each in custom_roles:
        unknown = set(each.values["permissions"]) - read_google_names("permissions")
        for permission in sorted(unknown):
            yield f"{each.address}: unknown permission {permission}"


def check_roles_are_narrow(plan: Plan, _: Code) -> Iterator[str]:
    for grant in plan.grants():
        role = _short_name(grant.role)
        if TOO_WIDE.fullmatch(role):
            yield f"{grant.address}: {role} is too wide"
        elif grant.on == "project" and not grant.condition and role not in WHOLE_PROJECT:
            yield f"{grant.address}: {role} on the whole project without a condition"


def check_build_account(plan: Plan, _: Code) -> Iterator[str]:
    """Check the roles of a build. A missing one stops the first deployment, after ten minutes."""
    builders = {each["build_config"][0]["service_account"] for each in plan.functions().values()}
    members = {f"serviceAccount:{str(each).rpartition('/')[2]}" for each in builders}
    held = {
        (grant.role, grant.on.rpartition("-oprina-")[2] or grant.on, grant.condition)
        for grant in plan.grants()
        if grant.member in members
    }
    for role, resource, name in sorted(BUILD_ROLES):
        if not any((role, resource) == each[:2] and name in each[2] for each in held):
            yield f"the account that builds lacks {role} on {name or resource}"
    if len(held) > len(BUILD_ROLES):
        yield f"the account that builds holds more than it needs: {sorted(held)}"
    stored = plan.references("google_cloudfunctions2_function", "build_config.docker_repository")
    if not all(stored.values()):
        yield "the images of functions are in a repository that Terraform does not make"


def check_custom_roles(plan: Plan, _: Code) -> Iterator[str]:
    for each in plan.resources("google_project_iam_custom_role"):
        name, held = each.values["role_id"], set(each.values["permissions"])
        needed = CUSTOM_ROLES.get(name, set())
        if unused := sorted(held - needed):
            yield f"{name}: unused permission {', '.join(unused)}"
        if missing := sorted(needed - held):
            yield f"{name}: missing permission {', '.join(missing)}"


def check_conditions_match_resources(plan: Plan, _: Code) -> Iterator[str]:
    """Check the resource names in conditions. Google accepts a condition that matches nothing."""
    (database,) = plan.resources("google_firestore_database")
    own = [f'"projects/{plan.variables["project"]}/databases/{database.values["name"]}"']
    wanted = {
        "roles/datastore.user": own,
        "oprina_storeReader": own,
        **{role: list(SECRET_NAMES.values()) for role in SECRET_ROLES},
    }
    for grant in plan.grants():
        names = wanted.get(_short_name(grant.role), [""])
        if grant.on == "project" and not any(name in grant.condition for name in names):
            yield f"{grant.address}: the condition does not name {' or '.join(names)}"


def check_accounts_are_separate(plan: Plan, _: Code) -> Iterator[str]:
    """Check that each function has an account of its own, other than the build's."""
    accounts = [each.values["email"] for each in plan.resources("google_service_account")]
    owners: dict[str, str] = {}
    for name, values in plan.functions().items():
        account = values["service_config"][0]["service_account_email"]
        builder = (values["build_config"][0]["service_account"] or "").rpartition("/")[2]
        if account not in accounts or builder not in accounts:
            yield f"{name}: runs or is built as an account that Terraform does not make"
        if account in owners or account == builder:
            yield f"{name}: shares its account with {owners.get(account, 'the build')}"
        owners[account] = name
    if plan.outputs["accounts"] != {name: account for account, name in owners.items()}:
        yield "the output `accounts` names other accounts"


def check_functions_hold_needed_roles_only(plan: Plan, code: Code) -> Iterator[str]:
    """Compare the roles of each function with the services that its code used in a test run."""
    vault = plan.variables["vault"]
    for name in plan.functions():
        settings = plan.settings(name)
        needed = _needed_purposes(code.uses.get(name, set()), vault)
        needed |= {"traces"} if settings["OPRINA_TRACES"] == "true" else set()
        needed |= {"accounts key"} if name not in {*code.internal, "health", "page"} else set()
        held = {_purpose(grant, settings) for grant in plan.grants() if grant.function == name}
        if missing := sorted(needed - held):
            yield f"{name}: lacks a role for: {', '.join(missing)}"
        if unused := sorted(held - needed):
            yield f"{name}: holds an unused role for: {', '.join(unused)}"


def check_values_hold_no_secret(plan: Plan, _: Code) -> Iterator[str]:
    values = {each.address: each.values for each in plan.resources()}
    for path, text in strings({**values, "output": plan.outputs, "var": plan.variables}):
        if SECRET_VALUE.search(text):
            yield f"{path[1:]}: looks like a secret"
    for each in plan.resources("google_secret_manager_secret_version"):
        yield f"{each.address}: Terraform would write the secret's value into its state"


def check_names_promise_no_secret(plan: Plan, _: Code) -> Iterator[str]:
    """Check variables and settings whose name ends like a secret. A setting may name a secret."""
    for name in sorted(plan.variables):
        if SECRET_NAME.search(f"_{name}".upper()):
            yield f"var.{name}: a secret must not be in Terraform's state"
    for name in plan.functions():
        for setting, value in plan.settings(name).items():
            if SECRET_NAME.search(setting) and not HYPHENATED.fullmatch(value):
                yield f"{name}: {setting} is not the name of a secret"


def _needed_purposes(uses: set[str], vault: str) -> set[str]:
    """Return the purposes that `uses` needs. Sealed tokens are in documents and need only the key."""
    if vault == "sealed":
        sealing = {"sealing"} if uses & {"tokens.write", "tokens.read"} else set()
        uses = {use for use in uses if not use.startswith("tokens.")} | sealing
    return uses.union(*(COMPANIONS.get(use, set()) for use in uses))


def _purpose(grant: Grant, settings: Mapping[str, str]) -> str:
    role = _short_name(grant.role)
    if grant.on in SECRETS:
        return SECRETS[grant.on] if role == "roles/secretmanager.secretAccessor" else role
    if role == "roles/iam.serviceAccountUser":
        account = grant.on.rpartition("/")[2]
        return (
            PURPOSES[role] if account == settings["OPRINA_TASKS_ACCOUNT"] else f"act as {account}"
        )
    for kind, name in SECRET_NAMES.items() if role in SECRET_ROLES else ():
        if name in grant.condition:
            return f"{kind}.{SECRET_ROLES[role]}"
    return PURPOSES.get(role, f"have {role} on {grant.on}")


def _short_name(role: str) -> str:
    """Return the id of a custom role, and the full name of Google's own roles."""
    return role if role.startswith("roles/") else role.rpartition("/")[2]
