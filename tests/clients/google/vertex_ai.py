"""google-cloud-aiplatform against the local stack: `vertexai` and `agentplatform`, sync and async."""

# mypy: disable-error-code="no-untyped-call,no-any-return"

import asyncio
import functools
import warnings
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from google.cloud.aiplatform import __version__
from google.oauth2.credentials import Credentials

from tests.clients.report import ClientAddresses, NotRun, Report, check, collect, refused, settle

DAY = "86400s"


async def main() -> None:
    address = ClientAddresses.from_arguments()
    warnings.simplefilter("ignore")
    for package in ("vertexai", "agentplatform"):
        client = import_module(package).Client(
            project=address.project,
            location=address.location,
            credentials=Credentials(token="local"),
            http_options={"base_url": f"{address.url}/simulators/agent-engine"},
        )
        runtimes = client.agent_engines if package == "vertexai" else client.runtimes
        engine = await asyncio.to_thread(functools.partial(runtimes.get, name=address.engine))
        sync = runtimes.sessions if package == "vertexai" else client.sessions
        aio = client.aio.agent_engines.sessions if package == "vertexai" else client.aio.sessions
        name = f"{package} {__version__}"
        await visit_turns(Report(f"{name} sync"), EngineMethods(engine, ""))
        await visit_turns(Report(f"{name} async"), EngineMethods(engine, "async_"))
        await visit_sessions(Report(f"{name} sync"), sync, address.engine)
        await visit_sessions(Report(f"{name} async"), aio, address.engine)
        await client.aio.aclose()


class EngineMethods:
    """The methods of an engine, synchronous ones in a thread of their own."""

    def __init__(self, engine: Any, prefix: str) -> None:
        self._engine = engine
        self._prefix = prefix

    async def call(self, method: str, **arguments: Any) -> Any:
        function = getattr(self._engine, self._prefix + method)
        if self._prefix:
            return await function(**arguments)
        return await asyncio.to_thread(lambda: function(**arguments))

    async def stream(self, **arguments: Any) -> list[dict[str, Any]]:
        function = getattr(self._engine, f"{self._prefix}stream_query")
        if self._prefix:
            events: AsyncIterator[dict[str, Any]] = function(**arguments)
            return [event async for event in events]
        return await asyncio.to_thread(lambda: list(function(**arguments)))


async def visit_turns(report: Report, engine: EngineMethods) -> None:
    session: dict[str, Any] = {}
    with report.call("engine: create, get, list sessions"):
        session = await engine.call("create_session", user_id="ada", state={"mood": "good"})
        mine = {"user_id": "ada", "session_id": session["id"]}
        check((await engine.call("get_session", **mine))["state"] == {"mood": "good"})
        listed = await engine.call("list_sessions", user_id="ada")
        check(session["id"] in [each["id"] for each in listed["sessions"]], listed)
    mine = {"user_id": "ada", "session_id": session.get("id", "")}
    with report.call("engine: stream_query with SSE"):
        events = await engine.stream(
            **mine, message="What time is it?", run_config={"streaming_mode": "sse"}
        )
        spoken = [
            each["content"]["parts"][0].get("text", "") for each in events if each.get("partial")
        ]
        check("".join(spoken).startswith("Let me look at the clock."), spoken)
        calls = [part for each in events for part in each["content"]["parts"]]
        check(any("function_response" in part for part in calls), calls)
    with report.call("engine: stream_query with a Content"):
        content = {"role": "user", "parts": [{"text": "Hello!"}]}
        (event,) = await engine.stream(**mine, message=content)
        check(event["finish_reason"] == "STOP", event)
    with report.call("engine: unknown argument fails in the stream"):
        (event,) = await engine.stream(**mine, message="Hello!", state={})
        check(event["code"] == 498 and "keyword argument 'state'" in event["message"], event)
    with report.call("engine: unknown argument of a method is refused"), refused("400"):
        await engine.call("list_sessions", user_id="ada", nonsense=1)
    with report.call("engine: delete session"):
        await engine.call("delete_session", **mine)
        with refused("400"):
            await engine.call("get_session", **mine)


async def visit_sessions(report: Report, sessions: Any, engine: str) -> None:
    name = f"{engine}/sessions/own-id"
    with report.call("sessions: create with ttl and an id, get"):
        config = {"session_id": "own-id", "ttl": DAY, "display_name": "mine", "labels": {"a": "b"}}
        made = await settle(sessions.create(name=engine, user_id="eve", config=config))
        check(made.response.name == name, made)
        got = await settle(sessions.get(name=name))
        check((got.expire_time - got.create_time).days == 1, got)
    with report.call("sessions: update"):
        if not hasattr(sessions, "update"):
            raise NotRun("this client has no update of a session")
        config = {"display_name": "new", "update_mask": "display_name"}
        check((await settle(sessions.update(name=name, config=config))).display_name == "new")
    with report.call("sessions: append event, list events"):
        await settle(
            sessions.events.append(
                name=name,
                author="user",
                invocation_id="1",
                timestamp=datetime.now(UTC),
                config={
                    "content": {"role": "user", "parts": [{"text": "Hello."}]},
                    "actions": {"state_delta": {"seen": True}},
                },
            )
        )
        (event,) = await collect(sessions.events.list(name=name))
        check(event.content.parts[0].text == "Hello.", event)
        check((await settle(sessions.get(name=name))).session_state == {"seen": True})
    with report.call("sessions: list with a filter"):
        found = await collect(sessions.list(name=engine, config={"filter": 'user_id="eve"'}))
        check([each.name for each in found] == [name], found)
    with report.call("sessions: less than a day is refused"), refused("400"):
        await settle(sessions.create(name=engine, user_id="eve", config={"ttl": "60s"}))
    with report.call("sessions: delete"):
        await settle(sessions.delete(name=name))
        with refused("404"):
            await settle(sessions.get(name=name))


if __name__ == "__main__":
    asyncio.run(main())
