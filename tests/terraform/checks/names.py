"""Checks of names against Google's patterns, and of enabled APIs."""

import re
from collections.abc import Iterator

from tests.terraform.checks.access import read_google_names
from tests.terraform.facts import Code
from tests.terraform.plan import Plan
from tests.terraform.provider.server import PROJECT_NUMBER

HYPHENS = r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
PATTERNS = {
    ("google_service_account", "account_id"): r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
    ("google_storage_bucket", "name"): r"(?!goog)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    ("google_cloudfunctions2_function", "name"): HYPHENS,
    ("google_secret_manager_secret", "secret_id"): r"[A-Za-z0-9_-]{1,255}",
    ("google_cloud_tasks_queue", "name"): r"[A-Za-z0-9-]{1,500}",
    ("google_cloud_scheduler_job", "name"): r"[A-Za-z0-9_-]{1,500}",
    ("google_project_iam_custom_role", "role_id"): r"[A-Za-z0-9_.]{3,64}",
    ("google_artifact_registry_repository", "repository_id"): HYPHENS,
    ("google_logging_metric", "name"): r"[A-Za-z0-9_./-]{1,100}",
    ("google_firestore_database", "name"): r"\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9]",
    ("google_compute_backend_service", "name"): HYPHENS,
    ("google_compute_region_network_endpoint_group", "name"): HYPHENS,
    ("google_compute_security_policy", "name"): HYPHENS,
    ("google_monitoring_custom_service", "service_id"): r"[a-zA-Z0-9_.:/-]+",
    ("google_monitoring_slo", "slo_id"): r"[a-zA-Z0-9_.:/-]+",
    ("google_compute_url_map", "name"): HYPHENS,
    ("google_compute_global_address", "name"): HYPHENS,
    ("google_compute_global_forwarding_rule", "name"): HYPHENS,
    ("google_compute_managed_ssl_certificate", "name"): HYPHENS,
    ("google_compute_ssl_policy", "name"): HYPHENS,
    ("google_compute_target_https_proxy", "name"): HYPHENS,
    ("google_compute_target_http_proxy", "name"): HYPHENS,
}
APIS = {
    "google_artifact_registry": "artifactregistry",
    "google_billing": "billingbudgets",
    "google_cloud_run": "run",
    "google_cloud_scheduler": "cloudscheduler",
    "google_cloud_tasks": "cloudtasks",
    "google_cloudfunctions2": "cloudfunctions",
    "google_compute": "compute",
    "google_firebaserules": "firebaserules",
    "google_firestore": "firestore",
    "google_identity_platform": "identitytoolkit",
    "google_logging": "logging",
    "google_monitoring": "monitoring",
    "google_project_iam": "iam",
    "google_project_service": "serviceusage",
    "google_pubsub": "pubsub",
    "google_secret_manager": "secretmanager",
    "google_service_account": "iam",
    "google_storage": "storage",
}
APIS_OF_CODE = {
    "aiplatform",
    "speech",
    "texttospeech",
    "telemetry",
    "cloudtrace",
    "gmail",
    "calendar-json",
}
APIS_OF_TOOLS = {"cloudbuild", "cloudresourcemanager"}
"""Google builds the functions' images with the first. Terraform reads the project with the second."""


def check_name_patterns(plan: Plan, _: Code) -> Iterator[str]:
    """Check that Google accepts each name."""
    for each in plan.resources():
        for (type_, attribute), pattern in PATTERNS.items():
            if each.type == type_ and not re.fullmatch(pattern, each.values[attribute]):
                yield f"{each.address}: {attribute} {each.values[attribute]!r} does not match {pattern}"


def check_places(plan: Plan, code: Code) -> Iterator[str]:
    """Check regions and hosts: whatever has a region is in that of the environment."""
    region = plan.variables["region"]
    for each in plan.resources():
        for attribute in ("region", "location"):
            if each.values.get(attribute, region).lower() not in {region, "global"}:
                yield f"{each.address}: is in {each.values[attribute]}, not in {region}"
    closed = plan.variables["only_load_balancer"]
    for name, url in plan.outputs["function_urls"].items():
        host = f"{plan.functions()[name]['name']}-{PROJECT_NUMBER}.{region}.run.app"
        if closed and name not in code.internal:
            host = f"{plan.variables['domain']}/api/{name}".removesuffix("/api/page")
        if url != f"https://{host}":
            yield f"{name}: callers reach it at {host}, not at {url}"
    redirect = f"{plan.settings('connections')['OPRINA_CONNECTIONS_URL']}/google/callback"
    if plan.outputs["google_redirect_url"] != redirect:
        yield f"Google redirects to {plan.outputs['google_redirect_url']}, not to {redirect}"
    page = plan.variables["domain"] or f"page-{PROJECT_NUMBER}.{region}.run.app"
    if plan.outputs["page_url"] != f"https://{page}":
        yield f"the page is at https://{page}, not at {plan.outputs['page_url']}"


def check_quota_project(plan: Plan, _: Code) -> Iterator[str]:
    """Check that calls with a user's credentials name the project whose quota they use.

    Without it the APIs of budgets, Firebase rules and Identity Platform answer 403.
    """
    if plan.constant("user_project_override") is not True:
        yield "the provider does not set user_project_override"


def check_apis_are_enabled(plan: Plan, _: Code) -> Iterator[str]:
    """Check that each API that resources, code or tools use is enabled, and stays enabled."""
    enabled = {each.values["service"] for each in plan.resources("google_project_service")}
    for api in sorted(enabled - read_google_names("apis")):
        yield f"unknown API {api}"
    kinds = {each.type for each in plan.resources()}
    needed = {api for prefix, api in APIS.items() if any(kind.startswith(prefix) for kind in kinds)}
    for api in sorted(needed | APIS_OF_CODE | APIS_OF_TOOLS):
        if f"{api}.googleapis.com" not in enabled:
            yield f"{api} is used and not enabled"
    for kind in sorted(kinds):
        if kind.startswith("google_") and not kind.startswith(tuple(APIS)):
            yield f"{kind}: this file does not say which API it needs"
    for each in plan.resources("google_project_service"):
        if each.values["disable_on_destroy"] is not False:
            yield f"{each.address}: is disabled for other software in the project, too"
