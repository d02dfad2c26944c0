"""Who may call: anybody where the code verifies tokens, the scheduler and the tasks where IAM does."""

from base64 import b64decode
from collections.abc import Iterator

from common.schemas.requests import SweepRequest
from tests.terraform.facts import Code
from tests.terraform.plan import Plan

WITHOUT_GOOGLE = "allUsers"
"""A user's token is Firebase's: at IAM a page is nobody."""
ANYBODY = {WITHOUT_GOOGLE, "allAuthenticatedUsers"}


def only_what_browsers_call_is_public(plan: Plan, code: Code) -> Iterator[str]:
    """And the page's bucket, which is read and no more."""
    page = plan.one("google_storage_bucket.page")["name"]
    services = {values["name"]: name for name, values in plan.functions().items()}
    public = {
        services.get(grant.on, grant.on) for grant in plan.grants() if grant.member in ANYBODY
    }
    allowed = set(services.values()) - code.internal
    for name in sorted(public - allowed - {page}):
        yield f"{name}: anybody may call it, and it verifies nobody"
    reached = {services.get(g.on, g.on) for g in plan.grants() if g.member == WITHOUT_GOOGLE}
    for name in sorted(allowed - reached):
        yield f"{name}: browsers cannot call it"
    for name in sorted(allowed):
        if plan.functions()[name]["service_config"][0]["ingress_settings"] != "ALLOW_ALL":
            yield f"{name}: browsers cannot reach it"
    for grant in plan.grants():
        if (
            grant.member in ANYBODY
            and grant.on == page
            and grant.role != "roles/storage.objectViewer"
        ):
            yield f"{grant.address}: anybody may do more with the page than read it"


def the_sweep_is_asked_as_it_wants_to_be(plan: Plan, _: Code) -> Iterator[str]:
    """With a body that its model takes, for everything that is due, and heard to its end."""
    job = plan.one("google_cloud_scheduler_job.sweep")
    (target,) = job["http_target"]
    if target["http_method"] != "POST":
        yield f"the scheduler sends {target['http_method']}, and the sweep takes POST"
    try:
        asked = SweepRequest.model_validate_json(b64decode(target["body"], validate=True) or b"{}")
    except ValueError:
        yield "the scheduler sends what the sweep does not take"
    else:
        if asked.avatar_session_id is not None:
            yield "the scheduler asks for one session, and not for all that are due"
    (service,) = plan.functions()["sweep_expired"]["service_config"]
    if float(job["attempt_deadline"].removesuffix("s")) < service["timeout_seconds"]:
        yield f"the scheduler hangs up after {job['attempt_deadline']}"


def the_sweep_is_called_by_the_scheduler_and_the_tasks(plan: Plan, code: Code) -> Iterator[str]:
    settings = plan.settings("sweep_expired")
    (target,) = plan.one("google_cloud_scheduler_job.sweep")["http_target"]
    if not target["oidc_token"]:
        yield "the scheduler calls without saying who it is"
        return
    (token,) = target["oidc_token"]
    callers = {settings["OPRINA_TASKS_ACCOUNT"], token["service_account_email"]}
    for name in sorted(code.internal):
        values = plan.functions()[name]
        may = {grant.member for grant in plan.grants() if grant.on == values["name"]}
        for account in sorted(callers - {member.removeprefix("serviceAccount:") for member in may}):
            yield f"{name}: {account} calls it and may not"
        for member in sorted(may - {f"serviceAccount:{account}" for account in callers}):
            yield f"{name}: {member} may call it and does not"
        if values["service_config"][0]["ingress_settings"] != "ALLOW_INTERNAL_ONLY":
            yield f"{name}: can be reached from everywhere"
    if not {target["uri"], token["audience"]} <= {settings["OPRINA_SWEEP_URL"]}:
        yield "the scheduler and the tasks call different addresses"
    if settings["OPRINA_SWEEP_URL"] != plan.outputs["function_urls"]["sweep_expired"]:
        yield "the sweep's address is another function's"
