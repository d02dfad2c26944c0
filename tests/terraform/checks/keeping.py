"""Documents and files: kept, and thrown away only where that is what is meant."""

import re
from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan

DAY, LEAST_IMAGES = 24 * 3600, 2
GARBAGE = {("idempotency", "expires_at")}
"""An answer is kept for a day. An avatar session has a field of that name too: it is when the
session ends, and the document, deleted then, could not be swept or settled any more."""


def documents_are_kept(plan: Plan, _: Code) -> Iterator[str]:
    (database,) = plan.resources("google_firestore_database")
    wanted = {
        "type": "FIRESTORE_NATIVE",
        "point_in_time_recovery_enablement": "POINT_IN_TIME_RECOVERY_ENABLED",
        "delete_protection_state": "DELETE_PROTECTION_ENABLED",
        "deletion_policy": "ABANDON",
    }
    for attribute, value in wanted.items():
        if database.values.get(attribute) != value:
            yield f"{database.address}: {attribute} is not {value}"
    kept = [
        float(each.values["retention"].removesuffix("s")) / DAY
        for each in plan.resources("google_firestore_backup_schedule")
        if each.values["daily_recurrence"]
    ]
    if not kept or min(kept) < plan.variables["backup_days"]:
        yield f"no backup of every day is kept for {plan.variables['backup_days']} days"


def nobody_comes_at_the_documents(plan: Plan, _: Code) -> Iterator[str]:
    """Whatever stands in a comment, every `allow` allows nothing."""
    (rules,) = plan.resources("google_firebaserules_ruleset")
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", rules.values["source"][0]["files"][0]["content"])
    given = re.findall(r"\ballow\b([^;]*);", text)
    if any(not re.fullmatch(r"[\s\w,]+:\s*if\s+false\s*", each) for each in given):
        yield f"{rules.address}: lets somebody at the documents"
    if not given:
        yield f"{rules.address}: says nothing"
    (database,) = plan.resources("google_firestore_database")
    (release,) = plan.resources("google_firebaserules_release")
    name = database.values["name"]
    where = "cloud.firestore" if name == "(default)" else f"cloud.firestore/{name}"
    if release.values["name"] != where:
        yield f"{release.address}: is of another database than {name}"


def nothing_but_garbage_expires(plan: Plan, _: Code) -> Iterator[str]:
    fields = plan.resources("google_firestore_field")
    expiring = {
        (each.values["collection"], each.values["field"])
        for each in fields
        if each.values["ttl_config"]
    }
    for collection, field in sorted(expiring - GARBAGE):
        yield f"{collection}: is deleted at its {field}, which means something else"
    for collection, field in sorted(GARBAGE - expiring):
        yield f"{collection}: is kept for ever, whatever its {field} says"


def images_are_kept_to_go_back_to(plan: Plan, _: Code) -> Iterator[str]:
    for each in plan.resources("google_artifact_registry_repository"):
        rules = each.values["cleanup_policies"]
        kept = [
            most["keep_count"]
            for rule in rules
            if rule["action"] == "KEEP"
            for most in rule["most_recent_versions"]
        ]
        if max(kept, default=0) < LEAST_IMAGES:
            yield f"{each.address}: a function that is not deployed for a month loses its images"
        if all(rule["action"] == "KEEP" for rule in rules):
            yield f"{each.address}: what was replaced is paid for ever"


def buckets_keep_what_was_replaced(plan: Plan, _: Code) -> Iterator[str]:
    """For a while; and one policy says who reads them, not one a file."""
    for each in plan.resources("google_storage_bucket"):
        if not each.values["uniform_bucket_level_access"]:
            yield f"{each.address}: each file may have readers of its own"
        if not any(versioning["enabled"] for versioning in each.values["versioning"]):
            yield f"{each.address}: what was replaced is gone"
        whens = [when for rule in each.values["lifecycle_rule"] for when in rule["condition"]]
        if not whens:
            yield f"{each.address}: what was replaced is paid for ever"
        if any(not when.get("days_since_noncurrent_time") for when in whens):
            yield f"{each.address}: deletes what is in use"
        if each.values.get("force_destroy"):
            yield f"{each.address}: goes with all that is in it"
        page = each.address == "google_storage_bucket.page"
        if not page and each.values["public_access_prevention"] != "enforced":
            yield f"{each.address}: can be opened to anybody"
