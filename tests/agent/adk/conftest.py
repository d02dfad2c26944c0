from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from agentplatform.frameworks import AdkApp
from google.adk.sessions import Session

from common.adapters.agent_engine.client import AgentEngine
from common.adapters.google.credentials import LocalToken
from common.adapters.http.client import HttpClient
from common.domain.ids import ConversationId, UserId
from common.ports.agent import AgentEvent
from infra.agent.assistant.agent import make_agent
from infra.agent.assistant.tools import TOOLS, Tool
from tests.agent.adk.engine_server import ENGINE, engine_app
from tests.agent.adk.scripted_model import ModelAnswer, ScriptedModel
from tests.local.serving import served

ADA = UserId("ada")
TALK = ConversationId("talk-1")


@dataclass
class ServedAgent:
    """The agent with a scripted model, served over HTTP, and our client for it."""

    model: ScriptedModel
    app: AdkApp
    address: str
    client: AgentEngine

    def script(self, *answers: ModelAnswer) -> None:
        self.model.answers.extend(answers)

    async def reply(self, message: str = "Hello") -> list[AgentEvent]:
        """Send a message, and return the events of the reply."""
        events: list[AgentEvent] = []
        await self.client.reply(ADA, TALK, message, events.append)
        return events

    def last_request(self) -> Any:
        """Return the model's last request. Its types allow each field to be missing."""
        return self.model.requests[-1]

    def tool_result(self) -> Any:
        """Return the result of a tool in the model's last request."""
        return self.last_request().contents[-1].parts[-1].function_response.response

    async def session(self) -> Session:
        session: Session = await self.app.async_get_session(user_id=ADA, session_id=TALK)
        return session


@pytest.fixture
async def agent(tools: Sequence[Tool]) -> AsyncIterator[ServedAgent]:
    model = ScriptedModel()
    app = AdkApp(agent=make_agent(model, tools))
    http_client = HttpClient()
    async with served(engine_app(app)) as address:
        client = AgentEngine(f"{address}/v1/{ENGINE}", LocalToken(), http_client)
        await client.create_session(ADA, TALK)
        yield ServedAgent(model, app, address, client)
        await http_client.close()


@pytest.fixture
def tools() -> Sequence[Tool]:
    return TOOLS
