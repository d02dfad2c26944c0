"""Calls of the sessions API that tests share."""

from typing import Any

import httpx

from infra.local.simulators.agent_engine import (
    AgentEngineState,
)

NAME = "projects/p/locations/us-central1/reasoningEngines/7"
ENGINE = f"/v1beta1/{NAME}"
DAY = 86_400


class TimedState(AgentEngineState):
    moment = 1_700_000_000.0


async def make(client: httpx.AsyncClient, session_id: str, **fields: Any) -> httpx.Response:
    body = {"userId": "ada", **fields}
    return await client.post(f"{ENGINE}/sessions", params={"sessionId": session_id}, json=body)


async def query(client: httpx.AsyncClient, method: str, **arguments: Any) -> httpx.Response:
    body = {"class_method": method, "input": arguments}
    return await client.post(f"{ENGINE}:query", json=body)
