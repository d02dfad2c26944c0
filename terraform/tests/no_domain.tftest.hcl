# The environment without a domain: everything answers at its own address, and nothing of a load balancer is
# made.
#
#   terraform test -filter=tests/no_domain.tftest.hcl -var-file=environments/no_domain.tfvars

mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
  mock_resource "google_service_account" {
    defaults = {
      email  = "account@oprina-no-domain.iam.gserviceaccount.com"
      member = "serviceAccount:account@oprina-no-domain.iam.gserviceaccount.com"
    }
  }
}
mock_provider "time" {}

run "makes_no_load_balancer" {
  command = apply

  assert {
    condition     = length(google_compute_global_forwarding_rule.site) + length(google_compute_backend_service.function) + length(google_compute_security_policy.this) == 0
    error_message = "A load balancer costs money and needs a domain."
  }
  assert {
    condition     = output.page_url == output.function_urls.page && output.api_url == null
    error_message = "The page must be at its own address."
  }
  assert {
    condition     = !strcontains(join(" ", output.next), "A record")
    error_message = "There is no domain to point anywhere."
  }
  assert {
    condition     = contains(google_identity_platform_config.this.authorized_domains, "page-123456789012.us-central1.run.app")
    error_message = "People must be able to sign in at the page's own address."
  }
}
