"""`chat` as one would write it on Google's SDK: the caller's conversation is looked up, the agent is
asked, and its text goes out as server-sent events. It signs nobody in, counts nothing, keeps no
message and has no avatar: what it does not do costs it nothing here.
"""

import json
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import functions_framework.aio
import vertexai.agent_engines
from google.cloud import firestore
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse


@cache
def store() -> firestore.AsyncClient:
    return firestore.AsyncClient(project="oprina-local")


@cache
def agent(name: str) -> Any:  # noqa: ANN401 - it ships no types
    return vertexai.agent_engines.get(name)


@functions_framework.aio.http
async def chat(request: Request) -> Response:
    if request.method == "OPTIONS":
        return Response(status_code=204)
    asked = await request.json()
    conversation = store().document(f"conversations/{asked['conversation_id']}")
    known = (await conversation.get()).to_dict() or {}
    return StreamingResponse(events(known, asked["message"]), media_type="text/event-stream")


async def events(known: dict[str, Any], message: str) -> AsyncIterator[str]:
    stream = agent(known["engine"]).async_stream_query(
        user_id=known["uid"],
        session_id=known["agent_session"],
        message=message,
        run_config={"streaming_mode": "sse"},
    )
    async for event in stream:
        for part in event.get("content", {}).get("parts", []) if event.get("partial") else []:
            yield f"event: text\ndata: {json.dumps({'text': part.get('text', '')})}\n\n"
    yield "event: done\ndata: {}\n\n"
