"""Documents and files: kept, and thrown away only where that is what is meant."""

from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan

GARBAGE = {("idempotency", "expires_at")}
"""An answer is kept for a day. An avatar session has a field of that name too: it is when the
session ends, and the document, deleted then, could not be swept or settled any more."""


def documents_are_kept(plan: Plan, _: Code) -> Iterator[str]:
    (database,) = plan.resources("google_firestore_database")
    wanted = {
        "type": "FIRESTORE_NATIVE",
        "point_in_time_recovery_enablement": "POINT_IN_TIME_RECOVERY_ENABLED",
        "delete_protection_state": "DELETE_PROTECTION_ENABLED",
    }
    for attribute, value in wanted.items():
        if database.values.get(attribute) != value:
            yield f"{database.address}: {attribute} is not {value}"
    if not plan.resources("google_firestore_backup_schedule"):
        yield "the database has no backups"
    (rules,) = plan.resources("google_firebaserules_ruleset")
    text = rules.values["source"][0]["files"][0]["content"]
    if text.count("allow ") != text.count("if false;"):
        yield f"{rules.address}: lets somebody at the documents"
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


def buckets_keep_what_was_replaced(plan: Plan, _: Code) -> Iterator[str]:
    """For a while; and one policy says who reads them, not one a file."""
    for each in plan.resources("google_storage_bucket"):
        if not each.values["uniform_bucket_level_access"]:
            yield f"{each.address}: each file may have readers of its own"
        if not any(versioning["enabled"] for versioning in each.values["versioning"]):
            yield f"{each.address}: what was replaced is gone"
        if not each.values["lifecycle_rule"]:
            yield f"{each.address}: what was replaced is paid for ever"
