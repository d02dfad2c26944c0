from collections.abc import AsyncIterator

import httpx
import pytest

from infra.local.simulators.agent_engine import (
    Text,
    ToolRun,
    agent_engine_app,
)
from tests.local.agent_engine.session_calls import TimedState


@pytest.fixture
def state() -> TimedState:
    state = TimedState(token_seconds=0, tool_seconds=0, now=lambda: TimedState.moment)
    state.script = lambda _message: [
        Text("Let me see."),
        ToolRun("look", {"x_y": 1}),
        Text("Yes."),
    ]
    return state


@pytest.fixture
async def client(state: TimedState) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(agent_engine_app(state))
    local = {"Authorization": "Bearer local"}
    async with httpx.AsyncClient(transport=transport, base_url="http://a", headers=local) as client:
        yield client
