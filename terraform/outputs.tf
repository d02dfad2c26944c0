# Outputs: addresses, and the next steps for the operator.

output "function_urls" {
  description = "Address of each function, by its name. The page needs the addresses of functions that users call."
  value       = { for name, host in local.hosts : name => "https://${host}" }
}

output "page_url" {
  description = "Address of the page. It works once page_domain points at page_address and Google has issued the certificate (up to an hour)."
  value       = "https://${var.page_domain}"
}

output "page_address" {
  description = "IP address for the A record of page_domain."
  value       = google_compute_global_address.page.address
}

output "page_bucket" {
  description = "Bucket for the files of the page."
  value       = "gs://${google_storage_bucket.page.name}"
}

output "secrets" {
  description = "Command that adds the value of each secret. A function that reads a secret fails until it has a value."
  value = {
    for name in keys(local.secrets) : name => (
      name == local.tokens_key
      ? "head -c 32 /dev/urandom | base64 | gcloud secrets versions add ${name} --project ${var.project} --data-file=-"
      : "(read -rs key; printf %s \"$key\") | gcloud secrets versions add ${name} --project ${var.project} --data-file=-"
    )
  }
}

output "alerts" {
  description = "Name of each alert. docs/operate.md has a section with the same name."
  value       = local.alert_names
}

output "accounts" {
  description = "Service account of each function, by the function's name."
  value       = { for name, account in google_service_account.function : name => account.email }
}

output "next" {
  description = "Steps after the first apply, in this order."
  value = [
    "Add the values of the secrets: terraform output secrets",
    "Point ${var.page_domain} at ${google_compute_global_address.page.address} with an A record.",
    "Upload the files that the page loads: gcloud storage rsync --recursive --exclude='^index.html$' web/dist gs://${google_storage_bucket.page.name} --cache-control='public, max-age=31536000, immutable'",
    "Upload the entry of the page, which caches must not keep: gcloud storage cp web/dist/index.html gs://${google_storage_bucket.page.name}/ --cache-control=no-cache",
    "Allow ${var.page_domain} to sign in: Firebase console, Authentication, Settings, Authorised domains.",
    "Check that health answers: curl https://${local.hosts[local.health_function]}",
  ]
}
