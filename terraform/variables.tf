# ── where ────────────────────────────────────────────────────────────────────────────────────────

variable "project" {
  type        = string
  description = "The Google Cloud project, which is the Firebase project too. An environment has one of its own."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project's id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter: the id, not the number or the name."
  }
}

variable "environment" {
  type        = string
  description = "What this deployment is called, in labels and in alerts."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.environment))
    error_message = "An environment's name is 2 to 20 lower-case letters, digits and hyphens, such as staging."
  }
}

variable "region" {
  type        = string
  description = "The region of the functions, the queue, the scheduler, the buckets and the agent."
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region such as us-central1 or europe-west1, without a zone's letter."
  }
}

variable "firestore_location" {
  type        = string
  description = "Where documents are kept, for ever: a region, or nam5 or eur3 for several. The region where null."
  default     = null

  validation {
    condition     = var.firestore_location == null || can(regex("^(nam5|eur3|[a-z]+-[a-z]+[0-9]+)$", var.firestore_location))
    error_message = "nam5, eur3 or a region such as europe-west1. It can never be changed afterwards."
  }
}

variable "database" {
  type        = string
  description = "The Firestore database. Only the one called (default) has a free allowance."
  default     = "(default)"

  validation {
    condition     = can(regex("^(\\(default\\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$", var.database))
    error_message = "(default), with its brackets, or 4 to 63 lower-case letters, digits and hyphens."
  }
}

# ── the functions ────────────────────────────────────────────────────────────────────────────────

variable "packages" {
  type        = string
  description = "The folder with a zip a function and manifest.json, as infra/deploy/package.py makes it."
  default     = "../dist"

  validation {
    condition     = fileexists("${var.packages}/manifest.json")
    error_message = "There is no manifest.json in that folder: run python -m infra.deploy.package first."
  }
  validation {
    condition     = try(toset(keys(jsondecode(file("${var.packages}/manifest.json")).functions)) == toset(keys(local.functions)), false)
    error_message = "The packages are not those of local.functions in functions.tf: one of them has a function that the other does not know."
  }
}

variable "runtime" {
  type        = string
  description = "The functions' runtime."
  default     = "python313"

  validation {
    condition     = can(regex("^python3(1[1-9])$", var.runtime))
    error_message = "python311 or later; the code needs Python 3.11."
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
  description = "What an environment gives a function beyond local.functions, by its name: memory (512Mi), CPUs, requests at once in an instance, fewest and most instances, seconds."
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.functions) : contains(keys(local.functions), name)])
    error_message = "Only functions that exist can be given something: start_avatar, chat, speak, end_session, keep_alive, sweep_expired, health."
  }
  validation {
    condition     = alltrue([for given in var.functions : can(regex("^[0-9]+(Mi|Gi)$", coalesce(given.memory, "512Mi")))])
    error_message = "Memory is a number with Mi or Gi, such as 512Mi."
  }
  validation {
    condition     = alltrue([for given in var.functions : coalesce(given.concurrency, 1) >= 1 && coalesce(given.concurrency, 1) <= 1000])
    error_message = "An instance serves 1 to 1000 requests at once."
  }
  validation {
    condition     = alltrue([for given in var.functions : coalesce(given.min_instances, 0) <= coalesce(given.max_instances, 10000)])
    error_message = "There cannot be more instances at least than at most."
  }
  validation {
    condition     = alltrue([for given in var.functions : coalesce(given.timeout, 60) >= 1 && coalesce(given.timeout, 60) <= 3600])
    error_message = "A request takes 1 to 3600 seconds."
  }
}

variable "agent_engine" {
  type        = string
  description = "The agent on Agent Engine, as infra/agent/deploy.py prints it."

  validation {
    condition     = can(regex("^projects/[^/]+/locations/[a-z0-9-]+/reasoningEngines/[0-9]+$", var.agent_engine))
    error_message = "The agent's whole name: projects/PROJECT/locations/REGION/reasoningEngines/NUMBER."
  }
}

variable "traces" {
  type        = bool
  description = "Whether the functions write what each part of a request took to Cloud Trace. Google asks for it for about one request in ten seconds and instance."
  default     = false

  validation {
    condition     = var.traces != null
    error_message = "Either true or false; null is neither."
  }
}

variable "vault" {
  type        = string
  description = "Where a running session's tokens are: a secret each (secret_manager, to 200 starts a minute), or sealed in its document (sealed). See docs/adr/0002."
  default     = "secret_manager"

  validation {
    condition     = contains(["secret_manager", "sealed"], var.vault)
    error_message = "secret_manager or sealed."
  }
}

