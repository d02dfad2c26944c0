"""The messages that the clients of a room send to the avatar's agent, on the topic `agent-control`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter

CONTROL, RESPONSE = "agent-control", "agent-response"
"""Topics of the messages to the agent, and of those from it."""


class AgentCommand(BaseModel):
    """A message to the agent."""

    event_id: str | None = None


class SpeakCommand(AgentCommand):
    """A text to say as it is, or (`speak_response`) to answer."""

    event_type: Literal["avatar.speak_text", "avatar.speak_response"]
    text: str


class SimpleCommand(AgentCommand):
    """A command without content."""

    event_type: Literal[
        "avatar.interrupt",
        "avatar.start_listening",
        "avatar.stop_listening",
        "user.start_push_to_talk",
        "user.stop_push_to_talk",
        "session.keep_alive",
        "session.stop",
    ]


class HostedAgentCommand(AgentCommand):
    """A command of an ElevenLabs agent that the provider hosts."""

    event_type: Literal["elevenlabs_agent_command"]
    elevenlabs_event_type: Literal[
        "user_message", "contextual_update", "user_activity", "client_tool_result"
    ]
    data: dict[str, Any] = {}


Command = Annotated[
    SpeakCommand | SimpleCommand | HostedAgentCommand, Field(discriminator="event_type")
]
COMMAND: TypeAdapter[Command] = TypeAdapter(Command)
"""Parses a command. Raises pydantic's ValidationError."""
