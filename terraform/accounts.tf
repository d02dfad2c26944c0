# Service accounts. The project's default account can edit everything, so no workload uses it.

resource "google_service_account" "function" {
  for_each = local.functions

  account_id   = "fn-${local.service_names[each.key]}"
  display_name = "Function ${each.key}"
  depends_on   = [time_sleep.apis]
}

resource "google_service_account" "build" {
  account_id   = "functions-build"
  display_name = "Builds the functions' images"
  depends_on   = [time_sleep.apis]
}

resource "google_service_account" "scheduler" {
  account_id   = "sweep-scheduler"
  display_name = "Cloud Scheduler, calls ${local.sweep_function}"
  depends_on   = [time_sleep.apis]
}

resource "google_service_account" "budget" {
  account_id   = "budget-alert"
  display_name = "Pub/Sub, calls ${local.budget_function}"
  depends_on   = [time_sleep.apis]
}

resource "google_service_account" "tasks" {
  account_id   = "expiry-tasks"
  display_name = "Cloud Tasks, calls ${local.sweep_function}"
  depends_on   = [time_sleep.apis]
}
