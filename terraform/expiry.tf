# Two of the four layers that end a session: a task at its expiry, and a sweep each minute.

resource "google_cloud_tasks_queue" "expiry" {
  name     = local.settings.OPRINA_TASKS_QUEUE # stays taken for a week after it was deleted
  location = var.region

  rate_limits {
    max_dispatches_per_second = var.queue_rate
    max_concurrent_dispatches = 100
  }

  # Anything but a success brings it again; what is given up here, the sweep finds.
  retry_config {
    max_attempts       = 20
    max_retry_duration = "1800s"
    min_backoff        = "2s"
    max_backoff        = "60s"
    max_doublings      = 5
  }

  stackdriver_logging_config {
    sampling_ratio = 0.1
  }

  depends_on = [google_project_service.this]
}

resource "google_cloud_scheduler_job" "sweep" {
  name             = "sweep-expired"
  description      = "Ends what should not run any more"
  region           = var.region
  schedule         = var.sweep_schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "320s"

  retry_config {
    retry_count = 0 # the next one comes in a minute
  }

  http_target {
    http_method = "POST"
    uri         = local.settings.OPRINA_SWEEP_URL
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode("{}")

    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = local.settings.OPRINA_SWEEP_URL
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.caller]
}
