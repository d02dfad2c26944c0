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
from infra.agent.assistant.agent import agent
from infra.agent.assistant.tools import TOOLS, Tool
from tests.agent.adk.engine import ENGINE, engine_app
from tests.agent.adk.scripted import Answer, ScriptedModel
from tests.local.serving import served

ADA = UserId("ada")
TALK = ConversationId("talk-1")


@dataclass
class Deployed:
    """The agent with a scripted model, and our own client of it, with the wire between them."""

    model: ScriptedModel
    app: AdkApp
    address: str
    client: AgentEngine

    def script(self, *answers: Answer) -> None:
        self.model.answers.extend(answers)

    async def heard(self, message: str = "Hello") -> list[AgentEvent]:
        heard: list[AgentEvent] = []
        await self.client.reply(ADA, TALK, message, heard.append)
        return heard

    def asked(self) -> Any:
        """The model's last request. Each of its fields may be missing, by its types."""
        return self.model.asked[-1]

    def tool_answered(self) -> Any:
        """What the model was told by a tool in its last request."""
        return self.asked().contents[-1].parts[-1].function_response.response

    async def session(self) -> Session:
        kept: Session = await self.app.async_get_session(user_id=ADA, session_id=TALK)
        return kept


@pytest.fixture
async def deployed(tools: Sequence[Tool]) -> AsyncIterator[Deployed]:
    model = ScriptedModel()
    app = AdkApp(agent=agent(model, tools))
    http_client = HttpClient()
    async with served(engine_app(app)) as address:
        client = AgentEngine(f"{address}/v1/{ENGINE}", LocalToken(), http_client)
        await client.create_session(ADA, TALK)
        yield Deployed(model, app, address, client)
        await http_client.close()


@pytest.fixture
def tools() -> Sequence[Tool]:
    return TOOLS
