from tests.terraform.mistake import IDENTITY, mistake

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
]  # fmt: skip
