# Secrets without their values: Terraform would write a value into its state. `make deploy` gives the random
# keys their values (infra/deploy/random_keys.py). The output `secrets` has the command that adds each of the
# others.

locals {
  random_keys = {
    (local.accounts_key) = "Key that hashes the identities of deleted accounts: 32 random bytes in base64."
    (local.tokens_key)   = "Key that seals tokens in documents: 32 random bytes in base64."
  }
  secrets = merge(local.random_keys, {
    (local.liveavatar_key) = "API key of LiveAvatar, from its settings page."
    (local.google_client)  = "JSON file of the OAuth client, from the console. Google accounts cannot be connected without it."
  })
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
