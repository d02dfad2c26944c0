"""Checks of sign-in."""

from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan


def check_sign_in(plan: Plan, _: Code) -> Iterator[str]:
    """Check the hosts that may sign people in, and what a client may do to accounts."""
    (config,) = plan.resources("google_identity_platform_config")
    page = plan.outputs["page_url"].removeprefix("https://")
    if page not in config.values["authorized_domains"]:
        yield f"{config.address}: no one can sign in at {page}"
    if f"{plan.variables['project']}.firebaseapp.com" not in config.values["authorized_domains"]:
        yield f"{config.address}: Google's redirect comes back to firebaseapp.com"
    is_local = any("://localhost" in origin for origin in plan.variables["other_origins"])
    if "localhost" in config.values["authorized_domains"] and not is_local:
        yield f"{config.address}: any page on a person's computer can sign in"
    for domain in config.values["authorized_domains"]:
        if "*" in domain or "/" in domain:
            yield f"{config.address}: {domain} is not a host"
    if not any(each["email"][0]["enabled"] for each in config.values["sign_in"]):
        yield f"{config.address}: the smoke test's user cannot sign in"
    if not all(each["email"][0]["password_required"] for each in config.values["sign_in"]):
        yield f"{config.address}: a link in a mail signs people in"
    permissions = [each["permissions"][0] for each in config.values["client"]]
    if not all(each["disabled_user_deletion"] for each in permissions):
        yield f"{config.address}: a client can delete an account, and its data stay"
    if any(each["disabled_user_signup"] for each in permissions):
        yield f"{config.address}: refuses the first sign-in with Google"
