"""The agent: model, instruction and tools. `root_agent` is the deployed one."""

from collections.abc import Sequence

from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, Gemini
from google.genai import types

from infra.agent.assistant.instruction import instruction
from infra.agent.assistant.tools import TOOLS, Tool

NAME = "assistant"
MODEL = "gemini-3.5-flash"


def make_agent(model: BaseLlm, tools: Sequence[Tool] = TOOLS) -> LlmAgent:
    """Return the agent with this model."""
    return LlmAgent(
        name=NAME,
        description="Talks with a person face to face: every word is spoken by an avatar.",
        model=model,
        instruction=instruction(),
        tools=list(tools),
        generate_content_config=types.GenerateContentConfig(
            # Thoughts are not spoken, and they delay the first word.
            thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW),
        ),
    )


# The model has a location of its own: Gemini 3 is not served in every region that runs agents.
root_agent = make_agent(
    Gemini(model=MODEL, client_kwargs={"enterprise": True, "location": "global"})
)
