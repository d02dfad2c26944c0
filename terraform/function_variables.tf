# Variables of the functions.

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
    error_message = "Terraform sets this setting itself. Use the variable for it instead: agent_engine, database, domain, other_origins, traces or vault."
  }
}
