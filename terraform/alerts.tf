# Alerts. docs/operate.md has a section for each, with the same name.
#
# A first `apply` can fail because a new metric is not found: Google needs some minutes until it can be
# used. Run `apply` again.

locals {
  own_services = "one_of(${join(",", [for service in values(local.service_names) : "\"${service}\""])})"
  requests     = "resource.type=\"cloud_run_revision\" AND metric.type=\"run.googleapis.com/request_count\" AND resource.labels.service_name=${local.own_services}"
  logged = {
    for name, metric in merge(google_logging_metric.counter, google_logging_metric.distribution) :
    name => "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${metric.name}\""
  }

  # One alert for each threshold. It fires when the value is above `over` (or below `under`) for `seconds`
  # seconds. `aligner` and `reducer` compute the value over `window` seconds (default 600). With
  # `denominator` the value is a ratio. `advice` is the text of the notification.
  thresholds = {
    error_ratio = {
      name        = "Oprina: many requests fail"
      severity    = "CRITICAL"
      filter      = "${local.requests} AND metric.labels.response_code_class=\"5xx\""
      denominator = local.requests
      aligner     = "ALIGN_RATE"
      reducer     = "REDUCE_SUM"
      over        = var.alerts.error_ratio
      seconds     = 300
      advice      = "More than ${var.alerts.error_ratio * 100} % of the answers were 5xx for five minutes. First call `${local.health_function}` with `?deep=true` to see which dependency is down; then look at the error codes in the dashboard. After a deployment, go back to the previous revision."
    }
    first_speech_lag = {
      name     = "Oprina: the first speech is late"
      severity = "WARNING"
      filter   = local.logged.first_speech_lag
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_PERCENTILE_95"
      over     = var.alerts.first_speech_lag
      seconds  = 600
      advice   = "In more than 5 % of the replies the first speech came over ${var.alerts.first_speech_lag} seconds after the first sentence was written. First find out whether the agent, Text-to-Speech or the avatar is slow: the log line of each request has the seconds of each part."
    }
    start_time = {
      name     = "Oprina: avatars start slowly"
      severity = "WARNING"
      filter   = local.logged.start_time
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_PERCENTILE_95"
      over     = var.alerts.start_seconds
      seconds  = 600
      advice   = "More than 5 % of the starts took over ${var.alerts.start_seconds} seconds. First find out whether the provider is slow or instances of ${local.start_function} start cold. Against cold starts, set its min_instances."
    }
    orphans = {
      name     = "Oprina: orphan sessions were stopped"
      severity = "WARNING"
      filter   = local.logged.sweeps_with_orphans
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      over     = var.alerts.sweeps_with_orphan
      seconds  = 0
      advice   = "A sweep stopped a session that is ended here and still ran at the provider. Its cost so far is lost. First search the logs for the id of the session, to see whether the provider acknowledged the first stop. Repeated orphans mean that stops do not work."
    }
    failed_stops = {
      name     = "Oprina: sessions cannot be stopped"
      severity = "CRITICAL"
      filter   = local.logged.sweeps_with_failures
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      over     = var.alerts.sweeps_with_failed
      seconds  = 0
      advice   = "Sweeps fail to end sessions, which cost money as long as they run. First check whether the provider answers and whether the LiveAvatar key is valid. Otherwise stop the sessions on the page of the provider."
    }
    quota_refusals = {
      name     = "Oprina: many users are refused for quota"
      severity = "WARNING"
      filter   = local.logged.quota_refusals
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      over     = var.alerts.quota_refusals
      seconds  = 0
      advice   = "More than ${var.alerts.quota_refusals} requests in ten minutes were refused because the allowance of the month is used up. First check whether one user repeats the request in a loop, or whether many users have a plan that is too small."
    }
    queue_depth = {
      name     = "Oprina: expiry tasks pile up"
      severity = "WARNING"
      filter   = "resource.type=\"cloud_tasks_queue\" AND metric.type=\"cloudtasks.googleapis.com/queue/depth\" AND resource.labels.queue_id=\"${google_cloud_tasks_queue.expiry.name}\""
      aligner  = "ALIGN_MEAN"
      reducer  = "REDUCE_SUM"
      over     = var.alerts.queue_depth
      seconds  = 600
      advice   = "The queue holds more tasks than sessions should run. First check whether the queue is paused and whether ${local.sweep_function} answers. Meanwhile the sweep of each minute ends the sessions."
    }
    ceilings = {
      name     = "Oprina: a ceiling of the day is almost reached"
      severity = "WARNING"
      filter   = local.logged.ceiling_most
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_MEAN"
      over     = var.alerts.ceiling_part
      seconds  = 0
      advice   = "More than ${var.alerts.ceiling_part * 100} % of a ceiling of today is used. At 100 % every start or message is refused until midnight UTC. First look in the dashboard which ceiling it is and how fast it is used: many users need a higher ceiling, one user in a loop does not."
    }
    credits = {
      name     = "Oprina: the provider's credits run low"
      severity = "CRITICAL"
      filter   = local.logged.credits_left
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_MEAN"
      under    = var.alerts.credits_left
      seconds  = 0
      advice   = "Fewer than ${var.alerts.credits_left} credits are left at the avatar provider. Without credits no avatar starts, and conversations go on as text. First buy credits; then look in the dashboard for the users who spend them."
    }
    health = {
      name     = "Oprina: health does not answer"
      severity = "CRITICAL"
      filter   = "resource.type=\"uptime_url\" AND metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND metric.labels.check_id=\"${google_monitoring_uptime_check_config.health.uptime_check_id}\""
      aligner  = "ALIGN_NEXT_OLDER"
      reducer  = "REDUCE_COUNT_FALSE"
      over     = 1
      window   = 60
      seconds  = 120
      advice   = "At least two of Google's locations get no answer from ${local.health_function}. First call it yourself. If it answers, look at the status page of Google Cloud for the region."
    }
  }

  alert_names = merge(
    { for key, threshold in local.thresholds : key => threshold.name },
    { sweep = "Oprina: the sweep does not run" },
    { for key, objective in local.objectives : "burn_${key}" => "Oprina: objective at risk: ${lower(objective.name)}" },
  )
  # The anchor of a heading, as GitHub makes it.
  runbook_sections = {
    for key, name in local.alert_names : key => "${var.runbook}#${replace(replace(lower(name), "/[^a-z0-9 -]/", ""), " ", "-")}"
  }
  channels = [for channel in google_monitoring_notification_channel.this : channel.id]
}

