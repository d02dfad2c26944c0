# Permissions of each service account. A role is granted on one resource where Google offers a policy
# for that resource, else on the project with a condition on the resource's name.
#
# Three services need no role: Text-to-Speech serves every account of a project whose API is on,
# Firebase ID tokens are verified with public certificates, and Cloud Run reads logs from standard
# output.

locals {
  secret_names = "projects/${data.google_project.this.number}/secrets"

  # Firestore has no policy per database.
  own_database = {
    title      = "own_database"
    expression = "resource.name == \"projects/${var.project}/databases/${var.database}\""
  }
  # Functions create a secret for each session at run time. Terraform knows the prefix of its name.
  session_secrets = {
    title      = "session_secrets"
    expression = "resource.name.startsWith(\"${local.secret_names}/avatar-session-\")"
  }
  # The same for the refresh token of each Google connection.
  grant_secrets = {
    title      = "grant_secrets"
    expression = "resource.name.startsWith(\"${local.secret_names}/google-grant-\")"
  }

  # Roles on the project, by the words that a function lists under `uses` in functions.tf.
  roles = {
    store = { user = { role = "roles/datastore.user", condition = local.own_database } }
    agent = { caller = { role = local.custom_role_names.agentCaller, condition = null } }
    "agent.delete" = {
      deleter = { role = local.custom_role_names.agentSessionDeleter, condition = null }
    }
    queue = {} # granted on the queue and on the tasks' account, below

    # A recognizer that is not stored has no name that a condition could limit.
    speech = { caller = { role = local.custom_role_names.speechCaller, condition = null } }

    # Read access for `health`, which checks each dependency.
    "store.read" = { reader = { role = local.custom_role_names.storeReader, condition = local.own_database } }
    "agent.read" = { reader = { role = local.custom_role_names.agentReader, condition = null } }
    "queue.read" = {} # granted on the queue, below

    # Session tokens. Granted only with vault = "secret_manager". A secret that does not exist yet has
    # no name, so no condition can limit the permission to create one.
    "tokens.write" = {
      creator = { role = local.custom_role_names.secretCreator, condition = null }
      adder   = { role = "roles/secretmanager.secretVersionAdder", condition = local.session_secrets }
    }
    "tokens.read" = {
      accessor = { role = "roles/secretmanager.secretAccessor", condition = local.session_secrets }
    }
    "tokens.delete" = {
      deleter = { role = local.custom_role_names.secretDeleter, condition = local.session_secrets }
    }

    # Refresh tokens of Google connections.
    "grants.write" = {
      creator = { role = local.custom_role_names.secretCreator, condition = null }
      adder   = { role = "roles/secretmanager.secretVersionAdder", condition = local.grant_secrets }
    }
    "grants.read" = {
      accessor = { role = "roles/secretmanager.secretAccessor", condition = local.grant_secrets }
    }
    "grants.delete" = {
      deleter = { role = local.custom_role_names.secretDeleter, condition = local.grant_secrets }
    }
    sealing = {} # granted on the key that seals access tokens of Google in documents, below

    # Deletion of accounts, by the sweep.
    "users.delete" = { deleter = { role = local.custom_role_names.userDeleter, condition = null } }
  }

  # Google's predefined roles are too wide: roles/aiplatform.user can also train, deploy and delete
  # models, and roles/secretmanager.admin can read every secret. The REST API can set a policy on one
  # agent, the provider cannot yet. The id of a deleted role stays reserved for 37 days.
  custom_roles = {
    agentCaller = {
      title       = "Agent caller"
      description = "Query an agent on Agent Engine and create a session with it."
      permissions = ["aiplatform.reasoningEngines.query", "aiplatform.sessions.create"]
    }
    userDeleter = {
      title       = "User deleter"
      description = "Delete a user of Firebase. Cannot read or change users."
      permissions = ["firebaseauth.users.delete"]
    }
    agentSessionDeleter = {
      title       = "Agent session deleter"
      description = "Delete a session of an agent on Agent Engine. Cannot read it."
      permissions = ["aiplatform.sessions.delete"]
    }
    agentReader = {
      title       = "Agent reader"
      description = "Read the description of an agent on Agent Engine. Cannot query it."
      permissions = ["aiplatform.reasoningEngines.get"]
    }
    speechCaller = {
      title       = "Speech caller"
      description = "Have speech recognised. Cannot create, list or change recognizers."
      permissions = ["speech.recognizers.recognize"]
    }
    storeReader = {
      title       = "Document reader"
      description = "Read a document by its name. Cannot list or change documents."
      permissions = ["datastore.entities.get"]
    }
    queueReader = {
      title       = "Queue reader"
      description = "Read the state of a queue. Cannot read its tasks."
      permissions = ["cloudtasks.queues.get"]
    }
    secretCreator = {
      title       = "Secret creator"
      description = "Create a secret without a version. Cannot read, list or change secrets."
      permissions = ["secretmanager.secrets.create"]
    }
    secretDeleter = {
      title       = "Secret deleter"
      description = "Delete a secret. Cannot read it."
      permissions = ["secretmanager.secrets.delete"]
    }
  }

  custom_role_names = {
    for key, role in google_project_iam_custom_role.this : key => "projects/${var.project}/roles/${role.role_id}"
  }

  function_roles = merge(flatten([
    for name, function in local.deployed : [
      for use in function.uses : {
        for key, granted in local.roles[use] : "${name}/${use}/${key}" => merge(granted, { function = name })
      } if var.vault == "secret_manager" || !startswith(use, "tokens.")
    ]
  ])...)

  # The sealing key is for access tokens of Google and, with vault = "sealed", for session tokens.
  read_secrets = {
    for name, function in local.deployed : name => concat(
      function.secrets,
      function.callers == "users" ? [local.accounts_key] : [], # to verify who calls: User.former
      length(setintersection(function.uses, local.sealing_uses)) > 0 ? [local.tokens_key] : [],
    )
  }
  sealing_uses = var.vault == "sealed" ? ["sealing", "tokens.write", "tokens.read"] : ["sealing"]
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
  depends_on  = [time_sleep.apis]
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

# Cloud Trace has no policy per resource.
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

# ── Expiry queue ─────────────────────────────────────────────────────────────────────────────────

resource "google_cloud_tasks_queue_iam_member" "reader" {
  for_each = toset([for name, function in local.deployed : name if contains(function.uses, "queue.read")])

  location = var.region
  name     = google_cloud_tasks_queue.expiry.name
  role     = local.custom_role_names.queueReader
  member   = google_service_account.function[each.key].member
}

locals {
  enqueuers = toset([for name, function in local.deployed : name if contains(function.uses, "queue")])
}

resource "google_cloud_tasks_queue_iam_member" "enqueuer" {
  for_each = local.enqueuers

  location = var.region
  name     = google_cloud_tasks_queue.expiry.name
  role     = "roles/cloudtasks.enqueuer"
  member   = google_service_account.function[each.key].member
}

# A task carries the tasks' account, so the function that creates the task must be allowed to use it.
resource "google_service_account_iam_member" "act_as_tasks" {
  for_each = local.enqueuers

  service_account_id = "projects/${var.project}/serviceAccounts/${google_service_account.tasks.email}"
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.function[each.key].member
}

# ── Builds ───────────────────────────────────────────────────────────────────────────────────────

locals {
  build_roles = {
    logs = { role = "roles/logging.logWriter", condition = null }
    # Google copies the sources of a build into a bucket that Google creates.
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
