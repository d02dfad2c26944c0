# An environment without a domain: no load balancer, no certificate, no firewall. The page and each
# function have their own addresses on run.app, and the page reads those addresses.
project         = "oprina-no-domain"
environment     = "no-domain"
region          = "us-central1"
agent_engine    = "projects/oprina-no-domain/locations/us-central1/reasoningEngines/1234567890123456789"
runbook         = "https://github.com/example/oprina/blob/main/docs/operate.md"
billing_account = "000000-000000-000000"
ceilings        = { avatar_seconds = 36000, agent_tokens = 5000000 }
budget          = { amount = 50 }

function_defaults = { max_instances = 3 }

notification_channels = {
  mail = { type = "email", labels = { email_address = "oprina@example.com" } }
}
