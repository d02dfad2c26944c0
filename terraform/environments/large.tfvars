# About 100,000 sessions a day: more than 200 starts in a busy minute, so tokens are sealed in their
# documents; instances wait for people, and not the other way about.
project            = "oprina-large"
environment        = "large"
region             = "europe-west1"
firestore_location = "eur3"
vault              = "sealed"
traces             = true
agent_engine       = "projects/oprina-large/locations/europe-west1/reasoningEngines/9876543210987654321"
page_domain        = "oprina.example.com"
billing_account    = "ABCDEF-012345-6789AB"
budget             = { amount = 20000, currency = "EUR" }
queue_rate         = 100
backup_days        = 30

settings = {
  OPRINA_PLANS        = "{\"studio\": {\"avatar_seconds\": 36000}}"
  OPRINA_IDLE_SECONDS = "120"
}

functions = {
  start_avatar  = { min_instances = 2, max_instances = 100 }
  chat          = { min_instances = 4, max_instances = 400, memory = "1Gi" }
  speak         = { min_instances = 1, max_instances = 100 }
  keep_alive    = { max_instances = 100 }
  end_session   = { max_instances = 100 }
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
