# The small environment. Google is mocked, so `apply` makes values that a plan does not know yet.
#
#   terraform test -filter=tests/small.tftest.hcl -var-file=environments/small.tfvars

mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
  mock_resource "google_service_account" {
    defaults = {
      email  = "account@oprina-small.iam.gserviceaccount.com"
      member = "serviceAccount:account@oprina-small.iam.gserviceaccount.com"
    }
  }
  mock_resource "google_compute_global_address" {
    defaults = {
      address = "192.0.2.1"
    }
  }
}
mock_provider "time" {}

run "keeps_no_instance_and_one_secret_per_session" {
  command = plan

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.this : function.service_config[0].min_instance_count == 0])
    error_message = "No instance may wait: it costs money."
  }
  assert {
    condition     = toset(keys(google_cloudfunctions2_function.this)) == toset(keys(local.manifest))
    error_message = "Each packaged function must be deployed."
  }
  assert {
    condition = toset([
      for name, _ in google_secret_manager_secret_iam_member.reader : split("/", name)[0] if endswith(name, "session-tokens-key")
    ]) == toset(["chat", "connections"])
    error_message = "Without sealed session tokens only functions with access tokens of Google may read the sealing key."
  }
  assert {
    condition     = toset([for name, _ in google_project_iam_member.function : split("/", name)[0] if strcontains(name, "tokens.write")]) == toset(["start_avatar"])
    error_message = "Only start_avatar may create the secret of a session."
  }
  assert {
    condition     = toset([for name, _ in google_project_iam_member.function : split("/", name)[0] if strcontains(name, "grants.write")]) == toset(["connections"])
    error_message = "Only connections may create the secret of a refresh token."
  }
  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.threshold : policy.enabled])
    error_message = "All alerts must be on."
  }
}

run "mutes_only_the_named_alert" {
  command = plan

  variables {
    muted_alerts = ["failed_stops"]
  }

  assert {
    condition     = toset([for name, policy in google_monitoring_alert_policy.threshold : name if !policy.enabled]) == toset(["failed_stops"])
    error_message = "Only failed_stops must be off."
  }
}

run "makes_addresses_and_next_steps" {
  command = apply

  assert {
    condition     = output.function_urls.chat == "https://chat-123456789012.us-central1.run.app"
    error_message = "An address must consist of the service's name, the project's number and the region."
  }
  assert {
    condition     = google_cloud_scheduler_job.sweep.http_target[0].uri == output.function_urls.sweep_expired
    error_message = "The scheduler must call the sweep."
  }
  assert {
    condition     = output.address == "192.0.2.1" && strcontains(join(" ", output.next), "192.0.2.1")
    error_message = "The next steps must name the address for the A record."
  }
  assert {
    condition     = toset(concat(keys(output.secrets), keys(local.random_keys))) == toset(keys(google_secret_manager_secret.this))
    error_message = "Each secret that is not random needs a command that adds its value."
  }
}

run "refuses_half_a_cpu_for_concurrent_requests" {
  command = plan

  variables {
    functions = {
      chat = { cpu = 0.5 }
    }
  }

  expect_failures = [google_cloudfunctions2_function.this["chat"]]
}
