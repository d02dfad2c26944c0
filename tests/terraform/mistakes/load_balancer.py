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
        "URL mask", "check_backends_reach_their_functions", "reaches every service of the region",
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
    mistake(
        "every path to the page", "check_paths_lead_to_their_functions", "/api/chat: leads to page",
        (LOAD_BALANCER, "function[path_rule.key].id", "function[local.page_function].id"),
    ),
    mistake(
        "host without the page", "check_paths_lead_to_their_functions",
        "do not lead to the page",
        (LOAD_BALANCER,
         "default_service = google_compute_backend_service.function[local.page_function].id",
         "default_service = google_compute_backend_service.function[local.health_function].id"),
    ),
    mistake(
        "group of another function", "check_backends_reach_their_functions",
        '["page"]: reaches speak',
        (LOAD_BALANCER, "service = google_cloudfunctions2_function.this[each.key].name",
         'service = google_cloudfunctions2_function.this["speak"].name'),
    ),
    mistake(
        "backend with another group", "check_backends_reach_their_functions",
        'service.function["page"]: reaches speak',
        (LOAD_BALANCER, "group = google_compute_region_network_endpoint_group.function[each.key].id",
         'group = google_compute_region_network_endpoint_group.function["speak"].id'),
    ),
    mistake(
        "classic load balancer", "check_backends", "rewrites no paths",
        (LOAD_BALANCER, '"EXTERNAL_MANAGED"', '"EXTERNAL"'),
    ),
    mistake(
        "time-out of a serverless backend", "check_backends", "refuses a time-out",
        (LOAD_BALANCER, '  protocol              = "HTTPS"\n',
         '  protocol              = "HTTPS"\n  timeout_sec           = 600\n'),
    ),
    mistake(
        "preview that writes no log", "check_backends", "no log shows",
        (LOAD_BALANCER, "enable      = true", "enable      = false"),
    ),
    mistake(
        "port that browsers do not use", "check_front", "answers at",
        (LOAD_BALANCER, '"443"', '"8443"'),
    ),
    mistake(
        "certificate of another host", "check_front", "is for another host",
        (LOAD_BALANCER, "domains = [var.domain]", 'domains = ["www.${var.domain}"]'),
    ),
    mistake(
        "page for every host", "check_front", "instead of small.oprina.example.com",
        (LOAD_BALANCER, "hosts        = [var.domain]", 'hosts        = ["*"]'),
    ),
    mistake(
        "redirect that loses the query", "check_redirects", "loses the query",
        (LOAD_BALANCER, "strip_query            = false", "strip_query            = true"),
    ),
    mistake(
        "forwarding rule with an address of its own", "check_front",
        "has another address than the one in the output",
        (LOAD_BALANCER, """  target                = google_compute_target_https_proxy.site[0].id
  ip_address            = google_compute_global_address.site[0].id
""", """  target                = google_compute_target_https_proxy.site[0].id
"""),
    ),
    mistake(
        "redirect to another host", "check_redirects", "redirects to www.",
        (LOAD_BALANCER, "host_redirect          = var.domain",
         'host_redirect          = "www.${var.domain}"'),
    ),
    mistake(
        "redirect without TLS", "check_redirects", "leads to a page without TLS",
        (LOAD_BALANCER, "https_redirect         = true", "https_redirect         = false"),
    ),
]  # fmt: skip
