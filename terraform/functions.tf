# Declaration of each function for the deployment, by its name in functions/. A new function needs its
# folder and one entry here; no other file of terraform/ names functions.
#
#   callers    users:    public at IAM; the function verifies the user's ID token. It could not verify a
#                        token that IAM has checked: Cloud Run removes the token's signature.
#              public:   public at IAM; the function reads no token.
#              internal: the accounts of Cloud Scheduler and Cloud Tasks only.
#   secrets    Secrets that the function reads by name.
#   uses       Other services that the function uses. access.tf maps each word to roles.
#   free_text  People write texts into its requests, or Google into its queries: no rule of the firewall
#              reads them (firewall.tf).
#
# The other keys are sizes. An environment changes them with var.function_defaults and var.functions.
locals {
  liveavatar_key = "liveavatar-api-key"
  tokens_key     = "session-tokens-key"
  accounts_key   = "account-hash-key"
  google_client  = "google-oauth-client"

  defaults = {
    memory        = "512Mi"
    cpu           = 1
    concurrency   = 40
    min_instances = 0
    max_instances = 20
    timeout       = 60
    ingress       = var.only_load_balancer ? "ALLOW_INTERNAL_AND_GCLB" : "ALLOW_ALL"
    free_text     = false
    secrets       = [local.liveavatar_key]
    uses          = []
  }

  functions = {
    start_avatar = {
      callers = "users"
      uses    = ["store", "queue", "tokens.write", "tokens.read", "tokens.delete"]
    }
    chat = {
      callers   = "users"
      free_text = true
      timeout   = 600 # a turn of at most 580 seconds, and 15 seconds to store it
      secrets   = [local.liveavatar_key, local.google_client]
      uses      = ["store", "agent", "speech", "tokens.read", "tokens.delete", "grants.read", "sealing"]

      concurrency = 100 # 200 turns that speak at once take 213 MB and most of a CPU (bench/throughput.py)
    }
    speak = {
      callers   = "users"
      free_text = true
      timeout   = 600
      uses      = ["store", "tokens.read", "tokens.delete"]
    }
    voice = {
      callers   = "users"
      free_text = true
      timeout   = 90 # an upload of 2 MB, and a minute of speech
      secrets   = []
      uses      = ["store", "speech"]
    }
    keep_alive = {
      callers = "users"
      uses    = ["store", "queue", "tokens.delete"]
    }
    end_session = {
      callers = "users"
      uses    = ["store", "tokens.delete"]
    }
    conversations = {
      callers   = "users"
      free_text = true # titles, comments, and the words that someone searches for
      uses      = ["store", "agent.delete", "tokens.read", "tokens.delete"]
    }
    sweep_expired = {
      callers       = "internal"
      ingress       = "ALLOW_INTERNAL_ONLY" # Cloud Scheduler and Cloud Tasks count as internal at a run.app address
      timeout       = 320
      concurrency   = 20
      max_instances = 10
      uses          = ["store", "agent.delete", "tokens.delete", "users.delete", "grants.read", "grants.delete"]
    }
    page = {
      callers       = "public"
      max_instances = 10
      secrets       = []
    }
    connections = {
      callers       = "users" # Google's redirects bring no token; cookie and state stand for the user
      free_text     = true    # a callback has a code of Google in its query
      max_instances = 10
      secrets       = [local.google_client]
      uses          = ["store", "grants.write", "grants.read", "grants.delete", "sealing"]
    }
    account = {
      callers   = "users"
      free_text = true # names
      timeout   = 600  # an export of at most 540 seconds
      secrets   = []
      uses      = ["store"]
    }
    budget_alert = {
      callers       = "internal"
      ingress       = "ALLOW_INTERNAL_ONLY" # a push of Pub/Sub in the same project counts as internal
      max_instances = 1
      secrets       = []
      uses          = ["store"]
    }
    health = {
      callers       = "public"
      max_instances = 3
      uses          = ["store.read", "agent.read", "queue.read"]
    }
  }

  # Functions with a special part in other files.
  start_function  = "start_avatar"
  sweep_function  = "sweep_expired"
  health_function = "health"
  page_function   = "page"
  budget_function = "budget_alert"

  connections_function = "connections"

  # Sizes of each function. Later arguments of merge() win.
  default_sizes = { for key, value in var.function_defaults : key => value if value != null }
  own_sizes = {
    for name, sizes in var.functions : name => { for key, value in sizes : key => value if value != null }
  }
  deployed = {
    for name, function in local.functions :
    name => merge(local.defaults, local.default_sizes, function, lookup(local.own_sizes, name, {}))
  }

  gibibytes = {
    for name, function in local.deployed :
    name => endswith(function.memory, "Gi") ? tonumber(trimsuffix(function.memory, "Gi")) : tonumber(trimsuffix(function.memory, "Mi")) / 1024
  }

  # A Cloud Run service has no underscore in its name. Its address follows from name, project number and
  # region, so a function can be given the address of another one before that exists.
  service_names = { for name in keys(local.functions) : name => replace(name, "_", "-") }
  hosts = {
    for name, service in local.service_names :
    name => "${service}-${data.google_project.this.number}.${var.region}.run.app"
  }

  # The address at which callers reach each function. In the second phase run.app answers 404 to all callers
  # but those of Google's own services.
  urls = {
    for name, host in local.hosts : name => (
      !var.only_load_balancer || local.functions[name].callers == "internal" ? "https://${host}" :
      name == local.page_function ? "https://${var.domain}" : "https://${var.domain}/api/${name}"
    )
  }

  # The host of the page.
  page_host = var.domain == null ? local.hosts[local.page_function] : var.domain

  # The address of `connections`, as browsers reach it. Google redirects to an address below it.
  connections_url = var.domain == null ? "https://${local.hosts[local.connections_function]}" : "https://${var.domain}/api/${local.connections_function}"

  settings = {
    OPRINA_PROJECT         = var.project
    OPRINA_LOCATION        = var.region
    OPRINA_AGENT_ENGINE    = var.agent_engine
    OPRINA_ALLOWED_ORIGINS = join(",", concat(["https://${local.page_host}"], var.other_origins))
    OPRINA_ADMITTED        = join(",", var.admitted)
    OPRINA_DATABASE        = var.database
    OPRINA_BACKUP_DAYS     = tostring(var.backup_days)

    OPRINA_GOOGLE_CLIENT_SECRET = local.google_client
    OPRINA_CONNECTIONS_URL      = local.connections_url

    OPRINA_CEILING_AVATAR_SECONDS      = tostring(var.ceilings.avatar_seconds)
    OPRINA_CEILING_AGENT_TOKENS        = tostring(var.ceilings.agent_tokens)
    OPRINA_CEILING_VOICE_CHARACTERS    = tostring(var.ceilings.voice_characters)
    OPRINA_CEILING_TRANSCRIBED_SECONDS = tostring(var.ceilings.transcribed_seconds)
    OPRINA_CEILING_SHARDS              = tostring(var.ceilings.shards)

    OPRINA_VAULT             = var.vault
    OPRINA_LIVEAVATAR_SECRET = local.liveavatar_key
    OPRINA_TASKS_QUEUE       = "expiry"
    OPRINA_SWEEP_URL         = "https://${local.hosts[local.sweep_function]}"
    OPRINA_TASKS_ACCOUNT     = google_service_account.tasks.email
    OPRINA_TRACES            = tostring(var.traces)
    LOG_EXECUTION_ID         = "false" # Google sets true; functions_framework then replaces the logging configuration
  }

  # Settings of the page's function only. With a domain the page finds the API on its own host.
  page_settings = {
    OPRINA_API_URLS    = var.domain == null ? jsonencode({ for name, host in local.hosts : name => "https://${host}" if local.functions[name].callers != "internal" }) : "{}"
    OPRINA_MEDIA_HOSTS = join(",", var.media_hosts)
    OPRINA_WEB_CONFIG  = jsonencode(local.web_config)
  }

  manifest = try(jsondecode(file("${var.packages}/manifest.json")).functions, {})
}

