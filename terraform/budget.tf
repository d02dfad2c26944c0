# The budget of the project. It sends mail and stops nothing.

resource "google_billing_budget" "month" {
  billing_account = var.billing_account
  display_name    = "Oprina: ${var.environment}"

  budget_filter {
    projects        = ["projects/${data.google_project.this.number}"]
    calendar_period = "MONTH"
  }

  amount {
    specified_amount {
      currency_code = var.budget.currency
      units         = tostring(var.budget.amount)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1]
    content {
      threshold_percent = threshold_rules.value
      spend_basis       = "CURRENT_SPEND"
    }
  }
  threshold_rules {
    threshold_percent = 1
    spend_basis       = "FORECASTED_SPEND"
  }

  # A budget notifies at most five e-mail channels, and the administrators of the billing account.
  dynamic "all_updates_rule" {
    for_each = length(local.mail) > 0 ? [slice(local.mail, 0, min(5, length(local.mail)))] : []
    content {
      monitoring_notification_channels = all_updates_rule.value
      disable_default_iam_recipients   = false
    }
  }

  depends_on = [time_sleep.apis]
}

locals {
  mail = [for name, channel in var.notification_channels : google_monitoring_notification_channel.this[name].id if channel.type == "email"]
}
