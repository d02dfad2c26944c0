# Secrets without their values: Terraform would write a value into its state. The output `secrets` has
# the command that adds each value.

locals {
  secrets = merge(
    { (local.liveavatar_key) = "API key of LiveAvatar, from its settings page." },
    { (local.accounts_key) = "Key that hashes the identities of deleted accounts: 32 random bytes in base64." },
    var.vault == "sealed" ? { (local.tokens_key) = "Key that seals session tokens: 32 random bytes in base64." } : {},
  )
}

resource "google_secret_manager_secret" "this" {
  for_each = local.secrets

  secret_id = each.key

  replication {
    auto {}
  }

  annotations = { purpose = each.value }
  depends_on  = [time_sleep.apis]
}
