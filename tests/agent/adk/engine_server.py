"""Google's `AdkApp` with our agent, served with the HTTP API of Agent Engine."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from agentplatform.frameworks import AdkApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

ENGINE = "projects/p/locations/us-central1/reasoningEngines/7"

WARNINGS = [
    pytest.mark.filterwarnings(r"ignore:\[EXPERIMENTAL\] \w+CredentialService:UserWarning"),
    pytest.mark.filterwarnings("ignore:GOOGLE_GENAI_USE_VERTEXAI is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:agentplatform"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:google.genai"),
]
"""Filters for warnings that Google's packages emit themselves."""


def engine_app(app: AdkApp) -> Starlette:
    """Return an application that runs turns and creates sessions."""

    async def create_session(request: Request) -> JSONResponse:
        body = await request.json()
        await app.async_create_session(
            user_id=body["userId"], session_id=request.query_params["sessionId"]
        )
        return JSONResponse({"done": True})

    async def stream_query(request: Request) -> StreamingResponse:
        call = await request.json()
        assert call["class_method"] == "async_stream_query"
        return StreamingResponse(_lines(app, call["input"]), media_type="application/json")

    return Starlette(
        routes=[
            Route(f"/v1/{ENGINE}:streamQuery", stream_query, methods=["POST"]),
            Route(f"/v1beta1/{ENGINE}/sessions", create_session, methods=["POST"]),
        ]
    )


async def _lines(app: AdkApp, arguments: Mapping[str, Any]) -> AsyncIterator[bytes]:
    async for event in app.async_stream_query(**arguments):
        yield json.dumps(event).encode() + b"\n"
