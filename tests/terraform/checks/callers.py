"""Checks of callers: which functions are public, and who may call the internal ones."""

from base64 import b64decode
from collections.abc import Iterator

from common.schemas.requests import SweepRequest
from tests.terraform.facts import Code
from tests.terraform.plan import Plan

ALL_USERS = "allUsers"
"""Required for browsers: IAM does not accept Firebase ID tokens."""
PUBLIC_MEMBERS = {ALL_USERS, "allAuthenticatedUsers"}


def check_public_functions(plan: Plan, code: Code) -> Iterator[str]:
    """Check that all functions are public but the internal ones, and that nothing else is.

    In an organisation that refuses allUsers nothing is granted to them, and `make deploy` disables
    Cloud Run's check of callers.
    """
    services = {values["name"]: name for name, values in plan.functions().items()}
    public = {services.get(g.on, g.on) for g in plan.grants() if g.member in PUBLIC_MEMBERS}
    allowed = set(services.values()) - code.internal
    for name in sorted(public - allowed):
        yield f"{name}: is public and does not verify its callers"
    for grant in plan.grants():
        if grant.on in services and grant.role != "roles/run.invoker":
            yield f"{services[grant.on]}: {grant.role} does not let {grant.member} call it"
    open_to_all = {services.get(g.on, g.on) for g in plan.grants() if g.member == ALL_USERS}
    granted = plan.variables["public_access"] == "all_users"
    for name in sorted(allowed - open_to_all if granted else open_to_all):
        yield f"{name}: IAM refuses {'browsers' if granted else 'to grant allUsers'}"


def check_members_are_ours(plan: Plan, _: Code) -> Iterator[str]:
    """Check that each role is granted to an account of the project, but for public functions."""
    accounts = {each.values["member"] for each in plan.resources("google_service_account")}
    services = {values["name"] for values in plan.functions().values()}
    for grant in plan.grants():
        if grant.member not in accounts and not (
            grant.member in PUBLIC_MEMBERS and grant.on in services
        ):
            yield f"{grant.address}: {grant.member} is no account of this deployment"


def check_ingress(plan: Plan, code: Code) -> Iterator[str]:
    """Check that browsers reach a function, and in the second phase only by the load balancer."""
    closed = plan.variables["only_load_balancer"]
    wanted = "ALLOW_INTERNAL_AND_GCLB" if closed else "ALLOW_ALL"
    for name in sorted(set(plan.functions()) - code.internal):
        ingress = plan.functions()[name]["service_config"][0]["ingress_settings"]
        if ingress != wanted:
            way = "reached past the load balancer" if closed else "not reached by browsers"
            yield f"{name}: is {way}: {ingress}"


def check_sweep_request(plan: Plan, _: Code) -> Iterator[str]:
    """Check the scheduler's request: method, body and deadline."""
    job = plan.one("google_cloud_scheduler_job.sweep")
    (target,) = job["http_target"]
    if target["http_method"] != "POST":
        yield f"the scheduler sends {target['http_method']}, the sweep accepts POST"
    try:
        request = SweepRequest.model_validate_json(
            b64decode(target["body"], validate=True) or b"{}"
        )
    except ValueError:
        yield "the sweep does not accept the scheduler's body"
    else:
        if request.avatar_session_id is not None:
            yield "the scheduler asks for one session instead of all that are due"
    (service,) = plan.functions()["sweep_expired"]["service_config"]
    if float(job["attempt_deadline"].removesuffix("s")) < service["timeout_seconds"]:
        yield f"the scheduler gives up after {job['attempt_deadline']}, before the sweep ends"


def check_sweep_callers(plan: Plan, code: Code) -> Iterator[str]:
    """Check that the scheduler and the tasks, and no others, may call the sweep."""
    settings = plan.settings("sweep_expired")
    (target,) = plan.one("google_cloud_scheduler_job.sweep")["http_target"]
    if not target["oidc_token"]:
        yield "the scheduler sends no token"
        return
    (token,) = target["oidc_token"]
    callers = {settings["OPRINA_TASKS_ACCOUNT"], token["service_account_email"]}
    yield from _only(plan, "sweep_expired", callers)
    for name in sorted(code.internal):
        ingress = plan.functions()[name]["service_config"][0]["ingress_settings"]
        if ingress != "ALLOW_INTERNAL_ONLY":
            yield f"{name}: accepts requests from the internet"
    if not {target["uri"], token["audience"]} <= {settings["OPRINA_SWEEP_URL"]}:
        yield "the scheduler and the tasks call different addresses"
    if settings["OPRINA_SWEEP_URL"] != plan.outputs["function_urls"]["sweep_expired"]:
        yield "the sweep's address is another function's"


def check_budget_callers(plan: Plan, _: Code) -> Iterator[str]:
    """Check that the budget's messages reach the function that stops spending, and only those."""
    (subscription,) = plan.resources("google_pubsub_subscription")
    (push,) = subscription.values["push_config"]
    url = plan.outputs["function_urls"]["budget_alert"]
    tokens = push["oidc_token"]
    if push["push_endpoint"] != url or [each["audience"] for each in tokens] != [url]:
        yield f"{subscription.address}: pushes to {push['push_endpoint']} instead of {url}"
    yield from _only(plan, "budget_alert", {each["service_account_email"] for each in tokens})
    budgets = plan.resources("google_billing_budget")
    rules = [rule for each in budgets for rule in each.values["all_updates_rule"]]
    if [rule["schema_version"] for rule in rules] != ["1.0"]:
        yield "the budget publishes in no format that the function reads"
    topics = plan.references("google_billing_budget", "all_updates_rule.pubsub_topic")
    topics |= plan.references("google_pubsub_subscription", "topic")
    if not all("google_pubsub_topic.budget" in each for each in topics.values()):
        yield "the budget publishes to no topic, or its topic has no subscription"
    if [each["ttl"] for each in subscription.values["expiration_policy"]] != [""]:
        yield f"{subscription.address}: is deleted when the budget is silent for a month"
    (service,) = plan.functions()["budget_alert"]["service_config"]
    if subscription.values["ack_deadline_seconds"] < service["timeout_seconds"]:
        yield f"{subscription.address}: sends a message again while the function works on it"


def _only(plan: Plan, function: str, accounts: set[str]) -> Iterator[str]:
    """Yield accounts that call a function without permission, or may call it and do not."""
    service = plan.functions()[function]["name"]
    allowed = {grant.member for grant in plan.grants() if grant.on == service}
    members = {f"serviceAccount:{account}" for account in accounts}
    for member in sorted(members - allowed):
        yield f"{function}: {member} calls it without permission"
    for member in sorted(allowed - members):
        yield f"{function}: {member} may call it and does not"
