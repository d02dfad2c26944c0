# Variables, in groups. Those of the functions are in function_variables.tf. After a change,
# `python -m infra.deploy.terraform_readme --write` updates the tables in README.md.

# ── Project and location ─────────────────────────────────────────────────────────────────────────

variable "project" {
  type        = string
  description = "Id of the Google Cloud project, which is the Firebase project too. Each environment has its own."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "Give the project's id, not its number or its name: 6 to 30 lower-case letters, digits and hyphens, with a letter first."
  }
}

variable "environment" {
  type        = string
  description = "Name of the environment. Labels, alerts and the budget carry it."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.environment))
    error_message = "Give a name of 2 to 20 lower-case letters, digits and hyphens, such as staging."
  }
}

variable "region" {
  type        = string
  description = "Region of the functions, the queue, the scheduler, the buckets and the agent."
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "Give a region without the letter of a zone, such as us-central1 or europe-west1."
  }
}

variable "firestore_location" {
  type        = string
  description = "Location of the database: a region, or nam5 or eur3 for several regions. It can never be changed. Default: the region."
  default     = null

  validation {
    condition     = var.firestore_location == null || can(regex("^(nam5|eur3|[a-z]+-[a-z]+[0-9]+)$", var.firestore_location))
    error_message = "Give nam5, eur3 or a region such as europe-west1. Choose with care: the location can never be changed."
  }
}

variable "database" {
  type        = string
  description = "Name of the Firestore database. Only the database named (default) has a free allowance."
  default     = "(default)"

  validation {
    condition     = can(regex("^(\\(default\\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$", var.database))
    error_message = "Give (default), with its brackets, or a name of 4 to 63 lower-case letters, digits and hyphens."
  }
}

# ── Host ─────────────────────────────────────────────────────────────────────────────────────────

variable "domain" {
  type        = string
  description = "Host name of the page and the API. It must belong to you; its A record points at the output address. Without it there is no load balancer, and the page and each function have their own addresses on run.app."
  default     = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "Give a host name in lower case, such as talk.example.com, without https:// and without a path."
  }
}

variable "only_load_balancer" {
  type        = bool
  description = "Refuse requests that do not come through the load balancer. Set it in a second deployment, when the certificate is there and the domain answers: until then the functions answer at their own addresses only."
  default     = false

  validation {
    condition     = !var.only_load_balancer || var.domain != null
    error_message = "Without domain there is no load balancer, and no request would reach a function. Set domain, or leave only_load_balancer out."
  }
}

variable "public_access" {
  type        = string
  description = "How the functions admit browsers. all_users: each grants allUsers the right to call. no_invoker_check: Cloud Run does not check callers, for organisations that refuse allUsers (domain restricted sharing); make deploy sets it. The functions verify the ID token in both cases."
  default     = "all_users"

  validation {
    condition     = contains(["all_users", "no_invoker_check"], var.public_access)
    error_message = "Set public_access to all_users or no_invoker_check."
  }
}

variable "admitted" {
  type        = set(string)
  description = "People who may use the service: verified e-mail addresses, domains of such addresses, or * for every person with an account. Empty: only invited people (python -m infra.admin invite)."
  default     = []

  validation {
    condition     = alltrue([for each in var.admitted : can(regex("^([*]|([^\\s@,*A-Z]+@)?[^\\s@,*A-Z]+[.][^\\s@,*.A-Z]+)$", each))])
    error_message = "Give e-mail addresses or domains in lower case, such as example.com, or * alone."
  }
}

variable "ceilings" {
  type = object({
    avatar_seconds      = number
    agent_tokens        = number
    voice_characters    = optional(number, 50000000)
    transcribed_seconds = optional(number, 1000000)
    shards              = optional(number, 50)
  })
  description = "Limits for all users together in a day (UTC): avatar_seconds (60 are one credit), agent_tokens, voice_characters of speech and transcribed_seconds of recordings. Beyond it nothing is admitted until the next day. shards: documents that share a ceiling; each takes about one start or message per second."

  validation {
    condition     = var.ceilings.avatar_seconds / var.ceilings.shards >= 600 && var.ceilings.agent_tokens / var.ceilings.shards >= 100000
    error_message = "Each shard must have room for one session (600 seconds) and one long turn (100000 tokens). Raise the ceiling or lower shards."
  }

  validation {
    condition     = var.ceilings.voice_characters / var.ceilings.shards >= 4000 && var.ceilings.transcribed_seconds / var.ceilings.shards >= 60
    error_message = "Each shard must have room for the speech of one turn (4000 characters) and for one recording (60 seconds). Raise the ceiling or lower shards."
  }
}

variable "requests_per_minute" {
  type        = number
  description = "Requests per minute that the firewall admits from one address on the Internet. People of one office can share an address."
  default     = 600

  validation {
    condition     = var.requests_per_minute >= 30 && var.requests_per_minute <= 10000
    error_message = "Set requests_per_minute to 30 to 10000: a page that talks sends about 10 per minute."
  }
}

variable "enforced_rules" {
  type        = set(string)
  description = "Rules of the firewall that block. The others are in preview: they only write to the log. docs/maintain.md says how to decide."
  default     = []

  validation {
    condition     = length(setsubtract(var.enforced_rules, flatten(values(local.rule_sets)))) == 0
    error_message = "Name only rules of the firewall: ${join(", ", distinct(flatten(values(local.rule_sets))))}."
  }
}

