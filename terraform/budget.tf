# The budget of the project. At each threshold it sends mail; when it is used up, all spending stops: Cloud
# Billing publishes a message, and Pub/Sub pushes it to a function that sets the project's switch. Costs
# reach Cloud Billing hours late, and those of the avatar's provider never: var.ceilings limits both at once.

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

  # A budget notifies at most five e-mail channels, and the administrators of the billing account. Google
  # lets its own account publish to the topic when the budget is connected to it.
  all_updates_rule {
    pubsub_topic                     = google_pubsub_topic.budget.id
    schema_version                   = "1.0"
    monitoring_notification_channels = slice(local.mail, 0, min(5, length(local.mail)))
    disable_default_iam_recipients   = false
  }

  depends_on = [time_sleep.apis]
}

locals {
  mail = [for name, channel in var.notification_channels : google_monitoring_notification_channel.this[name].id if channel.type == "email"]
}

resource "google_pubsub_topic" "budget" {
  name                       = "budget"
  message_retention_duration = "86400s"
  depends_on                 = [time_sleep.apis]
}

resource "google_pubsub_subscription" "budget" {
  name                       = "budget-alert"
  topic                      = google_pubsub_topic.budget.id
  ack_deadline_seconds       = 60
  message_retention_duration = "86400s"

  expiration_policy {
    ttl = "" # never: a budget may be silent for months
  }
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }
  push_config {
    push_endpoint = "https://${local.hosts[local.budget_function]}"

    oidc_token {
      service_account_email = google_service_account.budget.email
      audience              = "https://${local.hosts[local.budget_function]}"
    }
  }
}
