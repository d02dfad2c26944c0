"""What Agent Engine serves: `app`, whose `async_stream_query` is a turn."""

from agentplatform.frameworks import AdkApp

from infra.agent.assistant.agent import root_agent

app = AdkApp(agent=root_agent)