resource "google_storage_bucket_object" "package" {
  for_each = local.functions

  # The name contains the hash of the package: Terraform redeploys a function if its package changed.
  name   = "functions/${each.key}-${local.manifest[each.key].sha256}.zip"
  bucket = google_storage_bucket.packages.name
  source = "${var.packages}/${local.manifest[each.key].zip}"

  lifecycle {
    precondition {
      condition     = filesha256("${var.packages}/${local.manifest[each.key].zip}") == local.manifest[each.key].sha256
      error_message = "${local.manifest[each.key].zip} differs from its hash in manifest.json: run make package again."
    }
  }
}

resource "google_cloudfunctions2_function" "this" {
  for_each = local.deployed

  name        = local.service_names[each.key]
  location    = var.region
  description = "Oprina: functions/${each.key}"

  build_config {
    runtime           = var.runtime
    entry_point       = each.key
    service_account   = "projects/${var.project}/serviceAccounts/${google_service_account.build.email}"
    docker_repository = google_artifact_registry_repository.functions.id

    source {
      storage_source {
        bucket = google_storage_bucket.packages.name
        object = google_storage_bucket_object.package[each.key].name
      }
    }
  }

  service_config {
    available_memory                 = each.value.memory
    available_cpu                    = tostring(each.value.cpu)
    max_instance_request_concurrency = each.value.concurrency
    min_instance_count               = each.value.min_instances
    max_instance_count               = each.value.max_instances
    timeout_seconds                  = each.value.timeout
    ingress_settings                 = each.value.ingress
    service_account_email            = google_service_account.function[each.key].email
    environment_variables            = merge(var.settings, local.settings, each.key == local.page_function ? local.page_settings : {})
    all_traffic_on_latest_revision   = true
  }

  lifecycle {
    precondition {
      condition     = each.value.concurrency == 1 || each.value.cpu >= 1
      error_message = "${each.key}: an instance with less than one CPU serves one request at a time. Set cpu = 1 or concurrency = 1."
    }
    precondition {
      condition     = each.value.min_instances <= each.value.max_instances
      error_message = "${each.key}: set min_instances to at most max_instances."
    }
    # Cloud Run refuses a service whose instances together could exceed the quota of the region.
    precondition {
      condition     = each.value.max_instances * each.value.cpu <= var.cloud_run_quota.cpus
      error_message = "${each.key}: ${each.value.max_instances} instances need more CPUs than cloud_run_quota. Lower max_instances, or raise the quota (docs/deploy.md, Quotas) and then cloud_run_quota."
    }
    precondition {
      condition     = each.value.max_instances * local.gibibytes[each.key] <= var.cloud_run_quota.memory_gib
      error_message = "${each.key}: ${each.value.max_instances} instances need more memory than cloud_run_quota. Lower max_instances, or raise the quota (docs/deploy.md, Quotas) and then cloud_run_quota."
    }
  }

  depends_on = [time_sleep.build_roles]
}

