"""A state of the agent simulator whose time and ids are fixed, and calls that tests share."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

import anyio
import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from infra.local.simulators.agent_engine import (
    AgentEngineState,
    Step,
    agent_engine_app,
)

ENGINE = "/v1/projects/p/locations/us-central1/reasoningEngines/7"
LOCAL = {"Authorization": "Bearer local"}
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC).timestamp()


class SimulatorClock:
    """A clock that moves only when the simulator sleeps."""

    def __init__(self) -> None:
        self.moment = NOON
        self.slept: list[float] = []

    def now(self) -> float:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += seconds
        await anyio.lowlevel.checkpoint()


def playing(*steps: Step) -> AgentEngineState:
    """Return a state whose script plays the steps. Time and ids are deterministic."""
    clock, numbers = SimulatorClock(), count(1)
    return AgentEngineState(
        script=(lambda _message: steps) if steps else None,
        now=clock.now,
        sleep=clock.sleep,
        new_id=lambda: f"id-{next(numbers)}",
    )


def client_for(state: AgentEngineState) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(agent_engine_app(state))
    return httpx.AsyncClient(transport=transport, base_url="http://agent", headers=LOCAL)


def turn_body(message: str = "hello", *, streaming: bool = True, **more: Any) -> dict[str, Any]:
    run_config = {"run_config": {"streaming_mode": "sse"}} if streaming else {}
    asked = {"user_id": "ada", "message": message, **run_config, **more}
    return {"class_method": "async_stream_query", "input": asked}


async def stream(client: httpx.AsyncClient, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await client.post(f"{ENGINE}:streamQuery", params={"alt": "sse"}, json=body)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def parts_of(event: dict[str, Any]) -> list[dict[str, Any]]:
    parts = event.get("content", {}).get("parts", [])
    assert isinstance(parts, list)
    return parts


def texts(events: Sequence[dict[str, Any]]) -> list[str]:
    return [p["text"] for event in events for p in parts_of(event) if p.get("text")]


def mounted(state: AgentEngineState) -> Starlette:
    return Starlette(routes=[Mount("/simulators/agent-engine", agent_engine_app(state))])
