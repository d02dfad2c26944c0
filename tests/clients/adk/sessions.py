"""ADK's `VertexAiSessionService` against the local stack, alone and below a real runner."""

# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call,no-any-return,misc"

import asyncio
import logging
from typing import Any

import agentplatform
from google.adk import __version__
from google.adk.agents import Agent
from google.adk.events import Event, EventActions
from google.adk.models import Gemini
from google.adk.runners import Runner
from google.adk.sessions import VertexAiSessionService
from google.adk.sessions.base_session_service import GetSessionConfig
from google.genai import types
from google.oauth2.credentials import Credentials

from tests.clients.adk.gemini_server import call, chunk, serving, text
from tests.clients.report import ClientAddresses, Report, check, refused

APP = {"app_name": "app", "user_id": "ada"}


class LocalSessionService(VertexAiSessionService):
    """The real service, with the endpoint and credentials of the stack.

    Its own documentation names `_build_api_client` as the method to override for these.
    """

    def __init__(self, address: ClientAddresses) -> None:
        engine = address.engine.rpartition("/")[2]
        super().__init__(address.project, address.location, engine)
        self._url = f"{address.url}/simulators/agent-engine"

    def _build_api_client(self) -> Any:
        return agentplatform.Client(
            project=self._project,
            location=self._location,
            credentials=Credentials(token="local"),
            http_options={"base_url": self._url},
        ).aio


def event(author: str, *parts: types.Part, **more: Any) -> Event:
    role = "user" if author == "user" else "model"
    content = types.Content(role=role, parts=list(parts)) if parts else None
    return Event(author=author, invocation_id="e-1", content=content, **more)


async def visit(report: Report, service: VertexAiSessionService) -> None:
    session = None
    with report.call("create_session with an id and a ttl"):
        session = await service.create_session(**APP, session_id="own", ttl="86400s")
        check(session.id == "own", session)
    with report.call("append_event: message, tool call, state, usage"):
        run = types.FunctionCall(id="c1", name="get_time", args={"x_y": 1})
        usage = types.GenerateContentResponseUsageMetadata(total_token_count=13)
        delta = EventActions(state_delta={"mood": "good", "temp:token": "canary"})
        await service.append_event(session, event("user", types.Part(text="Hello.")))
        await service.append_event(
            session,
            event(
                "assistant",
                types.Part(text="Let me look."),
                types.Part(function_call=run),
                actions=delta,
                usage_metadata=usage,
                long_running_tool_ids={"c1"},
            ),
        )
    with report.call("get_session: events and state are equal"):
        got = await service.get_session(**APP, session_id="own")
        check([each.id for each in got.events] == [each.id for each in session.events], got)
        check(got.events[1].content == session.events[1].content, got.events[1])
        check(got.events[1].usage_metadata.total_token_count == 13, got.events[1])
        check(got.state == {"mood": "good"}, got.state)
    with report.call("get_session: recent events, events after a time"):
        recent = await service.get_session(
            **APP, session_id="own", config=GetSessionConfig(num_recent_events=1)
        )
        check(len(recent.events) == 1, recent)
        late = GetSessionConfig(after_timestamp=session.events[1].timestamp)
        after = await service.get_session(**APP, session_id="own", config=late)
        check([each.author for each in after.events] == ["assistant"], after)
    with report.call("list_sessions"):
        check("own" in [each.id for each in (await service.list_sessions(**APP)).sessions])
    with report.call("session of another user is refused"), refused("does not belong"):
        await service.get_session(app_name="app", user_id="eve", session_id="own")
    with report.call("delete_session"):
        await service.delete_session(**APP, session_id="own")
        check(await service.get_session(**APP, session_id="own") is None)


async def converse(report: Report, service: VertexAiSessionService) -> None:
    def get_time() -> dict[str, str]:
        """Return the time."""
        return {"time": "noon"}

    stop: dict[str, Any] = {"finish": "STOP", "tokens": 3}
    script = [
        [chunk(text("Let me look."), call("get_time"), **stop)],
        [chunk(text("It is noon."), **stop)],
        [chunk(text("You are welcome."), **stop)],
    ]
    with serving({"runner": script}), report.call("runner: two turns with a tool in one session"):
        agent = Agent(name="assistant", model=Gemini(model="scripted-runner"), tools=[get_time])
        runner = Runner(app_name="app", agent=agent, session_service=service)
        session = await service.create_session(**APP)
        for message in ("What time is it?", "Thanks."):
            content = types.Content(role="user", parts=[types.Part(text=message)])
            turn = runner.run_async(user_id="ada", session_id=session.id, new_message=content)
            check([each async for each in turn])
        stored = await service.get_session(**APP, session_id=session.id)
        texts = [part.text for each in stored.events for part in each.content.parts if part.text]
        check(
            texts
            == ["What time is it?", "Let me look.", "It is noon.", "Thanks.", "You are welcome."],
            texts,
        )


async def main() -> None:
    logging.disable(logging.CRITICAL)
    report = Report(f"VertexAiSessionService {__version__}")
    service = LocalSessionService(ClientAddresses.from_arguments())
    await visit(report, service)
    await converse(report, service)


if __name__ == "__main__":
    asyncio.run(main())
