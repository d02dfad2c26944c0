from tests.terraform.planting import FIRESTORE, INDEXES, RULES, STORAGE, mistake

MISTAKES = [
    mistake(
        "a database that can be deleted", "documents_are_kept", "delete_protection_state is not",
        (FIRESTORE, "DELETE_PROTECTION_ENABLED", "DELETE_PROTECTION_DISABLED"),
    ),
    mistake(
        "rules that let somebody in", "nobody_comes_at_the_documents",
        "lets somebody at the documents",
        (RULES, "allow read, write: if false;", "allow read, write: if request.auth != null;"),
    ),
    mistake(
        "sessions that are deleted when they end", "nothing_but_garbage_expires",
        "avatar_sessions: is deleted at its expires_at",
        (INDEXES, '{"collectionGroup": "idempotency", "fieldPath": "expires_at"',
         '{"collectionGroup": "avatar_sessions", "fieldPath": "expires_at"'),
    ),
    mistake(
        "a bucket that forgets", "buckets_keep_what_was_replaced",
        "packages: what was replaced is gone",
        (STORAGE, "enabled = true", "enabled = false"),
    ),
    mistake(
        "backups of a minute", "documents_are_kept", "no backup of every day is kept for 7 days",
        (FIRESTORE, "${var.backup_days * 24 * 3600}s", "${var.backup_days}s"),
    ),
    mistake(
        "backups of Sundays", "documents_are_kept", "no backup of every day",
        (FIRESTORE, "daily_recurrence {}", 'weekly_recurrence {\n    day = "SUNDAY"\n  }'),
    ),
    mistake(
        "a database that forgets its last minutes", "documents_are_kept",
        "point_in_time_recovery_enablement is not",
        (FIRESTORE, "POINT_IN_TIME_RECOVERY_ENABLED", "POINT_IN_TIME_RECOVERY_DISABLED"),
    ),
    mistake(
        "rules that say no in a comment", "nobody_comes_at_the_documents",
        "lets somebody at the documents",
        (RULES, "allow read, write: if false;", "allow read; // if false;"),
    ),
    mistake(
        "answers that are kept for ever", "nothing_but_garbage_expires",
        "idempotency: is kept for ever",
        (INDEXES, '"ttl": true, ', ""),
    ),
    mistake(
        "a bucket that deletes what runs", "buckets_keep_what_was_replaced",
        "deletes what is in use",
        (STORAGE, "days_since_noncurrent_time = 30", "age = 30"),
    ),
    mistake(
        "a bucket that can be opened", "buckets_keep_what_was_replaced", "can be opened to anybody",
        (STORAGE, '"enforced"', '"inherited"'),
    ),
    mistake(
        "a bucket with readers file by file", "buckets_keep_what_was_replaced",
        "each file may have readers of its own",
        (STORAGE, "uniform_bucket_level_access = true", "uniform_bucket_level_access = false"),
    ),
    mistake(
        "no image to go back to", "images_are_kept_to_go_back_to", "loses its images",
        (STORAGE, "keep_count = 5", "keep_count = 0"),
    ),
]  # fmt: skip
