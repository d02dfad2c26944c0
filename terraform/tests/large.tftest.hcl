# The large environment: sealed tokens, waiting instances, more tasks per second.
#
#   terraform test -filter=tests/large.tftest.hcl -var-file=environments/large.tfvars

mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
  mock_resource "google_service_account" {
    defaults = {
      email  = "account@oprina-large.iam.gserviceaccount.com"
      member = "serviceAccount:account@oprina-large.iam.gserviceaccount.com"
    }
  }
}
mock_provider "time" {}

run "seals_tokens_and_keeps_instances_waiting" {
  command = plan

  assert {
    condition     = contains(keys(google_secret_manager_secret.this), "session-tokens-key")
    error_message = "The secret for the sealing key is missing."
  }
  assert {
    condition = toset([
      for name, _ in google_secret_manager_secret_iam_member.reader : split("/", name)[0] if endswith(name, "session-tokens-key")
    ]) == toset(["start_avatar", "chat", "speak", "conversations", "connections"])
    error_message = "Only functions that write or read tokens in documents may read the sealing key."
  }
  assert {
    condition     = alltrue([for name, _ in google_project_iam_member.function : !strcontains(name, "tokens.")])
    error_message = "With sealed tokens no function may create, read or delete the secret of a session."
  }
  assert {
    condition     = google_cloudfunctions2_function.this["chat"].service_config[0].min_instance_count == 4
    error_message = "The environment's own size must win."
  }
  assert {
    condition     = google_cloudfunctions2_function.this["keep_alive"].service_config[0].max_instance_count == 100
    error_message = "function_defaults must apply to a function without a size of its own."
  }
  assert {
    condition     = google_cloudfunctions2_function.this["health"].service_config[0].max_instance_count == 3
    error_message = "The size in functions.tf must win over function_defaults."
  }
  assert {
    condition     = google_cloudfunctions2_function.this["chat"].service_config[0].timeout_seconds == 600
    error_message = "A size that the environment does not name must stay as in functions.tf."
  }
  assert {
    condition     = google_firestore_database.this.location_id == "eur3" && google_cloudfunctions2_function.this["chat"].location == "europe-west1"
    error_message = "The database must be in its own location."
  }
  assert {
    condition     = google_firestore_backup_schedule.daily.retention == "2592000s"
    error_message = "30 days are 2592000 seconds."
  }
}

run "sends_alerts_to_all_channels_and_the_budget_to_mail" {
  command = apply

  assert {
    condition     = length(google_billing_budget.month.all_updates_rule[0].monitoring_notification_channels) == 1
    error_message = "The budget must notify the mail channel only."
  }
  assert {
    condition     = length(google_monitoring_alert_policy.sweep.notification_channels) == 2
    error_message = "An alert must notify both channels."
  }
}

run "refuses_more_instances_than_a_new_project_allows" {
  command = plan

  variables {
    cloud_run_quota = {}
  }

  expect_failures = [google_cloudfunctions2_function.this]
}
