"""The API reference at `/docs`, rendered by Swagger UI from files of this machine.

The package flask-swagger-ui brings the files of Swagger UI. Flask itself is not used.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from infra.docs.openapi import document

USER = "ada"
PAGE = """\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Oprina: API reference</title>
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
    <link rel="icon" href="/docs/assets/favicon-32x32.png">
  </head>
  <body>
    <div id="reference"></div>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script>
      const reference = SwaggerUIBundle({
        dom_id: "#reference",
        url: "/openapi.json",
        deepLinking: true,
        tryItOutEnabled: true,
        onComplete: async () => {
          const body = JSON.stringify({ name: "USER" });
          const answer = await fetch("/local/sign-in", { method: "POST", body });
          reference.preauthorizeApiKey("idToken", (await answer.json()).id_token);
        },
      });
    </script>
  </body>
</html>
""".replace("USER", USER)


def reference_routes() -> list[BaseRoute]:
    """Return `/docs`, `/openapi.json`, and the files that the page loads.

    The page signs in as `USER`, so that requests can be sent from it at once.
    """
    return [
        Route("/docs", _page, methods=["GET"]),
        Route("/docs/", lambda _: RedirectResponse("/docs"), methods=["GET"]),
        Mount("/docs/assets", StaticFiles(directory=_assets())),
        Route("/openapi.json", _openapi, methods=["GET"]),
    ]


def _assets() -> Path:
    package = find_spec("flask_swagger_ui")
    if package is None or package.origin is None:
        raise RuntimeError("flask-swagger-ui is not installed: make run installs it")
    return Path(package.origin).parent / "dist"


async def _page(_: Request) -> Response:
    return HTMLResponse(PAGE)


async def _openapi(_: Request) -> Response:
    return JSONResponse(local_document())


@cache
def local_document() -> dict[str, Any]:
    """Return the OpenAPI document with the local stack as its only server."""
    servers = [{"url": "/api", "description": "This local stack."}]
    full = document()
    paths = {path: {**item, "servers": servers} for path, item in full["paths"].items()}
    return {**full, "servers": servers, "paths": paths}
