# Two of the four mechanisms that end a session: a Cloud Task at its expiry, and a sweep each minute.

resource "google_cloud_tasks_queue" "expiry" {
  name     = local.settings.OPRINA_TASKS_QUEUE # Google reserves the name of a deleted queue for a week
  location = var.region

  rate_limits {
    max_dispatches_per_second = var.queue_rate
    max_concurrent_dispatches = 100
  }

  # Cloud Tasks retries after every answer that is not 2xx. The sweep ends sessions whose task gave up.
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

  depends_on = [time_sleep.apis]
}

resource "google_cloud_scheduler_job" "sweep" {
  name             = "sweep-expired"
  description      = "Ends sessions and turns that are overdue"
  region           = var.region
  schedule         = var.sweep_schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "320s"

  retry_config {
    retry_count = 0 # the next sweep runs a minute later
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
