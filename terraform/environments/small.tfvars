# An environment to try things in. No instance waits, so an idle environment costs little.
project         = "oprina-small"
environment     = "small"
region          = "us-central1"
agent_engine    = "projects/oprina-small/locations/us-central1/reasoningEngines/1234567890123456789"
domain          = "small.oprina.example.com"
other_origins   = ["http://localhost:5173"]
runbook         = "https://github.com/example/oprina/blob/main/docs/operate.md"
billing_account = "000000-000000-000000"
ceilings        = { avatar_seconds = 36000, agent_tokens = 5000000 }
budget          = { amount = 50 }

settings = {
  OPRINA_ALLOWANCE_AVATAR_SECONDS = "600"
}

function_defaults = { max_instances = 3 }

notification_channels = {
  mail = { type = "email", labels = { email_address = "oprina@example.com" } }
}
