from tests.terraform.mistake import FUNCTIONS, LOAD_BALANCER, SMALL, mistake

MISTAKES = [
    mistake(
        "old TLS", "check_https", "allows insecure TLS",
        (LOAD_BALANCER, '"TLS_1_2"', '"TLS_1_0"'),
    ),
    mistake(
        "unused TLS policy", "check_https", "is not used",
        (LOAD_BALANCER, "  ssl_policy       = google_compute_ssl_policy.site[0].id\n", ""),
    ),
    mistake(
        "page without TLS", "check_https", "serves the page without TLS",
        (LOAD_BALANCER, "url_map = google_compute_url_map.to_https[0].id",
         "url_map = google_compute_url_map.site[0].id"),
    ),
    mistake(
        "load balancer without a domain", "check_https", "costs money, and there is no domain",
        (LOAD_BALANCER, "if var.domain != null && function.callers",
         "if function.callers"),
        (LOAD_BALANCER,
         """google_compute_security_policy.this[\
local.deployed[each.key].free_text ? "free_text" : "identifiers"].id""", "null"),
        (SMALL, 'domain          = "small.oprina.example.com"\n', ""),
        alone=True,
    ),
    mistake(
        "path rule for the sweep", "check_paths", "/api/sweep_expired: leads to an internal function",
        (LOAD_BALANCER, 'if var.domain != null && function.callers != "internal"',
         "if var.domain != null"),
        alone=True,
    ),
    mistake(
        "one spelling of each name", "check_paths", "/api/end-session: leads to no function",
        (LOAD_BALANCER, "distinct([name, local.service_names[name]])", "[name]"),
    ),
    mistake(
        "paths without what is below them", "check_paths", "/api/chat/*: leads to no function",
        (LOAD_BALANCER, '["/api/${spelling}", "/api/${spelling}/*"]', '["/api/${spelling}"]'),
    ),
    mistake(
        "page that answers a 404 of the API", "check_paths", "the page answers unknown paths",
        (LOAD_BALANCER, '["/api", "/api/*"]', '["/api"]'),
    ),
    mistake(
        "path that the function does not have", "check_paths", "gets a path that it does not have",
        (LOAD_BALANCER, 'path_prefix_rewrite = "/"', 'path_prefix_rewrite = "/api"'),
    ),
    mistake(
        "URL mask", "check_backends", "reaches every service of the region",
        (LOAD_BALANCER, "    service = google_cloudfunctions2_function.this[each.key].name\n",
         '    url_mask = "/<service>"\n'),
    ),
    mistake(
        "CDN that caches everything", "check_page_is_cached_by_its_headers",
        "against their Cache-Control",
        (LOAD_BALANCER, '"USE_ORIGIN_HEADERS"', '"FORCE_CACHE_ALL"'),
    ),
    mistake(
        "CDN in front of the API", "check_page_is_cached_by_its_headers",
        "answers of the API must not be cached",
        (LOAD_BALANCER, "= each.key == local.page_function\n", "= true\n"),
    ),
    mistake(
        "CDN of another function", "check_page_is_cached_by_its_headers",
        "the page's files must be",
        (FUNCTIONS, 'page_function   = "page"', 'page_function   = "health"'),
        alone=True,
    ),
]  # fmt: skip
