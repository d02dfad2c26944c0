from tests.terraform.mistake import FIRESTORE, INDEXES, RULES, STORAGE, mistake

MISTAKES = [
    mistake(
        "unprotected database", "check_documents_are_kept", "delete_protection_state is not",
        (FIRESTORE, "DELETE_PROTECTION_ENABLED", "DELETE_PROTECTION_DISABLED"),
    ),
    mistake(
        "rules for signed-in clients", "check_rules_refuse_clients",
        "the rules let clients in",
        (RULES, "allow read, write: if false;", "allow read, write: if request.auth != null;"),
    ),
    mistake(
        "TTL on avatar sessions", "check_ttl_fields",
        "avatar_sessions: Google deletes documents at their expires_at",
        (INDEXES, '{"collectionGroup": "idempotency", "fieldPath": "expires_at"',
         '{"collectionGroup": "avatar_sessions", "fieldPath": "expires_at"'),
    ),
    mistake(
        "bucket without versions", "check_buckets_keep_versions",
        "packages: replaced files are lost",
        (STORAGE, "enabled = true", "enabled = false"),
    ),
    mistake(
        "backups kept for seconds", "check_documents_are_kept",
        "no daily backup is kept for 7 days",
        (FIRESTORE, "${var.backup_days * 24 * 3600}s", "${var.backup_days}s"),
    ),
    mistake(
        "weekly backups", "check_documents_are_kept", "no daily backup",
        (FIRESTORE, "daily_recurrence {}", 'weekly_recurrence {\n    day = "SUNDAY"\n  }'),
    ),
    mistake(
        "no point-in-time recovery", "check_documents_are_kept",
        "point_in_time_recovery_enablement is not",
        (FIRESTORE, "POINT_IN_TIME_RECOVERY_ENABLED", "POINT_IN_TIME_RECOVERY_DISABLED"),
    ),
    mistake(
        "rules that refuse in a comment only", "check_rules_refuse_clients",
        "the rules let clients in",
        (RULES, "allow read, write: if false;", "allow read; // if false;"),
    ),
    mistake(
        "stored answers without TTL", "check_ttl_fields",
        "idempotency: documents are kept for ever",
        (INDEXES, '"idempotency", "fieldPath": "expires_at", "ttl": true, ',
         '"idempotency", "fieldPath": "expires_at", '),
    ),
    mistake(
        "settled turns without TTL", "check_ttl_fields",
        "turns: documents are kept for ever",
        (INDEXES, '"turns", "fieldPath": "expires_at", "ttl": true, ',
         '"turns", "fieldPath": "expires_at", '),
    ),
    mistake(
        "bucket that deletes current files", "check_buckets_keep_versions",
        "deletes files in use",
        (STORAGE, "days_since_noncurrent_time = 30", "age = 30"),
    ),
    mistake(
        "bucket that can be made public", "check_buckets_keep_versions", "can be made public",
        (STORAGE, '"enforced"', '"inherited"'),
    ),
    mistake(
        "bucket with an access list per file", "check_buckets_keep_versions",
        "each file may have its own access list",
        (STORAGE, "uniform_bucket_level_access = true", "uniform_bucket_level_access = false"),
    ),
    mistake(
        "no image for a rollback", "check_images_are_kept", "loses its images",
        (STORAGE, "keep_count = 5", "keep_count = 0"),
    ),
]  # fmt: skip
