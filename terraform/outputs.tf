# Outputs: addresses, and the next steps for the operator.

output "function_urls" {
  description = "Address at which callers reach each function, by its name: on run.app or, with only_load_balancer, on the domain."
  value       = local.urls
}

output "api_url" {
  description = "Address of the API on the page's host: each function answers below it, by its name. Null without a domain: then each function has its own address only."
  value       = var.domain == null ? null : "https://${var.domain}/api"
}

output "page_url" {
  description = "Address of the page. With a domain it works once the domain points at the output address and Google has issued the certificate (up to an hour)."
  value       = "https://${local.page_host}"
}

output "address" {
  description = "IP address for the A record of the domain; null without a domain."
  value       = one(google_compute_global_address.site[*].address)
}

output "web_config" {
  description = "Configuration of Firebase sign-in for the page and the smoke test. Every browser gets it, so the key is not a secret."
  value       = local.web_config
}

output "google_redirect_url" {
  description = "Redirect address to enter at the OAuth client with which users connect their Google accounts."
  value       = "${local.connections_url}/google/callback"
}

output "secrets" {
  description = "Command that adds the value of each secret that is not random. No avatar can start without the key of LiveAvatar, and no Google account can be connected without the OAuth client."
  value = {
    (local.liveavatar_key) = "(read -rs key; printf %s \"$key\") | gcloud secrets versions add ${local.liveavatar_key} --project ${var.project} --data-file=-"
    (local.google_client)  = "gcloud secrets versions add ${local.google_client} --project ${var.project} --data-file=client_secret.json"
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
  value = concat(
    ["Add the values of the secrets: terraform output secrets"],
    var.domain == null ? [] : [
      "Point ${var.domain} at ${google_compute_global_address.site[0].address} with an A record.",
    ],
    [
      "Let people sign in with Google: console, Identity Platform, Providers, Add a provider, Google.",
      "Invite the first person: .venv/bin/python -m infra.admin --project ${var.project} --region ${var.region} invite you@example.com",
      "Check that health answers: curl ${local.urls[local.health_function]}",
    ],
    var.domain == null || var.only_load_balancer ? [] : [
      "When https://${coalesce(var.domain, "-")} answers, set only_load_balancer = true and deploy again.",
    ],
  )
}
