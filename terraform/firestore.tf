# The Firestore database, its backups, indexes and security rules.

resource "google_firestore_database" "this" {
  name        = var.database
  location_id = coalesce(var.firestore_location, var.region)
  type        = "FIRESTORE_NATIVE"

  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = "DELETE_PROTECTION_ENABLED"
  deletion_policy                   = "ABANDON"

  depends_on = [time_sleep.apis]
}

resource "google_firestore_backup_schedule" "daily" {
  database  = google_firestore_database.this.name
  retention = "${var.backup_days * 24 * 3600}s"

  daily_recurrence {}
}

# ── Indexes, from a file in the format of the Firebase CLI ───────────────────────────────────────

locals {
  firestore = jsondecode(file("${path.module}/../infra/firestore/indexes.json"))
}

resource "google_firestore_index" "this" {
  for_each = {
    for index in local.firestore.indexes :
    join("/", concat([index.collectionGroup], [for field in index.fields : "${field.fieldPath}:${try(field.order, field.arrayConfig)}"])) => index
  }

  database    = google_firestore_database.this.name
  collection  = each.value.collectionGroup
  query_scope = each.value.queryScope

  dynamic "fields" {
    for_each = each.value.fields
    content {
      field_path   = fields.value.fieldPath
      order        = try(fields.value.order, null)
      array_config = try(fields.value.arrayConfig, null)
    }
  }
}

# Field overrides: TTL fields, and long fields that no query uses and that need no index.
resource "google_firestore_field" "this" {
  for_each = { for field in local.firestore.fieldOverrides : "${field.collectionGroup}/${field.fieldPath}" => field }

  database   = google_firestore_database.this.name
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  index_config {
    dynamic "indexes" {
      for_each = each.value.indexes
      content {
        order       = indexes.value.order
        query_scope = indexes.value.queryScope
      }
    }
  }

  dynamic "ttl_config" {
    for_each = lookup(each.value, "ttl", false) ? [1] : []
    content {}
  }
}

# ── Security rules: they refuse every client. Service accounts of the functions bypass rules ─────

resource "google_firebaserules_ruleset" "closed" {
  source {
    files {
      name    = "firestore.rules"
      content = file("${path.module}/../infra/firestore/firestore.rules")
    }
  }

  # A changed ruleset is a new ruleset. The release must refer to it before the old one is deleted.
  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_firestore_database.this]
}

resource "google_firebaserules_release" "firestore" {
  name         = var.database == "(default)" ? "cloud.firestore" : "cloud.firestore/${var.database}"
  ruleset_name = google_firebaserules_ruleset.closed.name
}
