"""Real ADK agents with a scripted Gemini: their events are printed, and parsed in the main process."""

# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-call,no-any-return"

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from google.adk import __version__
from google.adk.agents import Agent, ParallelAgent, SequentialAgent
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.models import Gemini
from google.adk.runners import InMemoryRunner
from google.adk.tools import FunctionTool, LongRunningFunctionTool
from google.genai import types

from tests.clients.adk.gemini_server import Chunk, call, chunk, serving, text
from tests.clients.report import ClientRow, Report


def get_time() -> dict[str, str]:
    """Return the time."""
    return {"time": "noon"}


def ask_manager() -> None:
    """Ask the manager, who answers later."""


STOP: dict[str, Any] = {"finish": "STOP", "tokens": 3}
SCRIPTS: Mapping[str, Sequence[Sequence[Chunk]]] = {
    "text": [[chunk(text("Hello ")), chunk(text("there.")), chunk(text(""), **STOP)]],
    "tool": [
        [chunk(text("Let me ")), chunk(text("look.")), chunk(call("get_time"), **STOP)],
        [chunk(text("It is ")), chunk(text("noon."), **STOP)],
    ],
    "one-chunk": [
        [chunk(text("Let me look."), call("get_time"), **STOP)],
        [chunk(text("It is noon."), **STOP)],
    ],
    "p1": [[chunk(text("Alpha ")), chunk(text("beta.")), chunk(text(""), **STOP)]],
    "p2": [[chunk(text("Gamma ")), chunk(text("delta.")), chunk(text(""), **STOP)]],
    "s1": [[chunk(text("Your order ")), chunk(text("is ready."), **STOP)]],
    "s2": [[chunk(text("It ships ")), chunk(text("today."), **STOP)]],
    "long-running": [[chunk(call("ask_manager"), **STOP)]],
    "confirmation": [[chunk(call("get_time"), **STOP)]],
    "thoughts": [
        [
            chunk(text("The user greets.", thought=True)),
            chunk(text("I greet back.", thought=True)),
            chunk(text("Good ")),
            chunk(text("morning."), **STOP),
        ]
    ],
    "empty": [[chunk(text(""), **STOP)]],
    "tool-then-nothing": [
        [chunk(text("One moment."), call("get_time"), **STOP)],
        [chunk(text(""), **STOP)],
    ],
    "cut": [[chunk(text("A long ")), chunk(text("answer"), finish="MAX_TOKENS", tokens=3)]],
}


def model(name: str) -> Any:
    """Return ADK's real Gemini model, whose name chooses its script."""
    return Gemini(model=f"scripted-{name}")


def agent(name: str, *tools: Any) -> Any:
    return Agent(name=name.replace("-", "_"), model=model(name), tools=list(tools))


def agents() -> dict[str, Any]:
    """Return the root agent of each case."""
    return {
        "text": agent("text"),
        "tool": agent("tool", get_time),
        "text and call in one chunk": agent("one-chunk", get_time),
        "parallel": ParallelAgent(name="both", sub_agents=[agent("p1"), agent("p2")]),
        "sequential": SequentialAgent(name="row", sub_agents=[agent("s1"), agent("s2")]),
        "long-running tool": agent("long-running", LongRunningFunctionTool(ask_manager)),
        "confirmation": agent("confirmation", FunctionTool(get_time, require_confirmation=True)),
        "thoughts": agent("thoughts"),
        "empty reply": agent("empty"),
        "nothing after a tool": agent("tool-then-nothing", get_time),
        "cut at the token limit": agent("cut"),
    }


async def events(root: Any) -> list[dict[str, Any]]:
    """Run a turn of an agent and return its events, as AdkApp writes them."""
    runner = InMemoryRunner(agent=root, app_name="app")
    session = await runner.session_service.create_session(app_name="app", user_id="ada")
    message = types.Content(role="user", parts=[types.Part(text="Hello?")])
    config = RunConfig(streaming_mode=StreamingMode.SSE)
    turn = runner.run_async(
        user_id="ada", session_id=session.id, new_message=message, run_config=config
    )
    return [each.model_dump(exclude_none=True, mode="json") async for each in turn]


async def main() -> None:
    report = Report(f"google-adk {__version__}")
    with serving(SCRIPTS):
        for name, root in agents().items():
            try:
                seen = await asyncio.wait_for(events(root), 20)
            except Exception as error:  # noqa: BLE001 - every failure is a row
                report.show(
                    ClientRow(report.client, name, "failed", f"{type(error).__name__}: {error}")
                )
            else:
                report.show(ClientRow(report.client, name, "parse", events=tuple(seen)))


if __name__ == "__main__":
    asyncio.run(main())
