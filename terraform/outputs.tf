output "function_urls" {
  description = "Where each function is called, by its name; the page needs those that browsers call."
  value       = { for name, host in local.hosts : name => "https://${host}" }
}

output "page_url" {
  description = "Where people go, once page_domain points at page_address and Google has made the certificate (up to an hour)."
  value       = "https://${var.page_domain}"
}

output "page_address" {
  description = "The IP address for the A record of page_domain."
  value       = google_compute_global_address.page.address
}

output "page_bucket" {
  description = "Where the page's files are put."
  value       = "gs://${google_storage_bucket.page.name}"
}

output "secrets" {
  description = "The secrets that are to be filled, each with its command. Functions that read one fail until it is."
  value = {
    for name in keys(local.secrets) : name => (
      name == local.tokens_key
      ? "head -c 32 /dev/urandom | base64 | gcloud secrets versions add ${name} --project ${var.project} --data-file=-"
      : "(read -rs key; printf %s \"$key\") | gcloud secrets versions add ${name} --project ${var.project} --data-file=-"
    )
  }
}

output "alerts" {
  description = "The alerts' names, as docs/operate.md has them."
  value       = local.alert_names
}

output "accounts" {
  description = "The service account that each function runs as."
  value       = { for name, account in google_service_account.function : name => account.email }
}

output "next" {
  description = "What is to be done after the first apply, in this order."
  value = [
    "Fill the secrets: terraform output secrets",
    "Point ${var.page_domain} at ${google_compute_global_address.page.address} with an A record.",
    "Upload what the page loads: gcloud storage rsync --recursive --exclude='^index.html$' web/dist gs://${google_storage_bucket.page.name} --cache-control='public, max-age=31536000, immutable'",
    "Then its entry, which is never kept: gcloud storage cp web/dist/index.html gs://${google_storage_bucket.page.name}/ --cache-control=no-cache",
    "Allow ${var.page_domain} to sign in: Firebase console, Authentication, Settings, Authorised domains.",
    "See that it answers: curl https://${local.hosts.health}",
  ]
}
