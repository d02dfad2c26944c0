# Where secrets are to be put, and never what they are: a value here would stand in Terraform's state.
# The output `secrets` says how each is filled.
locals {
  secrets = merge(
    { (local.liveavatar_key) = "The LiveAvatar key, from its settings page." },
    var.vault == "sealed" ? { (local.tokens_key) = "32 random bytes in base64, which sessions' tokens are sealed with." } : {},
  )
}

resource "google_secret_manager_secret" "this" {
  for_each = local.secrets

  secret_id = each.key

  replication {
    auto {}
  }

  annotations = { what = each.value }
  depends_on  = [google_project_service.this]
}
