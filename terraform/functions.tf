# What each function is, wherever it runs. An environment gives more or less of the machine with
# var.functions.
#
#   callers  browsers: anybody at IAM, and the code verifies the user's token (Google takes a token's
#            signature off behind its own check, so it is one or the other); monitors: anybody, and
#            there is no token; ours: the accounts of the scheduler and of the tasks
#   secrets  the secrets that it reads by name
#   reaches  what else it uses; access.tf says what each of these takes
locals {
  liveavatar_key = "liveavatar-api-key"
  tokens_key     = "session-tokens-key"

  defaults = {
    memory        = "512Mi"
    cpu           = 1
    concurrency   = 40
    min_instances = 0
    max_instances = 20
    timeout       = 60
    ingress       = "ALLOW_ALL"
    secrets       = [local.liveavatar_key]
    reaches       = []
  }

  functions = {
    start_avatar = {
      callers = "browsers"
      reaches = ["store", "queue", "tokens.keep", "tokens.open", "tokens.forget"]
    }
    chat = {
      callers = "browsers"
      timeout = 600 # a reply of 120 seconds, and until the avatar has said it
      reaches = ["store", "agent", "tokens.open", "tokens.forget"]
    }
    speak = {
      callers = "browsers"
      timeout = 600
      reaches = ["store", "tokens.open", "tokens.forget"]
    }
    keep_alive = {
      callers = "browsers"
      reaches = ["store", "tokens.forget"]
    }
    end_session = {
      callers = "browsers"
      reaches = ["store", "tokens.forget"]
    }
    sweep_expired = {
      callers       = "ours"
      ingress       = "ALLOW_INTERNAL_ONLY" # Cloud Scheduler and Cloud Tasks count as such at a run.app address
      timeout       = 320
      concurrency   = 20
      max_instances = 10
      reaches       = ["store", "tokens.forget"]
    }
    health = {
      callers       = "monitors"
      max_instances = 3
      reaches       = ["store.look", "agent.look", "queue.look"]
    }
  }

  given = {
    for name, sizes in var.functions : name => { for key, value in sizes : key => value if value != null }
  }
  deployed = {
    for name, function in local.functions :
    name => merge(local.defaults, function, lookup(local.given, name, {}))
  }

  # The addresses are known beforehand: a function that needs another's does not wait for it.
  hosts = {
    for name in keys(local.functions) :
    name => "${replace(name, "_", "-")}-${data.google_project.this.number}.${var.region}.run.app"
  }

  settings = {
    OPRINA_PROJECT           = var.project
    OPRINA_LOCATION          = var.region
    OPRINA_AGENT_ENGINE      = var.agent_engine
    OPRINA_ALLOWED_ORIGINS   = join(",", concat(["https://${var.page_domain}"], var.other_origins))
    OPRINA_DATABASE          = var.database
    OPRINA_VAULT             = var.vault
    OPRINA_LIVEAVATAR_SECRET = local.liveavatar_key
    OPRINA_TASKS_QUEUE       = "expiry"
    OPRINA_SWEEP_URL         = "https://${local.hosts.sweep_expired}"
    OPRINA_TASKS_ACCOUNT     = google_service_account.tasks.email
    OPRINA_TRACES            = tostring(var.traces)
    LOG_EXECUTION_ID         = "false" # Google sets true; functions_framework then replaces the logging configuration
  }

  manifest = try(jsondecode(file("${var.packages}/manifest.json")).functions, {})
}

resource "google_storage_bucket_object" "package" {
  for_each = local.functions

  # The content's hash is in the name, so that a function is deployed again when it changed, and only
  # then.
  name   = "functions/${each.key}-${local.manifest[each.key].sha256}.zip"
  bucket = google_storage_bucket.packages.name
  source = "${var.packages}/${local.manifest[each.key].zip}"

  lifecycle {
    precondition {
      condition     = filesha256("${var.packages}/${local.manifest[each.key].zip}") == local.manifest[each.key].sha256
      error_message = "${local.manifest[each.key].zip} is not what manifest.json says: run python -m infra.deploy.package again."
    }
  }
}

resource "google_cloudfunctions2_function" "this" {
  for_each = local.deployed

  name        = replace(each.key, "_", "-")
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
    environment_variables            = merge(var.settings, local.settings)
    all_traffic_on_latest_revision   = true
  }

  lifecycle {
    precondition {
      condition     = each.value.concurrency == 1 || each.value.cpu >= 1
      error_message = "${each.key}: several requests at once in an instance need a whole CPU."
    }
  }

  depends_on = [google_project_iam_member.build, google_artifact_registry_repository_iam_member.build]
}

# ── who may call ─────────────────────────────────────────────────────────────────────────────────

locals {
  callers = {
    browsers = { anybody = "allUsers" }
    monitors = { anybody = "allUsers" }
    ours = {
      scheduler = google_service_account.scheduler.member
      tasks     = google_service_account.tasks.member
    }
  }
  invocations = merge([
    for name, function in local.functions : {
      for caller, member in local.callers[function.callers] :
      "${name}/${caller}" => { function = name, member = member }
    }
  ]...)
}

# A 2nd-gen function is a Cloud Run service, and that is where its callers are named.
resource "google_cloud_run_v2_service_iam_member" "caller" {
  for_each = local.invocations

  location = var.region
  name     = google_cloudfunctions2_function.this[each.value.function].name
  role     = "roles/run.invoker"
  member   = each.value.member
}
