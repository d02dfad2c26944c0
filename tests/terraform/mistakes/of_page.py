from tests.terraform.planting import PAGE, mistake

MISTAKES = [
    mistake(
        "a page with scripts of anybody's", "the_page_runs_nobody_elses_scripts",
        "says 'unsafe-inline'",
        (PAGE, """["'self'", "https://apis.google.com"]""", """["'self'", "'unsafe-inline'"]"""),
    ),
    mistake(
        "a page with a camera", "the_page_is_guarded", "Permissions-Policy does not say",
        (PAGE, "camera=()", "camera=(self)"),
    ),
    mistake(
        "a page that may try the sweep", "the_page_can_do_its_work", "may connect to sweep_expired",
        (PAGE, ' if function.callers != "ours"]', "]"),
    ),
    mistake(
        "a page that cannot hear the avatar", "the_page_can_do_its_work", "not connect to wss://",
        (PAGE, '"wss://${host}"', '"ws://${host}"'),
    ),
    mistake(
        "a page without HSTS", "the_page_is_guarded", "Strict-Transport-Security",
        (PAGE, '    Strict-Transport-Security  = "max-age=63072000; includeSubDomains"\n', ""),
    ),
    mistake(
        "HSTS for an hour", "the_page_is_guarded", "does not hold for a year",
        (PAGE, "max-age=63072000", "max-age=3600"),
    ),
    mistake(
        "a page whose opener may reach into it", "the_page_is_guarded", "Cross-Origin-Opener-Policy",
        (PAGE, "same-origin-allow-popups", "unsafe-none"),
    ),
    mistake(
        "scripts from wherever there is TLS", "the_page_runs_nobody_elses_scripts",
        "script-src says https:",
        (PAGE, '"https://apis.google.com"', '"https:"'),
    ),
    mistake(
        "scripts from everywhere", "the_page_runs_nobody_elses_scripts", "script-src says *",
        (PAGE, """["'self'", "https://apis.google.com"]""", '["*"]'),
    ),
    mistake(
        "scripts in an address", "the_page_runs_nobody_elses_scripts", "runs scripts from data:",
        (PAGE, '"https://apis.google.com"', '"data:"'),
    ),
    mistake(
        "no word on what is not named", "the_page_runs_nobody_elses_scripts",
        "default-src is not 'self'",
        (PAGE, """    default-src = ["'self'"]\n""", ""),
    ),
    mistake(
        "styles of anybody's", "the_page_runs_nobody_elses_scripts", "style-src says 'unsafe-inline'",
        (PAGE, """style-src                 = ["'self'"]""",
         """style-src = ["'self'", "'unsafe-inline'"]"""),
    ),
    mistake(
        "a page that nobody can sign in to", "the_page_can_do_its_work", "identitytoolkit",
        (PAGE, "local.functions_origins, local.sign_in_origins,", "local.functions_origins,"),
    ),
    mistake(
        "a page that cannot show the avatar", "the_page_can_do_its_work", "cannot show the avatar",
        (PAGE, '"blob:", "mediastream:"', '"blob:"'),
    ),
    mistake(
        "TLS of 1999", "the_page_comes_over_https", "takes what is broken",
        (PAGE, '"TLS_1_2"', '"TLS_1_0"'),
    ),
    mistake(
        "a TLS policy that nothing uses", "the_page_comes_over_https", "is used by nothing",
        (PAGE, "  ssl_policy       = google_compute_ssl_policy.page.id\n", ""),
    ),
    mistake(
        "the page without TLS", "the_page_comes_over_https", "read and change on its way",
        (PAGE, "url_map = google_compute_url_map.to_https.id",
         "url_map = google_compute_url_map.page.id"),
    ),
    mistake(
        "a page that stays as it was", "the_page_comes_over_https", "never to be kept",
        (PAGE, '"USE_ORIGIN_HEADERS"', '"FORCE_CACHE_ALL"'),
    ),
]  # fmt: skip
