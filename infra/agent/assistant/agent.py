"""The agent: a model, what it is told, and its tools. `root_agent` is the one that is deployed."""

from collections.abc import Sequence

from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, Gemini
from google.genai import types

from infra.agent.assistant.instruction import instruction
from infra.agent.assistant.tools import TOOLS, Tool

NAME = "assistant"
MODEL = "gemini-3.5-flash"


def agent(model: BaseLlm, tools: Sequence[Tool] = TOOLS) -> LlmAgent:
    return LlmAgent(
        name=NAME,
        description="Talks with a person face to face: every word is spoken by an avatar.",
        model=model,
        instruction=instruction(),
        tools=list(tools),
        generate_content_config=types.GenerateContentConfig(
            # Nobody hears a thought, and the first word waits for it.
            thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW),
        ),
    )


# The model's place is not the agent's: Gemini 3 is not served in every region that runs agents.
root_agent = agent(Gemini(model=MODEL, client_kwargs={"enterprise": True, "location": "global"}))
