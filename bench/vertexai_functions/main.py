"""The functions as they would be written with Google's SDK, as targets of one module.

Each makes the calls of its job over the official clients. They verify no token, reserve nothing and
do not protect against repetition; they are simpler than ours. Only their start is measured."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cache, wraps
from typing import Any

import functions_framework.aio
import httpx
import vertexai.agent_engines
from google.cloud import firestore, secretmanager, tasks_v2
from google.cloud.firestore import FieldFilter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from websockets.asyncio.client import connect

PROJECT = "oprina-local"
QUEUE = f"projects/{PROJECT}/locations/us-central1/queues/expiry"
AVATARS = "https://api.liveavatar.com/v1/sessions"
SPEECH = "https://texttospeech.googleapis.com/v1/text:synthesize"
SWEEP = f"https://us-central1-{PROJECT}.cloudfunctions.net/sweep_expired"
LONGEST = timedelta(minutes=10)

Json = dict[str, Any]


@cache
def store() -> firestore.AsyncClient:
    return firestore.AsyncClient(project=PROJECT)


@cache
def secrets() -> secretmanager.SecretManagerServiceAsyncClient:
    return secretmanager.SecretManagerServiceAsyncClient()


@cache
def queue() -> tasks_v2.CloudTasksAsyncClient:
    return tasks_v2.CloudTasksAsyncClient()


@cache
def http_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=10)


@cache
def agent(name: str) -> Any:  # noqa: ANN401 - the SDK ships no types
    return vertexai.agent_engines.get(name)


Function = Callable[[Json], Awaitable[Json | Response]]


def function(work: Function) -> Any:  # noqa: ANN401 - the framework's decorator has no types
    @wraps(work)
    async def target(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204)
        answer = await work(json.loads(await request.body() or b"{}"))
        return answer if isinstance(answer, Response) else JSONResponse(answer)

    return functions_framework.aio.http(target)


async def key() -> str:
    name = f"projects/{PROJECT}/secrets/liveavatar-api-key/versions/latest"
    return (await secrets().access_secret_version(name=name)).payload.data.decode()


async def avatar(call: str, body: Json) -> Json:
    headers = {"x-api-key": await key()}
    answer = await http_client().post(f"{AVATARS}/{call}", json=body, headers=headers)
    found: Json = answer.raise_for_status().json()["data"]
    return found


def session(name: str) -> Any:  # noqa: ANN401 - a document's reference
    return store().document(f"avatar_sessions/{name}")


async def stop(name: str, reason: str) -> None:
    await avatar("stop", {"session_id": name, "reason": reason})
    await session(name).update({"state": "ended", "ended_at": firestore.SERVER_TIMESTAMP})


# ── the functions ────────────────────────────────────────────────────────────────────────────────


@function
async def start_avatar(asked: Json) -> Json:
    token = await avatar("token", {"mode": "LITE", "avatar_id": asked["avatar_id"]})
    started = await avatar("start", {"session_token": token["session_token"]})
    expires = datetime.now(UTC) + LONGEST
    fields = {"state": "live", "expires_at": expires, "ws_url": started["ws_url"]}
    await session(token["session_id"]).set(fields)
    body = json.dumps({"avatar_session_id": token["session_id"]}).encode()
    task = tasks_v2.Task({"http_request": {"url": SWEEP, "body": body}, "schedule_time": expires})
    await queue().create_task(parent=QUEUE, task=task)
    return {"avatar_session_id": token["session_id"], "livekit_url": started["livekit_url"]}


@function
async def chat(asked: Json) -> Response:
    conversation = store().document(f"conversations/{asked['conversation_id']}")
    known = (await conversation.get()).to_dict() or {}
    return StreamingResponse(events(known, asked["message"]), media_type="text/event-stream")


async def events(known: Json, message: str) -> AsyncIterator[str]:
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


@function
async def speak(asked: Json) -> Json:
    known = (await session(asked["avatar_session_id"]).get()).to_dict() or {}
    voice = {"input": {"text": asked["text"]}, "voice": {"languageCode": "en-US"}}
    sound = (await http_client().post(SPEECH, json=voice)).raise_for_status().json()["audioContent"]
    async with connect(known["ws_url"]) as connection:
        await connection.send(json.dumps({"type": "agent.speak", "audio": sound}))
    return {"ended": "handed_over"}


@function
async def keep_alive(asked: Json) -> Json:
    name = asked["avatar_session_id"]
    await avatar("keep-alive", {"session_id": name})
    await session(name).update({"last_activity_at": firestore.SERVER_TIMESTAMP})
    return {"avatar_session_id": name}


@function
async def end_session(asked: Json) -> Json:
    await stop(asked["avatar_session_id"], "USER_CLOSED")
    return {"state": "ended"}


@function
async def sweep_expired(asked: Json) -> Json:
    if name := asked.get("avatar_session_id"):
        await stop(name, "MAX_DURATION_REACHED")
        return {"expired": 1}
    due = FieldFilter("expires_at", "<=", datetime.now(UTC))
    expired = store().collection("avatar_sessions").where(filter=due)
    found = [each.id async for each in expired.stream()]
    for name in found:
        await stop(name, "MAX_DURATION_REACHED")
    return {"expired": len(found)}


@function
async def health(_asked: Json) -> Json:
    return {"status": "ok"}
