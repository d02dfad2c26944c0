"""The application that Agent Engine serves. `app.async_stream_query` runs a turn."""

from agentplatform.frameworks import AdkApp

from infra.agent.assistant.agent import root_agent

app = AdkApp(agent=root_agent)
