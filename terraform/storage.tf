# The bucket of the functions' packages, and the repository of their images.

resource "google_storage_bucket" "packages" {
  name                        = "${var.project}-oprina-packages"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  # A replaced package is kept for 30 days, to deploy it again.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 30
    }
  }

  depends_on = [time_sleep.apis]
}

resource "google_artifact_registry_repository" "functions" {
  repository_id = "oprina-functions"
  location      = var.region
  format        = "DOCKER"
  description   = "Images of the functions"

  cleanup_policies {
    id     = "old"
    action = "DELETE"

    condition {
      older_than = "2592000s" # 30 days
    }
  }
  cleanup_policies {
    id     = "last-ones"
    action = "KEEP"

    most_recent_versions {
      keep_count = 5
    }
  }

  depends_on = [time_sleep.apis]
}
