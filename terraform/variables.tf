# Variables, in groups. README.md has a table of them; write it again with
# `python -m infra.deploy.terraform_readme --write` after a change.

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

# ── Functions ────────────────────────────────────────────────────────────────────────────────────

variable "packages" {
  type        = string
  description = "Folder with the zip of each function and with manifest.json, as `make package` writes it."
  default     = "../dist"

  validation {
    condition     = fileexists("${var.packages}/manifest.json")
    error_message = "There is no manifest.json in that folder. Run make package first."
  }
  validation {
    condition     = try(toset(keys(jsondecode(file("${var.packages}/manifest.json")).functions)) == toset(keys(local.functions)), false)
    error_message = "manifest.json and local.functions in functions.tf name different functions. Run make package again, or give a new function its entry in functions.tf."
  }
}

variable "runtime" {
  type        = string
  description = "Runtime of the functions."
  default     = "python313"

  validation {
    condition     = can(regex("^python3(1[1-9])$", var.runtime))
    error_message = "Give python311 or later: the code needs Python 3.11."
  }
}

variable "function_defaults" {
  type = object({
    memory        = optional(string)
    cpu           = optional(number)
    concurrency   = optional(number)
    min_instances = optional(number)
    max_instances = optional(number)
    timeout       = optional(number)
  })
  description = "Sizes of all functions that set none of their own in functions.tf: memory (such as 512Mi), cpu, concurrency (requests at a time in one instance), min_instances, max_instances, timeout (seconds)."
  default     = {}

  validation {
    condition     = can(regex("^[0-9]+(Mi|Gi)$", coalesce(var.function_defaults.memory, "512Mi")))
    error_message = "Give memory with the unit Mi or Gi, such as 512Mi."
  }
}

variable "functions" {
  type = map(object({
    memory        = optional(string)
    cpu           = optional(number)
    concurrency   = optional(number)
    min_instances = optional(number)
    max_instances = optional(number)
    timeout       = optional(number)
  }))
  description = "Sizes of single functions, by name. They win over functions.tf and over function_defaults, and have the same keys as function_defaults."
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.functions) : contains(keys(local.functions), name)])
    error_message = "Give sizes only to functions that exist: ${join(", ", keys(local.functions))}."
  }
  validation {
    condition     = alltrue([for sizes in var.functions : can(regex("^[0-9]+(Mi|Gi)$", coalesce(sizes.memory, "512Mi")))])
    error_message = "Give memory with the unit Mi or Gi, such as 512Mi."
  }
  validation {
    condition     = alltrue([for sizes in var.functions : coalesce(sizes.concurrency, 1) >= 1 && coalesce(sizes.concurrency, 1) <= 1000])
    error_message = "Set concurrency to 1 to 1000 requests."
  }
  validation {
    condition     = alltrue([for sizes in var.functions : coalesce(sizes.timeout, 60) >= 1 && coalesce(sizes.timeout, 60) <= 3600])
    error_message = "Set timeout to 1 to 3600 seconds."
  }
}

variable "cloud_run_quota" {
  type = object({
    cpus       = optional(number, 20)
    memory_gib = optional(number, 40)
  })
  description = "Quota of Cloud Run for the project in the region: CPUs and GiB of memory. A plan fails if the instances of one function could exceed it. The default is what a new project has."
  default     = {}

  validation {
    condition     = var.cloud_run_quota.cpus > 0 && var.cloud_run_quota.memory_gib > 0
    error_message = "Set cpus and memory_gib to the quota that the console shows (IAM & Admin, Quotas, Cloud Run Admin API)."
  }
}

variable "agent_engine" {
  type        = string
  description = "Resource name of the agent on Agent Engine. `python -m infra.agent.deploy` prints it."

  validation {
    condition     = can(regex("^projects/[^/]+/locations/[a-z0-9-]+/reasoningEngines/[0-9]+$", var.agent_engine))
    error_message = "Give the agent's full resource name: projects/PROJECT/locations/REGION/reasoningEngines/NUMBER."
  }
}

variable "traces" {
  type        = bool
  description = "Send the duration of each part of a request to Cloud Trace. Google samples about one request in ten seconds per instance."
  default     = false

  validation {
    condition     = var.traces != null
    error_message = "Set traces to true or false, not to null."
  }
}

variable "vault" {
  type        = string
  description = "Storage of the tokens of running sessions. secret_manager: one secret for each session, for at most 200 starts per minute. sealed: encrypted in the session's document. See docs/adr/0002."
  default     = "secret_manager"

  validation {
    condition     = contains(["secret_manager", "sealed"], var.vault)
    error_message = "Set vault to secret_manager or sealed."
  }
}

variable "settings" {
  type        = map(string)
  description = "More settings of the functions, by the name of the environment variable: allowances, plans, voice. common/settings.py has all of them."
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : can(regex("^OPRINA_[A-Z_]+$", name))])
    error_message = "Use names that begin with OPRINA_ and are in capitals; common/settings.py lists them."
  }
  validation {
    condition     = length(setintersection(keys(var.settings), keys(local.settings))) == 0
    error_message = "Terraform sets this setting itself. Use the variable for it instead: agent_engine, database, other_origins, page_domain, traces or vault."
  }
}

# ── Page ─────────────────────────────────────────────────────────────────────────────────────────

variable "page_domain" {
  type        = string
  description = "Host name of the web page. It must belong to you. Its A record points at the output page_address."

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.page_domain))
    error_message = "Give a host name in lower case, such as talk.example.com, without https:// and without a path."
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
    sweeps_with_orphan = optional(number, 0)
    sweeps_with_failed = optional(number, 2)
  })
  description = "Thresholds of the alerts: error_ratio (5xx answers divided by all answers), first_speech_lag and start_seconds (seconds, 95th percentile), quota_refusals (in 10 minutes), queue_depth (tasks), credits_left (credits at the provider), sweeps_with_orphan and sweeps_with_failed (sweeps in 10 minutes that stopped an orphan session, or failed to end something)."
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

variable "muted_alerts" {
  type        = set(string)
  description = "Alerts that are off, by their key in the output alerts. Mute failed_stops until the LiveAvatar key is added: without the key every sweep fails."
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
  description = "Costs on Google Cloud per month that mails are sent for, in the currency of the billing account. The budget stops nothing, and does not include the avatar provider."

  validation {
    condition     = var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount
    error_message = "Set amount to a whole number of at least 1."
  }
  validation {
    condition     = can(regex("^[A-Z]{3}$", var.budget.currency))
    error_message = "Set currency to the three letters of the billing account's currency, such as USD."
  }
}
