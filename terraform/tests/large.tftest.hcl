# The large environment: sealed tokens, instances that wait, more room in the queue.
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
      email  = "somebody@oprina-large.iam.gserviceaccount.com"
      member = "serviceAccount:somebody@oprina-large.iam.gserviceaccount.com"
    }
  }
}

run "tokens_are_sealed_and_instances_wait" {
  command = plan

  assert {
    condition     = contains(keys(google_secret_manager_secret.this), "session-tokens-key")
    error_message = "There is no place for the key."
  }
  assert {
    condition = toset([
      for name, _ in google_secret_manager_secret_iam_member.reader : split("/", name)[0] if endswith(name, "session-tokens-key")
    ]) == toset(["start_avatar", "chat", "speak"])
    error_message = "The key is read by those that keep or open tokens."
  }
  assert {
    condition     = alltrue([for name, _ in google_project_iam_member.function : !strcontains(name, "tokens.")])
    error_message = "Nobody needs to make, read or delete a session's secret."
  }
  assert {
    condition     = google_cloudfunctions2_function.this["chat"].service_config[0].min_instance_count == 4
    error_message = "The environment's own figure is used."
  }
  assert {
    condition     = google_cloudfunctions2_function.this["chat"].service_config[0].timeout_seconds == 600
    error_message = "What an environment does not name stays as it is."
  }
  assert {
    condition     = google_firestore_database.this.location_id == "eur3" && google_cloudfunctions2_function.this["chat"].location == "europe-west1"
    error_message = "The database's place is its own."
  }
  assert {
    condition     = google_firestore_backup_schedule.daily.retention == "2592000s"
    error_message = "Thirty days are 2592000 seconds."
  }
}

run "alerts_go_to_all_and_a_budget_to_mail" {
  command = apply

  assert {
    condition     = length(google_billing_budget.month.all_updates_rule[0].monitoring_notification_channels) == 1
    error_message = "Of a mail and a telephone, a budget takes the mail."
  }
  assert {
    condition     = length(google_monitoring_alert_policy.sweep.notification_channels) == 2
    error_message = "An alert takes both."
  }
}
