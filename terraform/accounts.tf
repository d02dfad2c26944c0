# Nobody runs as the project's default account, which may edit everything.

resource "google_service_account" "function" {
  for_each = local.functions

  account_id   = "fn-${replace(each.key, "_", "-")}"
  display_name = "The function ${each.key}"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "build" {
  account_id   = "functions-build"
  display_name = "Builds the functions' images"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "scheduler" {
  account_id   = "sweep-scheduler"
  display_name = "Cloud Scheduler, calling sweep_expired"
  depends_on   = [google_project_service.this]
}

resource "google_service_account" "tasks" {
  account_id   = "expiry-tasks"
  display_name = "Cloud Tasks, calling sweep_expired"
  depends_on   = [google_project_service.this]
}
