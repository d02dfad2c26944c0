from tests.terraform.mistake import IDENTITY, SMALL, mistake

MISTAKES = [
    mistake(
        "page that cannot sign in", "check_sign_in", "can sign in at small.oprina.example.com",
        (IDENTITY, "    [local.page_host],\n", ""),
    ),
    mistake(
        "origin instead of a host", "check_sign_in", "http://localhost:5173 is not a host",
        (IDENTITY, 'regex("^https?://([^:/]+)", origin)[0]', "origin"),
    ),
    mistake(
        "no sign-in of the smoke test", "check_sign_in", "the smoke test's user cannot sign in",
        (IDENTITY, "      enabled           = true", "      enabled           = false"),
    ),
    mistake(
        "accounts that clients delete", "check_sign_in", "a client can delete an account",
        (IDENTITY, "disabled_user_deletion = true", "disabled_user_deletion = false"),
    ),
    mistake(
        "closed sign-up", "check_sign_in", "refuses the first sign-in with Google",
        (IDENTITY, "disabled_user_signup   = false", "disabled_user_signup   = true"),
    ),
    mistake(
        "redirect of Google that is refused", "check_sign_in", "comes back to firebaseapp.com",
        (IDENTITY, '    ["${var.project}.firebaseapp.com"],\n', ""),
    ),
    mistake(
        "sign-in without a password", "check_sign_in", "a link in a mail",
        (IDENTITY, "password_required = true", "password_required = false"),
    ),
    mistake(
        "sign-in from any computer", "check_sign_in", "any page on a person's computer",
        (IDENTITY, '["${var.project}.firebaseapp.com"]',
         '["${var.project}.firebaseapp.com", "localhost"]'),
        (SMALL, 'other_origins   = ["http://localhost:5173"]\n', ""),
    ),
]  # fmt: skip