resource "google_monitoring_alert_policy" "threshold" {
  for_each = local.thresholds

  display_name          = each.value.name
  enabled               = !contains(var.muted_alerts, each.key)
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels
  user_labels           = { environment = var.environment }

  conditions {
    display_name = each.value.name

    condition_threshold {
      filter             = each.value.filter
      denominator_filter = lookup(each.value, "denominator", null)
      comparison         = lookup(each.value, "under", null) == null ? "COMPARISON_GT" : "COMPARISON_LT"
      threshold_value    = lookup(each.value, "under", null) == null ? each.value.over : each.value.under
      duration           = "${each.value.seconds}s"

      aggregations {
        alignment_period     = "${lookup(each.value, "window", 600)}s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = each.value.reducer
      }
      dynamic "denominator_aggregations" {
        for_each = lookup(each.value, "denominator", null)[*]
        content {
          alignment_period     = "${lookup(each.value, "window", 600)}s"
          per_series_aligner   = each.value.aligner
          cross_series_reducer = each.value.reducer
        }
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "${each.value.name} (${var.environment})"
    content   = each.value.advice

    links {
      display_name = "Runbook"
      url          = local.runbook_sections[each.key]
    }
  }
}

# If no sweep runs, the metric is 0 or has no data. Each case needs a condition of its own.
resource "google_monitoring_alert_policy" "sweep" {
  display_name          = local.alert_names.sweep
  enabled               = !contains(var.muted_alerts, "sweep")
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels
  user_labels           = { environment = var.environment }

  conditions {
    display_name = "No data from sweeps for 10 minutes"

    condition_absent {
      filter   = local.logged.sweeps
      duration = "600s"

      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
  conditions {
    display_name = "No successful sweep in 10 minutes"

    condition_threshold {
      filter          = local.logged.sweeps
      comparison      = "COMPARISON_LT"
      threshold_value = 1
      duration        = "0s"

      aggregations {
        alignment_period     = "600s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "${local.alert_names.sweep} (${var.environment})"
    content   = "No sweep has succeeded for ten minutes, so sessions and turns that a crashed function left behind are not ended. First run the scheduler job ${google_cloud_scheduler_job.sweep.name} by hand and read its answer. Check whether the job is paused, and whether its account may still call ${local.sweep_function}."

    links {
      display_name = "Runbook"
      url          = local.runbook_sections.sweep
    }
  }
}
