"""Who may do what: each account as much as its code does, on the thing itself."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from common.adapters.vault import per_session
from common.domain.ids import AvatarSessionId
from tests.terraform.facts import Code
from tests.terraform.plan import Grant, Plan, strings
from tests.terraform.provider.server import PROJECT_NUMBER

KNOWN = Path(__file__).parents[1] / "known"
EVERYTHING = re.compile(r"roles/(owner|editor|viewer|.*[aA]dmin|aiplatform\.user)")
WHOLE_PROJECT = {
    "oprina_agentCaller",
    "oprina_agentLooker",
    "oprina_secretCreator",
    "roles/cloudtrace.agent",
    "roles/logging.logWriter",
}
"""Where Google has neither a policy on the thing nor a condition; terraform/access.tf says why."""

NEEDS = {
    "roles/datastore.user": "store",
    "oprina_storeLooker": "store.look",
    "oprina_agentCaller": "agent",
    "oprina_agentLooker": "agent.look",
    "oprina_queueLooker": "queue.look",
    "roles/cloudtasks.enqueuer": "queue",
    "roles/cloudtrace.agent": "traces",
    "roles/iam.serviceAccountUser": "act as the tasks",
    "oprina_secretCreator": "tokens.keep",
    "roles/secretmanager.secretVersionAdder": "add to tokens",
    "roles/secretmanager.secretAccessor": "tokens.open",
    "oprina_secretDeleter": "tokens.forget",
}
"""What a role on everything of a kind is for; a role on one secret is for that secret."""

TOGETHER = {"queue": {"act as the tasks"}, "tokens.keep": {"add to tokens"}}
"""One of these is worth nothing without the other."""

OWN = {
    "oprina_agentCaller": {"aiplatform.reasoningEngines.query", "aiplatform.sessions.create"},
    "oprina_agentLooker": {"aiplatform.reasoningEngines.get"},
    "oprina_queueLooker": {"cloudtasks.queues.get"},
    "oprina_secretCreator": {"secretmanager.secrets.create"},
    "oprina_secretDeleter": {"secretmanager.secrets.delete"},
    "oprina_storeLooker": {"datastore.entities.get"},
}
"""What the code's calls ask for, and no more."""

OF_SESSIONS = (
    "roles/secretmanager.secretAccessor",
    "roles/secretmanager.secretVersionAdder",
    "oprina_secretDeleter",
)

SECRETS = {"liveavatar-api-key": "liveavatar key", "session-tokens-key": "tokens key"}
SECRET = re.compile(
    r"AIza[\w-]{30,}|-----BEGIN|eyJ[\w-]{10,}\.eyJ|GOCSPX-|ya29\.|xox[bp]-|sk[_-]\w{16,}|AKIA[0-9A-Z]{12,}"
)
SECRET_NAME = re.compile(r"_(KEY|TOKEN|PASSWORD|SECRET|CREDENTIALS?)$")
NAME = re.compile(r"[a-z]+(-[a-z]+)*")


def known(what: str) -> set[str]:
    return set((KNOWN / f"{what}.txt").read_text().split())


def roles_are_known(plan: Plan, _: Code) -> Iterator[str]:
    own = plan.resources("google_project_iam_custom_role")
    roles = known("roles") | {each.values["role_id"] for each in own}
    for grant in plan.grants():
        if _short(grant.role) not in roles:
            yield f"{grant.address}: there is no {grant.role}"
    for each in own:
        for permission in sorted(set(each.values["permissions"]) - known("permissions")):
            yield f"{each.address}: there is no permission {permission}"


def roles_are_narrow(plan: Plan, _: Code) -> Iterator[str]:
    for grant in plan.grants():
        role = _short(grant.role)
        if EVERYTHING.fullmatch(role):
            yield f"{grant.address}: {role} is wider than anything that is done here"
        elif grant.on == "project" and not grant.condition and role not in WHOLE_PROJECT:
            yield f"{grant.address}: {role} on the whole project, without a condition"


def own_roles_hold_what_is_used(plan: Plan, _: Code) -> Iterator[str]:
    for each in plan.resources("google_project_iam_custom_role"):
        name, holds = each.values["role_id"], set(each.values["permissions"])
        if holds != OWN.get(name, set()):
            differs = ", ".join(sorted(holds ^ OWN.get(name, set())))
            yield f"{name}: {differs}: is held and not used, or used and not held"