# Google needs minutes until a new role applies everywhere. A build that starts earlier is refused.
resource "time_sleep" "build_roles" {
  create_duration = "120s"
  depends_on = [
    google_project_iam_member.build,
    google_artifact_registry_repository_iam_member.build,
    google_storage_bucket_iam_member.build,
  ]
}

# ── Callers ──────────────────────────────────────────────────────────────────────────────────────

locals {
  # Where an organisation refuses allUsers, `make deploy` disables the check of the caller instead
  # (infra/access/public_access.py). The provider has no argument for that.
  everyone = var.public_access == "all_users" ? { everyone = "allUsers" } : {}

  callers = {
    users  = local.everyone
    public = local.everyone
    # The accounts that call each internal function.
    internal = {}
  }
  internal_callers = {
    (local.sweep_function) = {
      scheduler = google_service_account.scheduler.member
      tasks     = google_service_account.tasks.member
    }
    (local.budget_function) = { budget = google_service_account.budget.member }
  }
  invocations = merge([
    for name, function in local.functions : {
      for caller, member in merge(local.callers[function.callers], lookup(local.internal_callers, name, {})) :
      "${name}/${caller}" => { function = name, member = member }
    }
  ]...)
}

# A 2nd-gen function is a Cloud Run service, and the policy of that service decides who may call it.
resource "google_cloud_run_v2_service_iam_member" "caller" {
  for_each = local.invocations

  location = var.region
  name     = google_cloudfunctions2_function.this[each.value.function].name
  role     = "roles/run.invoker"
  member   = each.value.member
}
