"""The page: guarded, and able to do what it is there for."""

import re
from collections.abc import Iterator, Mapping

from tests.terraform.facts import Code
from tests.terraform.plan import Plan

WANTED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin",
    "Permissions-Policy": "microphone=(self), camera=()",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
}
SHUT = {
    "default-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "form-action": ["'self'"],
}
SIGN_IN = {"https://identitytoolkit.googleapis.com", "https://securetoken.googleapis.com"}
NAMED = re.compile(r"'self'|https://[a-z0-9-]+(\.[a-z0-9-]+)+")
LOOSE = re.compile(r"'unsafe-\w+'|\*|https?:|wss?:")
YEAR = 365 * 24 * 3600

Policy = Mapping[str, list[str]]


def the_page_is_guarded(plan: Plan, _: Code) -> Iterator[str]:
    headers = _headers(plan)
    for header, value in WANTED.items():
        if value not in headers.get(header, ""):
            yield f"the page's {header} does not say {value}"
    age = re.match(r"max-age=(\d+)", headers.get("Strict-Transport-Security", ""))
    if age is None or int(age[1]) < YEAR:
        yield "the page's Strict-Transport-Security does not hold for a year"


def the_page_runs_nobody_elses_scripts(plan: Plan, _: Code) -> Iterator[str]:
    policy = _policy(plan)
    for name, sources in SHUT.items():
        if policy.get(name) != sources:
            yield f"the page's {name} is not {' '.join(sources)}"
    for name, sources in policy.items():
        for source in sources:
            if LOOSE.fullmatch(source):
                yield f"the page's {name} says {source}"
    for source in policy.get("script-src", []):
        if not NAMED.fullmatch(source):
            yield f"the page runs scripts from {source}"


def the_page_can_do_its_work(plan: Plan, code: Code) -> Iterator[str]:
    policy, urls = _policy(plan), plan.outputs["function_urls"]
    needed = {urls[name] for name in set(code.functions) - code.internal if name in urls}
    needed |= {f"wss://{host}" for host in plan.variables["media_hosts"]} | SIGN_IN
    for origin in sorted(needed - set(policy["connect-src"])):
        yield f"the page may not connect to {origin}"
    for name in sorted(code.internal):
        if urls[name] in policy["connect-src"]:
            yield f"the page may connect to {name}, which it cannot call"
    if not {"blob:", "mediastream:"} <= set(policy.get("media-src", [])):
        yield "the page cannot show the avatar"


def the_page_comes_over_https(plan: Plan, _: Code) -> Iterator[str]:
    """Fresh, too: what is uploaded says for how long it may be kept."""
    (tls,) = plan.resources("google_compute_ssl_policy")
    if (tls.values["min_tls_version"], tls.values["profile"]) != ("TLS_1_2", "MODERN"):
        yield f"{tls.address}: takes what is broken"
    used = plan.references("google_compute_target_https_proxy", "ssl_policy")
    if not all(tls.address in made_of for made_of in used.values()):
        yield f"{tls.address}: is used by nothing"
    moved = {
        each.address
        for each in plan.resources("google_compute_url_map")
        if any(to["https_redirect"] for to in each.values["default_url_redirect"])
    }
    plain = plan.references("google_compute_target_http_proxy", "url_map")
    for address, made_of in plain.items():
        if not moved.intersection(made_of):
            yield f"{address}: serves what anybody may read and change on its way"
    (bucket,) = plan.resources("google_compute_backend_bucket")
    if bucket.values["cdn_policy"][0]["cache_mode"] != "USE_ORIGIN_HEADERS":
        yield f"{bucket.address}: keeps what is never to be kept"


def _headers(plan: Plan) -> dict[str, str]:
    (bucket,) = plan.resources("google_compute_backend_bucket")
    return dict(line.split(": ", 1) for line in bucket.values["custom_response_headers"])


def _policy(plan: Plan) -> Policy:
    parts = _headers(plan).get("Content-Security-Policy", "").split(";")
    words = (part.split() for part in parts)
    return {name: sources for name, *sources in filter(None, words)}