variable "other_origins" {
  type        = list(string)
  description = "More web origins whose scripts may call the functions, such as a page on a developer's computer."
  default     = []

  validation {
    condition     = alltrue([for origin in var.other_origins : can(regex("^https?://[^\\s/,*A-Z]+$", origin))])
    error_message = "Give scheme, host and port in lower case, such as https://talk.example.com, without a path and without a star."
  }
}

variable "media_hosts" {
  type        = list(string)
  description = "Hosts that send the avatar's picture and sound (LiveKit). The page may connect to these hosts and to the functions only."
  default     = ["*.livekit.cloud"]

  validation {
    condition     = length(var.media_hosts) > 0 && alltrue([for host in var.media_hosts : can(regex("^(\\*\\.)?([a-z0-9-]+\\.)+[a-z]+$", host))])
    error_message = "Give at least one host name; only its first part may be a star, as in *.livekit.cloud."
  }
}

# ── Sweep, queue and backups ─────────────────────────────────────────────────────────────────────

variable "sweep_schedule" {
  type        = string
  description = "Schedule of the sweep, which ends expired, idle and stuck sessions, as a cron expression in UTC."
  default     = "* * * * *"

  validation {
    condition     = length(split(" ", var.sweep_schedule)) == 5
    error_message = "Give the five fields minute, hour, day, month and weekday. Every minute is * * * * *."
  }
}

variable "queue_rate" {
  type        = number
  description = "Highest number of expiry tasks per second that the queue sends."
  default     = 20

  validation {
    condition     = var.queue_rate >= 1 && var.queue_rate <= 500
    error_message = "Set queue_rate to 1 to 500 tasks per second; Cloud Tasks allows no more."
  }
}

variable "backup_days" {
  type        = number
  description = "Days that each daily backup of the database is kept."
  default     = 7

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 98
    error_message = "Set backup_days to 1 to 98; Firestore keeps a backup for at most 14 weeks."
  }
}

# ── Alerts and budget ────────────────────────────────────────────────────────────────────────────

variable "notification_channels" {
  type = map(object({
    type   = string
    labels = map(string)
  }))
  description = "Receivers of alerts, by a name of your choice: the type of the channel and its labels, such as {type = \"email\", labels = {email_address = \"...\"}}."

  validation {
    condition     = length(var.notification_channels) > 0
    error_message = "Give at least one channel: an alert without a receiver is useless."
  }
  validation {
    condition     = alltrue([for channel in var.notification_channels : contains(["email", "sms", "pubsub"], channel.type)])
    error_message = "Use the type email, sms or pubsub. Other types need a token, and a secret must not be in Terraform's state."
  }
}

variable "alerts" {
  type = object({
    error_ratio        = optional(number, 0.05)
    first_speech_lag   = optional(number, 3)
    start_seconds      = optional(number, 8)
    quota_refusals     = optional(number, 50)
    queue_depth        = optional(number, 200)
    credits_left       = optional(number, 100)
    ceiling_part       = optional(number, 0.8)
    sweeps_with_orphan = optional(number, 0)
    sweeps_with_failed = optional(number, 2)
  })
  description = "Thresholds of the alerts: error_ratio (5xx answers divided by all answers), first_speech_lag and start_seconds (seconds, 95th percentile), quota_refusals (in 10 minutes), queue_depth (tasks), credits_left (credits at the provider), ceiling_part (part of a ceiling of the day), sweeps_with_orphan and sweeps_with_failed (sweeps in 10 minutes that stopped an orphan session, or failed to end something)."
  default     = {}

  validation {
    condition     = var.alerts.error_ratio > 0 && var.alerts.error_ratio < 1
    error_message = "Set error_ratio to a ratio between 0 and 1: 0.05 is five percent."
  }
  validation {
    condition     = alltrue([for name, threshold in var.alerts : threshold >= 0])
    error_message = "Set every threshold to 0 or more."
  }
}

variable "runbook" {
  type        = string
  description = "Address of docs/operate.md in your copy of the repository. Each alert links to its section."

  validation {
    condition     = can(regex("^https://[^#\\s]+$", var.runbook))
    error_message = "Give an address without an anchor, such as https://github.com/you/oprina/blob/main/docs/operate.md."
  }
}

variable "muted_alerts" {
  type        = set(string)
  description = "Alerts that are off, by their key in the output alerts."
  default     = []

  validation {
    condition     = alltrue([for name in var.muted_alerts : contains(keys(local.alert_names), name)])
    error_message = "Mute only alerts that exist: ${join(", ", keys(local.alert_names))}."
  }
}

variable "billing_account" {
  type        = string
  description = "Id of the billing account that the budget belongs to."

  validation {
    condition     = can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "Give an id such as 012345-6789AB-CDEF01; gcloud billing accounts list shows it."
  }
}

variable "budget" {
  type = object({
    amount   = number
    currency = optional(string, "USD")
  })
  description = "Costs on Google Cloud per month that mails are sent for, in the currency of the billing account. When it is used up, all spending stops. It does not include the avatar provider, and costs reach it hours late: ceilings limits both at once."

  validation {
    condition     = var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount
    error_message = "Set amount to a whole number of at least 1."
  }
  validation {
    condition     = can(regex("^[A-Z]{3}$", var.budget.currency))
    error_message = "Set currency to the three letters of the billing account's currency, such as USD."
  }
}