def conditions_name_what_is_there(plan: Plan, _: Code) -> Iterator[str]:
    """A condition on a name that nothing has gives nothing, and says so to nobody."""
    (database,) = plan.resources("google_firestore_database")
    secret = per_session._name(AvatarSessionId("id")).removesuffix("id")
    own = f'"projects/{plan.variables["project"]}/databases/{database.values["name"]}"'
    wanted = {
        "roles/datastore.user": own,
        "oprina_storeLooker": own,
        **dict.fromkeys(OF_SESSIONS, f'"projects/{PROJECT_NUMBER}/secrets/{secret}"'),
    }
    for grant in plan.grants():
        name = wanted.get(_short(grant.role), "")
        if grant.on == "project" and name not in grant.condition:
            yield f"{grant.address}: the condition does not name {name}"


def accounts_are_their_own(plan: Plan, _: Code) -> Iterator[str]:
    """One a function, and none of them builds, schedules or runs tasks."""
    accounts = [each.values["email"] for each in plan.resources("google_service_account")]
    used: dict[str, str] = {}
    for name, values in plan.functions().items():
        account = values["service_config"][0]["service_account_email"]
        builder = (values["build_config"][0]["service_account"] or "").rpartition("/")[2]
        if account not in accounts or builder not in accounts:
            yield f"{name}: runs or is built as an account that is not of these files"
        if account in used or account == builder:
            yield f"{name}: shares its account with {used.get(account, 'the build')}"
        used[account] = name


def functions_may_do_what_they_do_and_no_more(plan: Plan, code: Code) -> Iterator[str]:
    """Compared with what the code reached when it was run."""
    given = plan.variables["vault"]
    for name in plan.functions():
        needs = _needed(code.reaches.get(name, set()), given)
        needs |= {"traces"} if plan.settings(name)["OPRINA_TRACES"] == "true" else set()
        may: set[str] = set()
        for grant in plan.grants():
            if grant.function == name:
                may.add(_purpose(grant, plan.settings(name)))
        if missing := sorted(needs - may):
            yield f"{name}: may not {', '.join(missing)}, and its code does"
        if more := sorted(may - needs):
            yield f"{name}: may {', '.join(more)}, and its code does not"


def no_value_is_a_secret(plan: Plan, _: Code) -> Iterator[str]:
    values = {each.address: each.values for each in plan.resources()}
    for path, text in strings({**values, "output": plan.outputs, "var": plan.variables}):
        if SECRET.search(text):
            yield f"{path[1:]}: looks like a secret"
    for each in plan.resources("google_secret_manager_secret_version"):
        yield f"{each.address}: a secret's value would stand in the state"


def no_name_is_a_secrets(plan: Plan, _: Code) -> Iterator[str]:
    """Of what holds more than the name of one."""
    for name in sorted(plan.variables):
        if SECRET_NAME.search(f"_{name}".upper()):
            yield f"var.{name}: a secret stands in Terraform's state, whoever gives it"
    for name in plan.functions():
        for setting, value in plan.settings(name).items():
            if SECRET_NAME.search(setting) and not NAME.fullmatch(value):
                yield f"{name}: {setting} holds more than a secret's name"


def _needed(reached: set[str], vault: str) -> set[str]:
    """Sealed tokens lie in documents: to keep or open them takes the key, and nothing else."""
    reached = reached.union(*(TOGETHER.get(need, set()) for need in reached))
    if vault == "secret_manager":
        return reached
    sealed = {"tokens key"} if reached & {"tokens.keep", "tokens.open"} else set()
    return {need for need in reached if "tokens" not in need} | sealed


def _purpose(grant: Grant, settings: Mapping[str, str]) -> str:
    role = _short(grant.role)
    if grant.on in SECRETS:
        return SECRETS[grant.on] if role == "roles/secretmanager.secretAccessor" else role
    if role == "roles/iam.serviceAccountUser":
        account = grant.on.rpartition("/")[2]
        return NEEDS[role] if account == settings["OPRINA_TASKS_ACCOUNT"] else f"act as {account}"
    return NEEDS.get(role, f"have {role} on {grant.on}")


def _short(role: str) -> str:
    """Of our own roles, the last part."""
    return role if role.startswith("roles/") else role.rpartition("/")[2]
