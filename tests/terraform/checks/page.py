"""The page: guarded, and able to do what it is there for."""

from collections.abc import Iterator

from tests.terraform.facts import Code
from tests.terraform.plan import Plan

WANTED = {
    "Strict-Transport-Security": "max-age=",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin",
    "Permissions-Policy": "microphone=(self), camera=()",
    "Content-Security-Policy": "frame-ancestors 'none'",
}
LOOSE = ("'unsafe-inline'", "'unsafe-eval'", " * ", " https: ", " http:")


def the_page_is_guarded(plan: Plan, code: Code) -> Iterator[str]:
    (bucket,) = plan.resources("google_compute_backend_bucket")
    headers = dict(line.split(": ", 1) for line in bucket.values["custom_response_headers"])
    for header, value in WANTED.items():
        if value not in headers.get(header, ""):
            yield f"the page's {header} does not say {value}"
    policy = f"{headers.get('Content-Security-Policy', '')} "
    for loose in LOOSE:
        if loose in policy:
            yield f"the page's Content-Security-Policy says {loose.strip()}"
    called = set(code.functions) - code.internal
    needed = [url for name, url in plan.outputs["function_urls"].items() if name in called]
    needed += [f"wss://{host}" for host in plan.variables["media_hosts"]]
    connects = next((part for part in policy.split(";") if "connect-src" in part), "").split()
    for origin in sorted(set(needed) - set(connects)):
        yield f"the page may not connect to {origin}"
    for name in sorted(code.internal):
        if plan.outputs["function_urls"][name] in connects:
            yield f"the page may connect to {name}, which it cannot call"
