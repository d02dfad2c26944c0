# Service level objectives, each over 28 days, and an alert if one is used up too fast.

locals {
  objectives = {
    starts = {
      name     = "Avatars start"
      goal     = 0.99
      advice   = "In the last hour over 14 % of the starts failed, so the month's one percent would be used up in two days. First call `${local.health_function}` with `?deep=true`; `avatar` in its answer means that the provider is down."
      good     = local.logged.starts
      bad      = local.logged.failed_starts
      total    = null
      measured = null
      at_most  = null
    }
    first_speech = {
      name     = "The first speech comes within two seconds"
      goal     = 0.95
      advice   = "In the last hour most replies were heard later than two seconds after their first sentence. First compare `jsonPayload.parts` of slow and fast requests: the agent, Text-to-Speech or the avatar is slow."
      good     = null
      bad      = null
      total    = null
      measured = local.logged.first_speech_lag
      at_most  = 2
    }
    orphans = {
      name     = "No session runs on after its end"
      goal     = 0.999
      advice   = "In the last hour several sweeps found sessions that ran on at the provider after their end. First look whether the provider answers the stops: codes in the log that begin with `avatar_`."
      good     = null
      bad      = local.logged.sweeps_with_orphans
      total    = local.logged.sweeps_ended
      measured = null
      at_most  = null
    }
  }
  burn_rate = 14.4 # two percent of the 28 days' budget in one hour
}

resource "google_monitoring_custom_service" "oprina" {
  service_id   = "oprina"
  display_name = "Oprina"
  depends_on   = [time_sleep.apis]
}

resource "google_monitoring_slo" "this" {
  for_each = local.objectives

  service             = google_monitoring_custom_service.oprina.service_id
  slo_id              = replace(each.key, "_", "-")
  display_name        = each.value.name
  goal                = each.value.goal
  rolling_period_days = 28

  request_based_sli {
    dynamic "good_total_ratio" {
      for_each = each.value.bad[*]
      content {
        good_service_filter  = each.value.good
        bad_service_filter   = each.value.bad
        total_service_filter = each.value.total
      }
    }
    dynamic "distribution_cut" {
      for_each = each.value.measured[*]
      content {
        distribution_filter = each.value.measured
        range {
          min = 0
          max = each.value.at_most
        }
      }
    }
  }
}

# Both windows: the hour says that it matters, the five minutes that it still goes on.
resource "google_monitoring_alert_policy" "burn" {
  for_each = local.objectives

  display_name          = local.alert_names["burn_${each.key}"]
  enabled               = !contains(var.muted_alerts, "burn_${each.key}")
  combiner              = "AND"
  severity              = "CRITICAL"
  notification_channels = local.channels
  user_labels           = { environment = var.environment }

  dynamic "conditions" {
    for_each = { "one hour" = "3600s", "five minutes" = "300s" }
    content {
      display_name = "Budget of errors, over ${conditions.key}"

      condition_threshold {
        filter          = "select_slo_burn_rate(\"${google_monitoring_slo.this[each.key].id}\", \"${conditions.value}\")"
        comparison      = "COMPARISON_GT"
        threshold_value = local.burn_rate
        duration        = "0s"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "${local.alert_names["burn_${each.key}"]} (${var.environment})"
    content   = each.value.advice

    links {
      display_name = "Runbook"
      url          = local.runbook_sections["burn_${each.key}"]
    }
  }
}
