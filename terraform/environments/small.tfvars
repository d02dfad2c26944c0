# A deployment to try things: nothing runs while nobody is there.
project         = "oprina-small"
environment     = "small"
region          = "us-central1"
agent_engine    = "projects/oprina-small/locations/us-central1/reasoningEngines/1234567890123456789"
page_domain     = "small.oprina.example.com"
other_origins   = ["http://localhost:5173"]
billing_account = "000000-000000-000000"
budget          = { amount = 50 }

settings = {
  OPRINA_ALLOWANCE_AVATAR_SECONDS = "600"
}

functions = {
  start_avatar  = { max_instances = 3 }
  chat          = { max_instances = 3 }
  speak         = { max_instances = 3 }
  keep_alive    = { max_instances = 3 }
  end_session   = { max_instances = 3 }
  sweep_expired = { max_instances = 2 }
}

notification_channels = {
  mail = { type = "email", labels = { email_address = "oprina@example.com" } }
}
