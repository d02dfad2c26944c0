# Sign-in: Identity Platform, which is Firebase Authentication with more settings. Users sign in with Google;
# e-mail and password are for the smoke test's user. Google's OAuth client is made in the console
# (docs/deploy.md): no API can make it.
#
# Sign-up stays open: a first sign-in with Google is a sign-up. Who may use Oprina is decided by the
# functions, from var.admitted and the invitations (infra/admin).

locals {
  # Every browser gets it: none of it is a secret.
  web_config = {
    apiKey     = nonsensitive(google_identity_platform_config.this.client[0].api_key)
    authDomain = "${var.project}.firebaseapp.com"
    projectId  = var.project
  }
}

resource "google_identity_platform_config" "this" {
  project                    = var.project
  autodelete_anonymous_users = true

  authorized_domains = concat(
    ["${var.project}.firebaseapp.com"],
    [local.page_host],
    [for origin in var.other_origins : regex("^https?://([^:/]+)", origin)[0]],
  )

  sign_in {
    email {
      enabled           = true
      password_required = true
    }
  }

  # A user deletes an account with the function `account`, which deletes the data, too.
  client {
    permissions {
      disabled_user_deletion = true
      disabled_user_signup   = false
    }
  }

  depends_on = [time_sleep.apis]
}
