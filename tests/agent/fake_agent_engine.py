"""A fake of Agent Engine's API for deployed agents, and Google's client connected to it."""

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

PARENT = "projects/p/locations/us-central1"
PATH = "/v1beta1/projects/{project}/locations/{location}/reasoningEngines"


@dataclass
class FakeAgentEngine:
    """Deployed agents, by name.

    `with_sessions`: names of agents that have sessions. `requests`: (method, query) of each
    deployment. `deployment_error`: the error with which every deployment ends.
    """

    agents: dict[str, dict[str, Any]] = field(default_factory=dict)
    with_sessions: set[str] = field(default_factory=set)
    requests: list[tuple[str, str]] = field(default_factory=list)
    deployment_error: dict[str, Any] | None = None

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
        return await self._store(request, f"{PARENT}/reasoningEngines/{len(self.agents) + 1}")

    async def update(self, request: Request) -> JSONResponse:
        return await self._store(request, _name(request))

    async def _store(self, request: Request, name: str) -> JSONResponse:
        self.requests.append((request.method, request.url.query))
        before = self.agents.get(name, {"name": name, "updateTime": "2026-11-23T12:00:00Z"})
        self.agents[name] = before | await request.json()
        return JSONResponse({"name": f"{name}/operations/1", "done": False})

    async def operation(self, request: Request) -> JSONResponse:
        name = _name(request)
        result = (
            {"error": self.deployment_error}
            if self.deployment_error
            else {"response": self.agents[name]}
        )
        return JSONResponse({"name": f"{name}/operations/1", "done": True, **result})

    async def list(self, _request: Request) -> JSONResponse:
        return JSONResponse({"reasoningEngines": list(self.agents.values())})

    async def delete(self, request: Request) -> JSONResponse:
        name = _name(request)
        if name in self.with_sessions and not (await request.json()).get("force"):
            error = {"code": 400, "status": "FAILED_PRECONDITION", "message": "It has sessions."}
            return JSONResponse({"error": error}, 400)
        self.agents.pop(name)
        return JSONResponse({"name": f"{name}/operations/1", "done": True})


def _name(request: Request) -> str:
    return f"{PARENT}/reasoningEngines/{request.path_params['id']}"


@asynccontextmanager
async def connect_google_client(fake: FakeAgentEngine) -> AsyncIterator[Any]:
    """Serve the fake, and yield Google's own client for it."""
    google = import_module("agentplatform")  # imported here because it takes seconds
    async with served(fake.app()) as address:
        client = google.Client(
            project="p",
            location="us-central1",
            credentials=Credentials(token="local"),  # type: ignore[no-untyped-call]  # no types
            http_options={"base_url": address},
        )
        try:
            yield client.runtimes
        finally:
            await client.aio.aclose()
            client._api_client.close()
