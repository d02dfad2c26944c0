# About 100,000 sessions per day. A busy minute has over 200 starts, so session tokens are sealed in
# their documents. Some instances always wait, so that users do not wait for a cold start.
#
# Raise these quotas before the first deployment (docs/deploy.md, Quotas); a new project has 20 CPUs and
# 40 GiB.
cloud_run_quota = { cpus = 400, memory_gib = 400 }

project            = "oprina-large"
environment        = "large"
region             = "europe-west1"
firestore_location = "eur3"
vault              = "sealed"
traces             = true
agent_engine       = "projects/oprina-large/locations/europe-west1/reasoningEngines/9876543210987654321"
domain             = "oprina.example.com"
runbook            = "https://github.com/example/oprina/blob/main/docs/operate.md"
billing_account    = "ABCDEF-012345-6789AB"
ceilings           = { avatar_seconds = 50000000, agent_tokens = 3000000000, voice_characters = 1500000000, transcribed_seconds = 50000000, shards = 200 }
budget             = { amount = 20000, currency = "EUR" }
queue_rate         = 100
backup_days        = 30

settings = {
  OPRINA_PLANS        = "{\"studio\": {\"avatar_seconds\": 36000}}"
  OPRINA_IDLE_SECONDS = "120"
}

function_defaults = { max_instances = 100 }

# Functions that differ from the others.
functions = {
  start_avatar  = { min_instances = 2 }
  chat          = { min_instances = 4, max_instances = 400, memory = "1Gi" }
  speak         = { min_instances = 1 }
  sweep_expired = { memory = "1Gi" }
}

alerts = {
  queue_depth    = 5000
  quota_refusals = 1000
  credits_left   = 10000
}

notification_channels = {
  mail  = { type = "email", labels = { email_address = "oprina@example.com" } }
  night = { type = "sms", labels = { number = "+491700000000" } }
}
