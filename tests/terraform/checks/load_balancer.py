"""Checks of the load balancer: paths, TLS and caching. An environment without a domain has none."""

from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan, Values

LOAD_BALANCER = (
    "google_compute_url_map",
    "google_compute_backend_service",
    "google_compute_region_network_endpoint_group",
    "google_compute_global_forwarding_rule",
    "google_compute_security_policy",
)


def check_https(plan: Plan, _: Code) -> Iterator[str]:
    """Check TLS, and that plain HTTP is redirected."""
    if plan.variables["domain"] is None:
        for each in plan.resources(*LOAD_BALANCER):
            yield f"{each.address}: costs money, and there is no domain"
        return
    (tls,) = plan.resources("google_compute_ssl_policy")
    if (tls.values["min_tls_version"], tls.values["profile"]) != ("TLS_1_2", "MODERN"):
        yield f"{tls.address}: allows insecure TLS"
    used = plan.references("google_compute_target_https_proxy", "ssl_policy")
    name = tls.address.partition("[")[0]
    if not all(any(name in each for each in references) for references in used.values()):
        yield f"{tls.address}: is not used"
    plain = plan.references("google_compute_target_http_proxy", "url_map")
    redirects = {
        each.address.partition("[")[0]
        for each in plan.resources("google_compute_url_map")
        if not each.values["path_matcher"]
        and any(to["https_redirect"] for to in each.values["default_url_redirect"])
    }
    for address, references in plain.items():
        if not any(each.partition("[")[0] in redirects for each in references):
            yield f"{address}: serves the page without TLS"


def check_paths(plan: Plan, code: Code) -> Iterator[str]:
    """Check that each public function has its paths, in both spellings, and no internal one has any.

    Other paths of the API reach a function too, so that the page never answers them.
    """
    if plan.variables["domain"] is None:
        return
    rules = [rule for matcher in _matchers(plan) for rule in matcher["path_rule"]]
    paths = {path for rule in rules for path in rule["paths"]}
    for path in sorted(paths & {path for name in code.internal for path in _paths(name)}):
        yield f"{path}: leads to an internal function"
    public = set(code.functions) - code.internal - {"page"}
    for path in sorted({path for name in public for path in _paths(name)} - paths):
        yield f"{path}: leads to no function"
    if not {"/api", "/api/*"} <= paths:
        yield "the page answers unknown paths of the API"
    for rule in rules:
        rewrites = [each for action in rule["route_action"] for each in action["url_rewrite"]]
        prefixes = [each["path_prefix_rewrite"] for each in rewrites]
        if "/api" not in rule["paths"] and prefixes != ["/"]:
            yield f"{rule['paths'][0]}: the function gets a path that it does not have"


def check_backends(plan: Plan, code: Code) -> Iterator[str]:
    """Check that the load balancer reaches the public functions only."""
    for group in plan.resources("google_compute_region_network_endpoint_group"):
        if any(each["url_mask"] for each in group.values["cloud_run"]):
            yield f"{group.address}: a URL mask reaches every service of the region"
        if group.key in code.internal:
            yield f"{group.key}: is internal, and the load balancer reaches it"


def _paths(function: str) -> set[str]:
    spellings = {f"/api/{function}", f"/api/{function.replace('_', '-')}"}
    return spellings | {f"{path}/*" for path in spellings}


def check_page_is_cached_by_its_headers(plan: Plan, _: Code) -> Iterator[str]:
    """Check that the CDN caches the page only, and by the page's own Cache-Control."""
    for each in plan.resources("google_compute_backend_service"):
        modes = [policy["cache_mode"] for policy in each.values["cdn_policy"]]
        if bool(each.values["enable_cdn"]) != (each.key == "page"):
            yield f"{each.address}: answers of the API must not be cached, the page's files must be"
        elif each.key == "page" and modes != ["USE_ORIGIN_HEADERS"]:
            yield f"{each.address}: caches files against their Cache-Control"


def _matchers(plan: Plan) -> list[Values]:
    maps = plan.resources("google_compute_url_map")
    return [matcher for each in maps for matcher in each.values["path_matcher"]]
