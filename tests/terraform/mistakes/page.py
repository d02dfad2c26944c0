from tests.terraform.mistake import PAGE, mistake

MISTAKES = [
    mistake(
        "inline scripts", "check_script_sources",
        "script-src allows 'unsafe-inline'",
        (PAGE, """["'self'", "https://apis.google.com"]""", """["'self'", "'unsafe-inline'"]"""),
    ),
    mistake(
        "page that may use the camera", "check_headers", "Permissions-Policy lacks",
        (PAGE, "camera=()", "camera=(self)"),
    ),
    mistake(
        "page that may connect to the sweep", "check_connections", "may connect to sweep_expired",
        (PAGE, ' if function.callers != "internal"]', "]"),
    ),
    mistake(
        "page without the avatar's websocket", "check_connections", "not connect to wss://",
        (PAGE, '"wss://${host}"', '"ws://${host}"'),
    ),
    mistake(
        "page without HSTS", "check_headers", "Strict-Transport-Security",
        (PAGE, '    Strict-Transport-Security  = "max-age=63072000; includeSubDomains"\n', ""),
    ),
    mistake(
        "HSTS for an hour", "check_headers", "lasts less than a year",
        (PAGE, "max-age=63072000", "max-age=3600"),
    ),
    mistake(
        "page that its opener can script", "check_headers", "Cross-Origin-Opener-Policy",
        (PAGE, "same-origin-allow-popups", "unsafe-none"),
    ),
    mistake(
        "scripts from any host with TLS", "check_script_sources",
        "script-src allows https:",
        (PAGE, '"https://apis.google.com"', '"https:"'),
    ),
    mistake(
        "scripts from any host", "check_script_sources", "script-src allows *",
        (PAGE, """["'self'", "https://apis.google.com"]""", '["*"]'),
    ),
    mistake(
        "scripts in data addresses", "check_script_sources", "runs scripts from data:",
        (PAGE, '"https://apis.google.com"', '"data:"'),
    ),
    mistake(
        "no default source", "check_script_sources",
        "default-src is not 'self'",
        (PAGE, """    default-src = ["'self'"]\n""", ""),
    ),
    mistake(
        "inline styles", "check_script_sources", "style-src allows 'unsafe-inline'",
        (PAGE, """style-src                 = ["'self'"]""",
         """style-src = ["'self'", "'unsafe-inline'"]"""),
    ),
    mistake(
        "page without sign-in", "check_connections", "identitytoolkit",
        (PAGE, "local.functions_origins, local.sign_in_origins,", "local.functions_origins,"),
    ),
    mistake(
        "page without the avatar's media", "check_connections", "may not play the avatar's media",
        (PAGE, '"blob:", "mediastream:"', '"blob:"'),
    ),
    mistake(
        "old TLS", "check_https", "allows insecure TLS",
        (PAGE, '"TLS_1_2"', '"TLS_1_0"'),
    ),
    mistake(
        "unused TLS policy", "check_https", "is not used",
        (PAGE, "  ssl_policy       = google_compute_ssl_policy.page.id\n", ""),
    ),
    mistake(
        "page without TLS", "check_https", "serves the page without TLS",
        (PAGE, "url_map = google_compute_url_map.to_https.id",
         "url_map = google_compute_url_map.page.id"),
    ),
    mistake(
        "CDN that caches everything", "check_https", "against their Cache-Control",
        (PAGE, '"USE_ORIGIN_HEADERS"', '"FORCE_CACHE_ALL"'),
    ),
]  # fmt: skip
