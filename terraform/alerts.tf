# When somebody is called. docs/operate.md has a part for each, under the same name.
#
# A first `apply` may say that it cannot find a metric which it has just made: Google takes some
# minutes to know it. Apply again.

locals {
  own_services = "one_of(${join(",", [for name in keys(local.functions) : "\"${replace(name, "_", "-")}\""])})"
  requests     = "resource.type=\"cloud_run_revision\" AND metric.type=\"run.googleapis.com/request_count\" AND resource.labels.service_name=${local.own_services}"
  logged = {
    for name, metric in merge(google_logging_metric.counter, google_logging_metric.distribution) :
    name => "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${metric.name}\""
  }

  # `over` is the bound, `seconds` how long it must be passed, `window` what is looked at together.
  bounds = {
    error_ratio = {
      name     = "Oprina: many requests fail"
      severity = "CRITICAL"
      filter   = "${local.requests} AND metric.labels.response_code_class=\"5xx\""
      of       = local.requests
      aligner  = "ALIGN_RATE"
      reducer  = "REDUCE_SUM"
      over     = var.alerts.error_ratio
      seconds  = 300
      says     = "More than ${var.alerts.error_ratio * 100} of 100 answers have been 5xx for five minutes. First ask `health` with `?deep=true` which dependency is down; then look at the codes in the dashboard. If a deployment has just gone out, go back to the last revision."
    }
    first_speech_lag = {
      name     = "Oprina: the first speech is late"
      severity = "WARNING"
      filter   = local.logged.first_speech_lag
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_PERCENTILE_95"
      over     = var.alerts.first_speech_lag
      seconds  = 600
      says     = "Of 100 answers, more than 5 were first heard over ${var.alerts.first_speech_lag} seconds after their first sentence was written. First see whether the agent, Text-to-Speech or the avatar is slow: each request's log line has the time of each part."
    }
    start_time = {
      name     = "Oprina: avatars start slowly"
      severity = "WARNING"
      filter   = local.logged.start_time
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_PERCENTILE_95"
      over     = var.alerts.start_seconds
      seconds  = 600
      says     = "Of 100 starts, more than 5 took over ${var.alerts.start_seconds} seconds. First see whether the provider is slow or start_avatar's instances start cold; for the latter give it min_instances."
    }
    orphans = {
      name     = "Oprina: orphan sessions were stopped"
      severity = "WARNING"
      filter   = local.logged.sweeps_with_orphans
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      over     = var.alerts.sweeps_with_orphan
      seconds  = 0
      says     = "A session that we hold as ended still ran at the provider, and a sweep stopped it. Its money is lost, and no more of it. First see whether the provider acknowledged the first stop: look for the session's id in the logs. Again and again means that stops do not work."
    }
    failed_stops = {
      name     = "Oprina: sessions cannot be stopped"
      severity = "CRITICAL"
      filter   = local.logged.sweeps_with_failures
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      over     = var.alerts.sweeps_with_failed
      seconds  = 0
      says     = "Sweeps fail to stop sessions, which cost money for as long as they run. First see whether the provider answers and the LiveAvatar key is right; else stop the sessions on the provider's own page."
    }
    quota_refusals = {
      name     = "Oprina: many users are refused for quota"
      severity = "WARNING"
      filter   = local.logged.quota_refusals
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      over     = var.alerts.quota_refusals
      seconds  = 0
      says     = "More than ${var.alerts.quota_refusals} requests in ten minutes were refused since a month's allowance is used up. First see whether it is one user, whose client tries again without end, or many, whose plan is too small."
    }
    queue_depth = {
      name     = "Oprina: expiry tasks pile up"
      severity = "WARNING"
      filter   = "resource.type=\"cloud_tasks_queue\" AND metric.type=\"cloudtasks.googleapis.com/queue/depth\" AND resource.labels.queue_id=\"${google_cloud_tasks_queue.expiry.name}\""
      aligner  = "ALIGN_MEAN"
      reducer  = "REDUCE_SUM"
      over     = var.alerts.queue_depth
      seconds  = 600
      says     = "The queue holds more tasks than sessions should run. First see whether it is paused, and whether sweep_expired answers; the sweep each minute ends the sessions meanwhile."
    }
    credits = {
      name     = "Oprina: the provider's credits run low"
      severity = "CRITICAL"
      filter   = local.logged.credits_left
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_MEAN"
      under    = var.alerts.credits_left
      seconds  = 0
      says     = "Fewer than ${var.alerts.credits_left} credits are left at the avatar's provider; without any, no avatar starts and conversations go on as text. First buy credits; then see in the dashboard who uses them."
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
      says     = "Two places in the world or more get no answer from health. First call it yourself; if it answers, look at Google Cloud's status page for the region."
    }
  }

  alert_names = merge(
    { for key, bound in local.bounds : key => bound.name },
    { sweep = "Oprina: the sweep does not run" },
  )
  channels = [for channel in google_monitoring_notification_channel.this : channel.id]
}

resource "google_monitoring_alert_policy" "bound" {
  for_each = local.bounds

  display_name          = each.value.name
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels
  user_labels           = { environment = var.environment }

  conditions {
    display_name = each.value.name

    condition_threshold {
      filter             = each.value.filter
      denominator_filter = lookup(each.value, "of", null)
      comparison         = lookup(each.value, "under", null) == null ? "COMPARISON_GT" : "COMPARISON_LT"
      threshold_value    = lookup(each.value, "under", null) == null ? each.value.over : each.value.under
      duration           = "${each.value.seconds}s"

      aggregations {
        alignment_period     = "${lookup(each.value, "window", 600)}s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = each.value.reducer
      }
      dynamic "denominator_aggregations" {
        for_each = lookup(each.value, "of", null)[*]
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
    content   = each.value.says
  }
}

# A count of nothing may be 0, or not be there at all: either is a sweep that did not run.
resource "google_monitoring_alert_policy" "sweep" {
  display_name          = local.alert_names.sweep
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels
  user_labels           = { environment = var.environment }

  conditions {
    display_name = "No line of a sweep for 10 minutes"

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
    display_name = "No sweep in 10 minutes"

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
    content   = "No sweep has succeeded for ten minutes: what a crashed function leaves behind is not ended. First run the scheduler's job sweep-expired by hand and read its answer; see whether the job is paused, and whether its account may still call sweep_expired."
  }
}
