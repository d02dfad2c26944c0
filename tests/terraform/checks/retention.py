"""Checks of retention: documents, files and images are kept, and only garbage expires."""

import re
from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan

DAY_SECONDS, MIN_IMAGES = 24 * 3600, 2
TTL_FIELDS = {
    (collection, "expires_at")
    for collection in (
        *("deleted_conversations", "deletion_certificates", "former_accounts"),
        *("idempotency", "limits", "turns"),
    )
}
"""Stored answers are kept for a day. A turn has a value in `expires_at` once it is settled. Avatar
sessions have a field `expires_at` too. There it must not be a TTL field: the sweep could neither end
nor settle a session whose document is deleted."""


def check_documents_are_kept(plan: Plan, _: Code) -> Iterator[str]:
    """Check protection, point-in-time recovery and daily backups of the database."""
    (database,) = plan.resources("google_firestore_database")
    expected = {
        "type": "FIRESTORE_NATIVE",
        "point_in_time_recovery_enablement": "POINT_IN_TIME_RECOVERY_ENABLED",
        "delete_protection_state": "DELETE_PROTECTION_ENABLED",
        "deletion_policy": "ABANDON",
    }
    for attribute, value in expected.items():
        if database.values.get(attribute) != value:
            yield f"{database.address}: {attribute} is not {value}"
    kept = [
        float(each.values["retention"].removesuffix("s")) / DAY_SECONDS
        for each in plan.resources("google_firestore_backup_schedule")
        if each.values["daily_recurrence"]
    ]
    if not kept or min(kept) < plan.variables["backup_days"]:
        yield f"no daily backup is kept for {plan.variables['backup_days']} days"


def check_rules_refuse_clients(plan: Plan, _: Code) -> Iterator[str]:
    """Check that every `allow` outside of comments is `if false`, and that the rules are in force."""
    (rules,) = plan.resources("google_firebaserules_ruleset")
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", rules.values["source"][0]["files"][0]["content"])
    statements = re.findall(r"\ballow\b([^;]*);", text)
    if any(not re.fullmatch(r"[\s\w,]+:\s*if\s+false\s*", each) for each in statements):
        yield f"{rules.address}: the rules let clients in"
    if not statements:
        yield f"{rules.address}: the rules have no allow statement"
    (database,) = plan.resources("google_firestore_database")
    (release,) = plan.resources("google_firebaserules_release")
    name = database.values["name"]
    expected = "cloud.firestore" if name == "(default)" else f"cloud.firestore/{name}"
    if release.values["name"] != expected:
        yield f"{release.address}: belongs to another database than {name}"


def check_ttl_fields(plan: Plan, _: Code) -> Iterator[str]:
    """Check that exactly the fields in `TTL_FIELDS` expire documents."""
    fields = plan.resources("google_firestore_field")
    expiring = {
        (each.values["collection"], each.values["field"])
        for each in fields
        if each.values["ttl_config"]
    }
    for collection, field in sorted(expiring - TTL_FIELDS):
        yield f"{collection}: Google deletes documents at their {field}"
    for collection, field in sorted(TTL_FIELDS - expiring):
        yield f"{collection}: documents are kept for ever, {field} has no TTL"


def check_images_are_kept(plan: Plan, _: Code) -> Iterator[str]:
    """Check that images of older revisions are kept for a rollback, and deleted some day."""
    for each in plan.resources("google_artifact_registry_repository"):
        rules = each.values["cleanup_policies"]
        kept = [
            most["keep_count"]
            for rule in rules
            if rule["action"] == "KEEP"
            for most in rule["most_recent_versions"]
        ]
        if max(kept, default=0) < MIN_IMAGES:
            yield f"{each.address}: a function without a deployment for 30 days loses its images"
        if all(rule["action"] == "KEEP" for rule in rules):
            yield f"{each.address}: old versions are never deleted"


def check_buckets_keep_versions(plan: Plan, _: Code) -> Iterator[str]:
    """Check versioning, its end, and that one policy governs access to the whole bucket."""
    for each in plan.resources("google_storage_bucket"):
        if not each.values["uniform_bucket_level_access"]:
            yield f"{each.address}: each file may have its own access list"
        if not any(versioning["enabled"] for versioning in each.values["versioning"]):
            yield f"{each.address}: replaced files are lost"
        conditions = [c for rule in each.values["lifecycle_rule"] for c in rule["condition"]]
        if not conditions:
            yield f"{each.address}: old versions are never deleted"
        if any(not c.get("days_since_noncurrent_time") for c in conditions):
            yield f"{each.address}: deletes files in use"
        if each.values.get("force_destroy"):
            yield f"{each.address}: can be deleted with its content"
        page = each.address == "google_storage_bucket.page"
        if not page and each.values["public_access_prevention"] != "enforced":
            yield f"{each.address}: can be made public"
