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


def check_paths_lead_to_their_functions(plan: Plan, _: Code) -> Iterator[str]:
    """Check that each path leads to the function of its name, and every other one to the page."""
    backends = {
        each.values["id"]: each.key for each in plan.resources("google_compute_backend_service")
    }
    for matcher in _matchers(plan):
        if backends.get(matcher["default_service"]) != "page":
            yield "paths that are not of the API do not lead to the page"
        for rule in matcher["path_rule"]:
            found = backends.get(rule["service"], "nothing")
            expected = {"/api", "/api/*"} if found == "health" else set()
            for path in sorted(set(rule["paths"]) - _paths(found) - expected):
                yield f"{path}: leads to {found}"


def check_front(plan: Plan, _: Code) -> Iterator[str]:
    """Check host, certificate, ports and address: what a browser meets first."""
    domain = plan.variables["domain"]
    if domain is None:
        return
    hosts = [rule["hosts"] for each in _maps(plan) for rule in each["host_rule"]]
    if hosts != [[domain]]:
        yield f"serves the hosts {hosts} instead of {domain}"
    for each in plan.resources("google_compute_managed_ssl_certificate"):
        if [managed["domains"] for managed in each.values["managed"]] != [[domain]]:
            yield f"{each.address}: is for another host than {domain}"
    ports = {
        each.values["target"].partition("/")[0]: each.values["port_range"]
        for each in plan.resources("google_compute_global_forwarding_rule")
    }
    kinds = ("google_compute_target_http_proxy", "google_compute_target_https_proxy")
    if [ports.get(kind) for kind in kinds] != ["80", "443"]:
        yield f"answers at {ports}"
    addresses = plan.references("google_compute_global_forwarding_rule", "ip_address")
    for rule in sorted(address for address, references in addresses.items() if not references):
        yield f"{rule}: has another address than the one in the output"


def check_redirects(plan: Plan, _: Code) -> Iterator[str]:
    """Check that each redirect leads to the domain, over TLS, with the query."""
    for each in plan.resources("google_compute_url_map"):
        for redirect in each.values["default_url_redirect"]:
            if redirect["strip_query"]:
                yield f"{each.address}: a redirect loses the query"
            if not redirect["https_redirect"]:
                yield f"{each.address}: a redirect leads to a page without TLS"
            if redirect["host_redirect"] not in {None, plan.variables["domain"]}:
                yield f"{each.address}: redirects to {redirect['host_redirect']}"


def check_backends(plan: Plan, _: Code) -> Iterator[str]:
    """Check the kind of the load balancer, and what a serverless backend takes."""
    kinds = ("google_compute_backend_service", "google_compute_global_forwarding_rule")
    for each in plan.resources(*kinds):
        if each.values["load_balancing_scheme"] != "EXTERNAL_MANAGED":
            yield f"{each.address}: this kind of load balancer rewrites no paths"
    for backend in plan.resources("google_compute_backend_service"):
        if backend.values.get("timeout_sec") or backend.values.get("health_checks"):
            yield f"{backend.address}: Google refuses a time-out or health check of this backend"
        if not any(each["enable"] and each["sample_rate"] for each in backend.values["log_config"]):
            yield f"{backend.address}: no log shows what the firewall would block"


def check_backends_reach_their_functions(plan: Plan, code: Code) -> Iterator[str]:
    """Check that each backend reaches its own function, and that this is a public one."""
    services = {values["name"]: name for name, values in plan.functions().items()}
    groups = plan.resources("google_compute_region_network_endpoint_group")
    keys = {group.values["id"]: group.key for group in groups}
    for backend in plan.resources("google_compute_backend_service"):
        for reached in {keys.get(each["group"], "") for each in backend.values["backend"]}:
            if reached != backend.key:
                yield f"{backend.address}: reaches {reached}"
    for group in groups:
        (run,) = group.values["cloud_run"]
        if run["url_mask"]:
            yield f"{group.address}: a URL mask reaches every service of the region"
        elif services.get(run["service"]) != group.key:
            yield f"{group.address}: reaches {services.get(run['service'])}"
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


def _maps(plan: Plan) -> list[Values]:
    return [each.values for each in plan.resources("google_compute_url_map")]


def _matchers(plan: Plan) -> list[Values]:
    return [matcher for each in _maps(plan) for matcher in each["path_matcher"]]
