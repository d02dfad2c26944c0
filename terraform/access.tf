# What each account may do, and nothing else. On the resource, wherever Google has a policy there;
# on the project, with a condition on the resource's name, where it has none.
#
# Text-to-Speech asks for no role: an account of the project, and the API turned on. Firebase's tokens
# are verified with public certificates. Logs are taken from standard output.

locals {
  secret_names = "projects/${data.google_project.this.number}/secrets"

  # A database has no policy of its own: the project's, and a condition.
  own_database = {
    title      = "own_database"
    expression = "resource.name == \"projects/${var.project}/databases/${var.database}\""
  }
  # A session's secret is made by a function, so Terraform cannot name it: its name begins so.
  session_secrets = {
    title      = "session_secrets"
    expression = "resource.name.startsWith(\"${local.secret_names}/avatar-session-\")"
  }

  roles = {
    store = { user = { role = "roles/datastore.user", condition = local.own_database } }
    agent = { caller = { role = local.custom_role_names.agentCaller, condition = null } }
    queue = {} # on the queue and on the tasks' account, below

    # To see whether it answers. With the key that it reads, health sees whether Secret Manager and the
    # avatar's provider do.
    "store.look" = { looker = { role = local.custom_role_names.storeLooker, condition = local.own_database } }
    "agent.look" = { looker = { role = local.custom_role_names.agentLooker, condition = null } }
    "queue.look" = {} # on the queue, below

    # Each of these where a session's tokens are a secret of their own. What is created does not
    # exist yet, so that is asked of the project, and cannot be narrowed.
    "tokens.keep" = {
      creator = { role = local.custom_role_names.secretCreator, condition = null }
      adder   = { role = "roles/secretmanager.secretVersionAdder", condition = local.session_secrets }
    }
    "tokens.open" = {
      accessor = { role = "roles/secretmanager.secretAccessor", condition = local.session_secrets }
    }
    "tokens.forget" = {
      deleter = { role = local.custom_role_names.secretDeleter, condition = local.session_secrets }
    }
  }

  # Google's own roles for these are much wider: roles/aiplatform.user may also train, deploy and
  # delete whatever is on Vertex AI, roles/secretmanager.admin may read every secret. An agent's own
  # policy can be set over REST, but not by the provider yet. Ids of deleted roles stay taken for 37 days.
  custom_roles = {
    agentCaller = {
      title       = "Calls agents"
      description = "Asks an agent on Agent Engine, and begins a session with it."
      permissions = ["aiplatform.reasoningEngines.query", "aiplatform.sessions.create"]
    }
    agentLooker = {
      title       = "Looks at agents"
      description = "Reads what an agent on Agent Engine is; asks it nothing."
      permissions = ["aiplatform.reasoningEngines.get"]
    }
    storeLooker = {
      title       = "Looks at single documents"
      description = "Reads a document whose name it knows; lists and changes none."
      permissions = ["datastore.entities.get"]
    }
    queueLooker = {
      title       = "Looks at queues"
      description = "Reads what a queue is and whether it runs; none of its tasks."
      permissions = ["cloudtasks.queues.get"]
    }
    secretCreator = {
      title       = "Makes secrets"
      description = "Makes a secret, without a version; reads, lists and changes none."
      permissions = ["secretmanager.secrets.create"]
    }
    secretDeleter = {
      title       = "Deletes secrets"
      description = "Deletes a secret; reads none."
      permissions = ["secretmanager.secrets.delete"]
    }
  }

  custom_role_names = {
    for key, role in google_project_iam_custom_role.this : key => "projects/${var.project}/roles/${role.role_id}"
  }

  function_roles = merge(flatten([
    for name, function in local.deployed : [
      for what in function.reaches : {
        for key, granted in local.roles[what] : "${name}/${what}/${key}" => merge(granted, { function = name })
      } if var.vault == "secret_manager" || !startswith(what, "tokens.")
    ]
  ])...)

  # A sealed session's key is read by whoever keeps or opens tokens.
  read_secrets = {
    for name, function in local.deployed : name => concat(
      function.secrets,
      var.vault == "sealed" && length(setintersection(function.reaches, ["tokens.keep", "tokens.open"])) > 0 ? [local.tokens_key] : [],
    )
  }
  secret_readers = merge([
    for name, secrets in local.read_secrets : {
      for secret in secrets : "${name}/${secret}" => { function = name, secret = secret }
    }
  ]...)
}

resource "google_project_iam_custom_role" "this" {
  for_each = local.custom_roles

  role_id     = "oprina_${each.key}"
  title       = "Oprina: ${each.value.title}"
  description = each.value.description
  permissions = each.value.permissions
  depends_on  = [google_project_service.this]
}

resource "google_project_iam_member" "function" {
  for_each = local.function_roles

  project = var.project
  role    = each.value.role
  member  = google_service_account.function[each.value.function].member

  dynamic "condition" {
    for_each = each.value.condition[*]
    content {
      title      = condition.value.title
      expression = condition.value.expression
    }
  }
}

# A trace has no policy of its own.
resource "google_project_iam_member" "traces" {
  for_each = var.traces ? google_service_account.function : {}

  project = var.project
  role    = "roles/cloudtrace.agent"
  member  = each.value.member
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = local.secret_readers

  secret_id = google_secret_manager_secret.this[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member
}

resource "google_cloud_tasks_queue_iam_member" "looker" {
  for_each = toset([for name, function in local.deployed : name if contains(function.reaches, "queue.look")])

  location = var.region
  name     = google_cloud_tasks_queue.expiry.name
  role     = local.custom_role_names.queueLooker
  member   = google_service_account.function[each.key].member
}

# ── the queue: who puts a task there must be allowed to let it run as the tasks' account ─────────

locals {
  enqueuers = toset([for name, function in local.deployed : name if contains(function.reaches, "queue")])
}

resource "google_cloud_tasks_queue_iam_member" "enqueuer" {
  for_each = local.enqueuers

  location = var.region
  name     = google_cloud_tasks_queue.expiry.name
  role     = "roles/cloudtasks.enqueuer"
  member   = google_service_account.function[each.key].member
}

resource "google_service_account_iam_member" "act_as_tasks" {
  for_each = local.enqueuers

  service_account_id = "projects/${var.project}/serviceAccounts/${google_service_account.tasks.email}"
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.function[each.key].member
}

# ── the build ────────────────────────────────────────────────────────────────────────────────────

locals {
  build_roles = {
    logs = { role = "roles/logging.logWriter", condition = null }
    # Google copies what is to be built into a bucket of its own making.
    sources = {
      role = "roles/storage.objectViewer"
      condition = {
        title      = "function_sources"
        expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-\")"
      }
    }
  }
}

resource "google_project_iam_member" "build" {
  for_each = local.build_roles

  project = var.project
  role    = each.value.role
  member  = google_service_account.build.member

  dynamic "condition" {
    for_each = each.value.condition[*]
    content {
      title      = condition.value.title
      expression = condition.value.expression
    }
  }
}

resource "google_artifact_registry_repository_iam_member" "build" {
  location   = var.region
  repository = google_artifact_registry_repository.functions.repository_id
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

resource "google_storage_bucket_iam_member" "build" {
  bucket = google_storage_bucket.packages.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}
