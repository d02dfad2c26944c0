"""Cross-origin access for the pages that are named in the settings, and for no other."""

from collections.abc import Collection, Sequence

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

MAX_AGE_SECONDS = 3600
HEADERS = "authorization, content-type, idempotency-key"


def allow_origin(
    response: Response, request: HttpRequest, origins: Collection[str], methods: Sequence[str]
) -> Response:
    """Let a page of one of `origins` read the response. An origin must match letter by letter.

    `methods` are those of the path. The answer to a preflight request names them.
    """
    origin = request.headers.get("origin", "")
    response.headers["vary"] = "Origin"
    if origin in origins:
        response.headers["access-control-allow-origin"] = origin
        response.headers["access-control-expose-headers"] = "retry-after, date"
        if request.method == "OPTIONS":
            response.headers["access-control-allow-methods"] = ", ".join(methods)
            response.headers["access-control-allow-headers"] = HEADERS
            response.headers["access-control-max-age"] = str(MAX_AGE_SECONDS)
    return response
