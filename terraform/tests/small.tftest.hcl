# The small environment, with Google mocked: what depends on what is made is looked at after it was.
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
      email  = "somebody@oprina-small.iam.gserviceaccount.com"
      member = "serviceAccount:somebody@oprina-small.iam.gserviceaccount.com"
    }
  }
  mock_resource "google_compute_global_address" {
    defaults = {
      address = "192.0.2.1"
    }
  }
}

run "nothing_waits_and_a_session_has_its_own_secret" {
  command = plan

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.this : function.service_config[0].min_instance_count == 0])
    error_message = "An instance waits, and is paid for."
  }
  assert {
    condition     = length(google_cloudfunctions2_function.this) == 7
    error_message = "There are seven functions."
  }
  assert {
    condition     = keys(google_secret_manager_secret.this) == ["liveavatar-api-key"]
    error_message = "The key that tokens are sealed with is not needed here."
  }
  assert {
    condition     = length([for name, _ in google_project_iam_member.function : name if strcontains(name, "tokens.keep")]) == 2
    error_message = "Only start_avatar makes a session's secret: it creates it, and adds to it."
  }
}

run "it_stands" {
  command = apply

  assert {
    condition     = output.function_urls.chat == "https://chat-123456789012.us-central1.run.app"
    error_message = "A function's address is made of its name, the project's number and the region."
  }
  assert {
    condition     = google_cloud_scheduler_job.sweep.http_target[0].uri == output.function_urls.sweep_expired
    error_message = "The scheduler calls the sweep."
  }
  assert {
    condition     = output.page_address == "192.0.2.1" && strcontains(join(" ", output.next), "192.0.2.1")
    error_message = "Whoever sets up the name is told the address."
  }
  assert {
    condition     = keys(output.secrets) == keys(google_secret_manager_secret.this)
    error_message = "Each secret is filled with a command."
  }
}

run "half_a_cpu_serves_one_request" {
  command = plan

  variables {
    functions = {
      chat = { cpu = 0.5 }
    }
  }

  expect_failures = [google_cloudfunctions2_function.this["chat"]]
}
