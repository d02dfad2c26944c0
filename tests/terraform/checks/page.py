"""Checks of the page: security headers, allowed connections and HTTPS."""

import re
from collections.abc import Iterator, Mapping

from tests.terraform.facts import Code
from tests.terraform.plan import Plan

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin",
    "Permissions-Policy": "microphone=(self), camera=()",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
}
FIXED_SOURCES = {
    "default-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "form-action": ["'self'"],
}
SIGN_IN_ORIGINS = {"https://identitytoolkit.googleapis.com", "https://securetoken.googleapis.com"}
NAMED_SOURCE = re.compile(r"'self'|https://[a-z0-9-]+(\.[a-z0-9-]+)+")
OPEN_SOURCE = re.compile(r"'unsafe-\w+'|\*|https?:|wss?:")
YEAR_SECONDS = 365 * 24 * 3600

Policy = Mapping[str, list[str]]


def check_headers(plan: Plan, _: Code) -> Iterator[str]:
    """Check the security headers other than the Content-Security-Policy."""
    headers = _headers(plan)
    for header, value in HEADERS.items():
        if value not in headers.get(header, ""):
            yield f"the page's {header} lacks {value}"
    age = re.match(r"max-age=(\d+)", headers.get("Strict-Transport-Security", ""))
    if age is None or int(age[1]) < YEAR_SECONDS:
        yield "the page's Strict-Transport-Security lasts less than a year"


def check_script_sources(plan: Plan, _: Code) -> Iterator[str]:
    """Check that the Content-Security-Policy allows scripts from named hosts only."""
    policy = _policy(plan)
    for name, sources in FIXED_SOURCES.items():
        if policy.get(name) != sources:
            yield f"the page's {name} is not {' '.join(sources)}"
    for name, sources in policy.items():
        for source in sources:
            if OPEN_SOURCE.fullmatch(source):
                yield f"the page's {name} allows {source}"
    for source in policy.get("script-src", []):
        if not NAMED_SOURCE.fullmatch(source):
            yield f"the page runs scripts from {source}"


def check_connections(plan: Plan, code: Code) -> Iterator[str]:
    """Check that the page may connect to every service that it needs, and to no internal function."""
    policy, urls = _policy(plan), plan.outputs["function_urls"]
    needed = {urls[name] for name in set(code.functions) - code.internal if name in urls}
    needed |= {f"wss://{host}" for host in plan.variables["media_hosts"]} | SIGN_IN_ORIGINS
    for origin in sorted(needed - set(policy["connect-src"])):
        yield f"the page may not connect to {origin}"
    for name in sorted(code.internal):
        if urls[name] in policy["connect-src"]:
            yield f"the page may connect to {name}, which it cannot call"
    if not {"blob:", "mediastream:"} <= set(policy.get("media-src", [])):
        yield "the page may not play the avatar's media"


def check_https(plan: Plan, _: Code) -> Iterator[str]:
    """Check TLS, the redirect to HTTPS, and that Cache-Control of the files decides on caching."""
    (tls,) = plan.resources("google_compute_ssl_policy")
    if (tls.values["min_tls_version"], tls.values["profile"]) != ("TLS_1_2", "MODERN"):
        yield f"{tls.address}: allows insecure TLS"
    used = plan.references("google_compute_target_https_proxy", "ssl_policy")
    if not all(tls.address in references for references in used.values()):
        yield f"{tls.address}: is not used"
    redirects = {
        each.address
        for each in plan.resources("google_compute_url_map")
        if any(to["https_redirect"] for to in each.values["default_url_redirect"])
    }
    plain = plan.references("google_compute_target_http_proxy", "url_map")
    for address, references in plain.items():
        if not redirects.intersection(references):
            yield f"{address}: serves the page without TLS"
    (bucket,) = plan.resources("google_compute_backend_bucket")
    if bucket.values["cdn_policy"][0]["cache_mode"] != "USE_ORIGIN_HEADERS":
        yield f"{bucket.address}: caches files against their Cache-Control"


def _headers(plan: Plan) -> dict[str, str]:
    (bucket,) = plan.resources("google_compute_backend_bucket")
    return dict(line.split(": ", 1) for line in bucket.values["custom_response_headers"])


def _policy(plan: Plan) -> Policy:
    directives = _headers(plan).get("Content-Security-Policy", "").split(";")
    words = (part.split() for part in directives)
    return {name: sources for name, *sources in filter(None, words)}