variable "settings" {
  type        = map(string)
  description = "Other settings of the functions, as common/settings.py names them: allowances, plans, voice."
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : can(regex("^OPRINA_[A-Z_]+$", name))])
    error_message = "A setting's name begins with OPRINA_ and is in capitals; the README lists them."
  }
  validation {
    condition     = length(setintersection(keys(var.settings), keys(local.settings))) == 0
    error_message = "Terraform sets that one itself: use its variable (vault, database, agent_engine, page_domain, other_origins) instead."
  }
}

# ── the page ─────────────────────────────────────────────────────────────────────────────────────

variable "page_domain" {
  type        = string
  description = "The web page's host name, which is yours and points at the output page_address."

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.page_domain))
    error_message = "A host name in lower case, such as talk.example.com: no https:// and no path."
  }
}

variable "other_origins" {
  type        = list(string)
  description = "Other pages whose scripts may call the functions, such as one on a developer's machine."
  default     = []

  validation {
    condition     = alltrue([for origin in var.other_origins : can(regex("^https?://[^\\s/,*A-Z]+$", origin))])
    error_message = "An origin is scheme, host and port, in lower case: https://talk.example.com, without a path or a star."
  }
}

variable "media_hosts" {
  type        = list(string)
  description = "Where the avatar's picture and sound come from (LiveKit); the page may talk to these and to us."
  default     = ["*.livekit.cloud"]

  validation {
    condition     = length(var.media_hosts) > 0 && alltrue([for host in var.media_hosts : can(regex("^(\\*\\.)?([a-z0-9-]+\\.)+[a-z]+$", host))])
    error_message = "Host names, at most with a star as their first part: *.livekit.cloud."
  }
}

# ── the sweep and the queue ──────────────────────────────────────────────────────────────────────

variable "sweep_schedule" {
  type        = string
  description = "When expired, idle and stuck sessions are swept, as cron has it, in UTC."
  default     = "* * * * *"

  validation {
    condition     = length(split(" ", var.sweep_schedule)) == 5
    error_message = "Five fields: minute, hour, day, month, day of the week. Each minute is * * * * *."
  }
}

variable "queue_rate" {
  type        = number
  description = "Expiries a second that the queue hands to sweep_expired at most."
  default     = 20

  validation {
    condition     = var.queue_rate >= 1 && var.queue_rate <= 500
    error_message = "1 to 500 a second; Cloud Tasks takes no more."
  }
}

# ── keeping ──────────────────────────────────────────────────────────────────────────────────────

variable "backup_days" {
  type        = number
  description = "For how many days a daily backup of the database is kept."
  default     = 7

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 98
    error_message = "1 to 98 days; Firestore keeps no backup longer than 14 weeks."
  }
}

# ── watching and paying ──────────────────────────────────────────────────────────────────────────

variable "notification_channels" {
  type = map(object({
    type   = string
    labels = map(string)
  }))
  description = "Who hears of alerts: by a name of yours, a channel's type and labels, such as {type = \"email\", labels = {email_address = \"...\"}}."

  validation {
    condition     = length(var.notification_channels) > 0
    error_message = "At least one: an alert that nobody hears is none."
  }
  validation {
    condition     = alltrue([for channel in var.notification_channels : contains(["email", "sms", "pubsub"], channel.type)])
    error_message = "email, sms or pubsub. The others need a token, and no secret is to stand in Terraform's state."
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
  description = "From where on somebody is called: the share of answers that are 5xx; seconds to the first speech, and of a start, that 95 of 100 stay below; quota refusals in 10 minutes; tasks in the queue; the provider's credits; sweeps in 10 minutes that stopped an orphan, or failed to stop something."
  default     = {}

  validation {
    condition     = var.alerts.error_ratio > 0 && var.alerts.error_ratio < 1
    error_message = "error_ratio is a share of all answers: 0.05 is one in twenty."
  }
  validation {
    condition     = alltrue([for name, bound in var.alerts : bound >= 0])
    error_message = "No bound is below 0."
  }
}

variable "billing_account" {
  type        = string
  description = "The billing account that the budget is set on."

  validation {
    condition     = can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "Three times six digits or capitals: 012345-6789AB-CDEF01; gcloud billing accounts list shows it."
  }
}

variable "budget" {
  type = object({
    amount   = number
    currency = optional(string, "USD")
  })
  description = "What a month on Google Cloud may cost before somebody hears of it, in the billing account's currency. It stops nothing, and the avatar's provider bills apart."

  validation {
    condition     = var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount
    error_message = "A whole amount of at least 1."
  }
  validation {
    condition     = can(regex("^[A-Z]{3}$", var.budget.currency))
    error_message = "A currency's three letters, the billing account's own: USD."
  }
}
