# Metrics, the dashboard, the uptime check and the notification channels. Functions write one line of
# JSON for each request (common/observability/cloud_logging.py), and the metrics here read these lines.
# Google measures latency, 5xx answers and the queue by itself.

locals {
  request_line = "resource.type=\"cloud_run_revision\" AND jsonPayload.event=\"request\""
  sweep_line   = "${local.request_line} AND jsonPayload.function=\"${local.sweep_function}\""

  counters = {
    requests = {
      description = "Requests by function, status and error code."
      filter      = local.request_line
      labels      = { function = "jsonPayload.function", status = "jsonPayload.status", code = "jsonPayload.code" }
    }
    quota_refusals = {
      description = "Requests refused because the allowance of the month is used up."
      filter      = "${local.request_line} AND jsonPayload.code=\"quota_exceeded\""
      labels      = { function = "jsonPayload.function" }
    }
    # Only Google's request log names the caller. Our line is the same for a sweep by an expiry task.
    sweeps = {
      description = "Successful sweeps that Cloud Scheduler started."
      filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${local.service_names[local.sweep_function]}\" AND httpRequest.userAgent=\"Google-Cloud-Scheduler\" AND httpRequest.status<300"
      labels      = {}
    }
    starts = {
      description = "Starts of an avatar that succeeded."
      filter      = "${local.request_line} AND jsonPayload.function=\"${local.start_function}\" AND jsonPayload.status<300"
      labels      = {}
    }
    failed_starts = {
      description = "Starts of an avatar that failed by our fault or a provider's."
      filter      = "${local.request_line} AND jsonPayload.function=\"${local.start_function}\" AND jsonPayload.status>=500"
      labels      = {}
    }
    sweeps_ended = {
      description = "Sweeps, also those that an expiry task started."
      filter      = local.sweep_line
      labels      = {}
    }
    sweeps_with_orphans = {
      description = "Sweeps that stopped an orphan: a session that is ended here and still ran at the provider."
      filter      = "${local.sweep_line} AND jsonPayload.did.stopped_again>0"
      labels      = {}
    }
    sweeps_with_failures = {
      description = "Sweeps that failed to end a session or turn, or to read the provider's list."
      filter      = "${local.sweep_line} AND jsonPayload.did.failed>0"
      labels      = {}
    }
  }

  # Times that the page measured (`MARKS` in common/schemas/requests.py), in seconds.
  marks = {
    last_word_to_first_text  = "from the last word of a person to the first text of the reply"
    last_word_to_first_sound = "from the last word of a person to the first sound of the reply"
    key_to_first_text        = "from sending a message to the first text of the reply"
    interruption_to_silence  = "from an interruption to silence"
    start_to_first_frame     = "from pressing start to the first picture of the avatar"
  }

  distributions = merge(local.mark_distributions, local.ceiling_distributions, {
    live_sessions = {
      description = "Avatar sessions that run, without those that began in the last ten seconds."
      filter      = "${local.sweep_line} AND jsonPayload.live_sessions>=0"
      value       = "jsonPayload.live_sessions"
      unit        = "1"
      first       = 1
    }
    first_speech_lag = {
      description = "Seconds from the last word of a reply's first sentence to the first sound of the avatar."
      filter      = "${local.request_line} AND jsonPayload.first_speech_lag_seconds>=0"
      value       = "jsonPayload.first_speech_lag_seconds"
      unit        = "s"
      first       = 0.05
    }
    start_time = {
      description = "Seconds that the start of an avatar session took."
      filter      = "${local.request_line} AND jsonPayload.function=\"${local.start_function}\" AND jsonPayload.status=201"
      value       = "jsonPayload.seconds"
      unit        = "s"
      first       = 0.05
    }
    credits_left = {
      description = "Credits left at the avatar provider."
      filter      = "${local.sweep_line} AND jsonPayload.credits_left>=0"
      value       = "jsonPayload.credits_left"
      unit        = "1"
      first       = 1
    }
  })

  # A sweep reads all shards every five minutes.
  ceiling_distributions = {
    for name in ["avatar_seconds", "agent_tokens", "voice_characters", "transcribed_seconds", "most"] : "ceiling_${name}" => {
      description = "Part of the day's ceiling that is used, from 0 to 1: ${name == "most" ? "the largest part of all" : replace(name, "_", " ")}."
      filter      = "${local.sweep_line} AND jsonPayload.ceiling_used.${name}>=0"
      value       = "jsonPayload.ceiling_used.${name}"
      unit        = "1"
      first       = 0.001
    }
  }

  mark_distributions = {
    for name, description in local.marks : name => {
      description = "Seconds ${description}, as the page measured them."
      filter      = "${local.request_line} AND jsonPayload.marks.${name}>=0"
      value       = "jsonPayload.marks.${name}"
      unit        = "s"
      first       = 0.05
    }
  }
}

resource "google_logging_metric" "counter" {
  for_each = local.counters

  name             = "oprina/${each.key}"
  description      = each.value.description
  filter           = each.value.filter
  label_extractors = { for label, field in each.value.labels : label => "EXTRACT(${field})" }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"

    dynamic "labels" {
      for_each = each.value.labels
      content {
        key        = labels.key
        value_type = "STRING"
      }
    }
  }

  depends_on = [time_sleep.apis]
}

resource "google_logging_metric" "distribution" {
  for_each = local.distributions

  name            = "oprina/${each.key}"
  description     = each.value.description
  filter          = each.value.filter
  value_extractor = "EXTRACT(${each.value.value})"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = each.value.unit
  }

  # Each bucket is 25 % wider than the previous one, so a percentile is exact to 25 %.
  bucket_options {
    exponential_buckets {
      scale              = each.value.first
      growth_factor      = 1.25
      num_finite_buckets = 64
    }
  }

  depends_on = [time_sleep.apis]
}

resource "google_monitoring_dashboard" "this" {
  dashboard_json = templatefile("${path.module}/../infra/monitoring/dashboard.json", { project = var.project })
  depends_on     = [google_logging_metric.counter, google_logging_metric.distribution, google_monitoring_slo.this]
}

resource "google_monitoring_uptime_check_config" "health" {
  display_name = "Oprina: health"
  period       = "60s"
  timeout      = "10s"

  http_check {
    path         = var.only_load_balancer ? "/api/${local.health_function}" : "/"
    port         = 443
    use_ssl      = true
    validate_ssl = true

    accepted_response_status_codes {
      status_class = "STATUS_CLASS_2XX"
    }
  }

  monitored_resource {
    type = "uptime_url"
    labels = {
      project_id = var.project
      host       = var.only_load_balancer ? var.domain : local.hosts[local.health_function]
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.caller]
}

resource "google_monitoring_notification_channel" "this" {
  for_each = var.notification_channels

  display_name = "Oprina: ${each.key}"
  type         = each.value.type
  labels       = each.value.labels
  depends_on   = [time_sleep.apis]
}
