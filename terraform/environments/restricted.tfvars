# An environment in an organisation that refuses allUsers (domain restricted sharing), in its second phase:
# the certificate is there, and only the load balancer reaches the functions.
project            = "oprina-restricted"
environment        = "restricted"
region             = "europe-west1"
agent_engine       = "projects/oprina-restricted/locations/europe-west1/reasoningEngines/1234567890123456789"
domain             = "talk.example.com"
only_load_balancer = true
public_access      = "no_invoker_check"
enforced_rules     = ["scannerdetection-v33-stable"]
runbook            = "https://github.com/example/oprina/blob/main/docs/operate.md"
billing_account    = "000000-000000-000000"
ceilings           = { avatar_seconds = 360000, agent_tokens = 50000000 }
budget             = { amount = 500, currency = "EUR" }

notification_channels = {
  mail = { type = "email", labels = { email_address = "oprina@example.com" } }
}
