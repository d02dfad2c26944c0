# The environment of an organisation that refuses allUsers, in its second phase.
#
#   terraform test -filter=tests/restricted.tftest.hcl -var-file=environments/restricted.tfvars

mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
  mock_resource "google_service_account" {
    defaults = {
      email  = "account@oprina-restricted.iam.gserviceaccount.com"
      member = "serviceAccount:account@oprina-restricted.iam.gserviceaccount.com"
    }
  }
}
mock_provider "time" {}

run "grants_nothing_to_all_users" {
  command = apply

  assert {
    condition     = alltrue([for caller in google_cloud_run_v2_service_iam_member.caller : caller.member != "allUsers"])
    error_message = "The organisation refuses allUsers."
  }
  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.caller) == 3
    error_message = "The scheduler, the tasks and the budget must still be able to call the internal functions."
  }
  assert {
    condition     = alltrue([for name, function in google_cloudfunctions2_function.this : function.service_config[0].ingress_settings == (local.functions[name].callers == "internal" ? "ALLOW_INTERNAL_ONLY" : "ALLOW_INTERNAL_AND_GCLB")])
    error_message = "Only the load balancer may reach the functions."
  }
  assert {
    condition     = google_monitoring_uptime_check_config.health.monitored_resource[0].labels.host == "talk.example.com"
    error_message = "The uptime check must come through the load balancer."
  }
  assert {
    condition     = output.api_url == "https://talk.example.com/api"
    error_message = "The API must be on the page's host."
  }
  assert {
    condition     = output.function_urls.chat == "https://talk.example.com/api/chat" && output.function_urls.page == "https://talk.example.com" && endswith(output.function_urls.sweep_expired, ".run.app")
    error_message = "The smoke test must call addresses that the load balancer answers."
  }
  assert {
    condition     = google_compute_backend_service.function["chat"].security_policy == google_compute_security_policy.this["free_text"].id && google_compute_backend_service.function["end_session"].security_policy == google_compute_security_policy.this["identifiers"].id
    error_message = "Rules that read bodies must not read what people write."
  }
  assert {
    condition     = toset(flatten([for policy in google_compute_security_policy.this : [for rule in policy.rule : rule.description if rule.action == "deny(403)" && rule.preview == false]])) == toset(["scannerdetection-v33-stable"])
    error_message = "Only the named rule may block."
  }
}
