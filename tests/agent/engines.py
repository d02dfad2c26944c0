"""Agent Engine's API of deployed agents, as far as Google's client asks for it, and that client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from google.oauth2.credentials import Credentials
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.local.serving import served

PLACE = "projects/p/locations/us-central1"
PATH = "/v1beta1/projects/{project}/locations/{location}/reasoningEngines"


@dataclass
class Engines:
    """What was asked, and what there is by now, by name. `broken`: what every deployment ends with."""

    there: dict[str, dict[str, Any]] = field(default_factory=dict)
    with_sessions: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    broken: dict[str, Any] | None = None

    def app(self) -> Starlette:
        one = PATH + "/{id}"
        routes = [
            Route(PATH, self.create, methods=["POST"]),
            Route(PATH, self.list, methods=["GET"]),
            Route(one, self.update, methods=["PATCH"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(one + "/operations/1", self.operation, methods=["GET"]),
        ]
        return Starlette(routes=routes)

    async def create(self, request: Request) -> JSONResponse:
        return await self._keep(request, f"{PLACE}/reasoningEngines/{len(self.there) + 1}")

    async def update(self, request: Request) -> JSONResponse:
        return await self._keep(request, _name(request))

    async def _keep(self, request: Request, name: str) -> JSONResponse:
        self.asked.append((request.method, request.url.query))
        before = self.there.get(name, {"name": name, "updateTime": "2026-11-23T12:00:00Z"})
        self.there[name] = before | await request.json()
        return JSONResponse({"name": f"{name}/operations/1", "done": False})

    async def operation(self, request: Request) -> JSONResponse:
        name = _name(request)
        end = {"error": self.broken} if self.broken else {"response": self.there[name]}
        return JSONResponse({"name": f"{name}/operations/1", "done": True, **end})

    async def list(self, _request: Request) -> JSONResponse:
        return JSONResponse({"reasoningEngines": list(self.there.values())})

    async def delete(self, request: Request) -> JSONResponse:
        name = _name(request)
        if name in self.with_sessions and not (await request.json()).get("force"):
            why = {"code": 400, "status": "FAILED_PRECONDITION", "message": "It has sessions."}
            return JSONResponse({"error": why}, 400)
        self.there.pop(name)
        return JSONResponse({"name": f"{name}/operations/1", "done": True})


def _name(request: Request) -> str:
    return f"{PLACE}/reasoningEngines/{request.path_params['id']}"


@asynccontextmanager
async def google_runtimes(engines: Engines) -> AsyncIterator[Any]:
    """Google's own client of `engines`, on the wire."""
    google = import_module("agentplatform")  # here, since it takes seconds
    async with served(engines.app()) as address:
        client = google.Client(
            project="p",
            location="us-central1",
            credentials=Credentials(token="local"),  # type: ignore[no-untyped-call]  # Google's own
            http_options={"base_url": address},
        )
        try:
            yield client.runtimes
        finally:
            await client.aio.aclose()
            client._api_client.close()
