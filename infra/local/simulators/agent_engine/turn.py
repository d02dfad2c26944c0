"""One turn: the steps of a reply, played in time, as the events that a caller reads."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.local.simulators.agent_engine.assistant import reply
from infra.local.simulators.agent_engine.engine import AgentEngineState
from infra.local.simulators.agent_engine.events import (
    Event,
    Invocation,
    Part,
    ended,
    lines,
    prompt_tokens,
    tokens,
    usage,
)
from infra.local.simulators.agent_engine.sessions import Session
from infra.local.simulators.agent_engine.steps import (
    Break,
    Error,
    Message,
    Pause,
    Step,
    Text,
    ToolCall,
)


class Broken(Exception):
    """The script cuts the connection here."""


@dataclass
class Turn:
    """`streaming` is what `run_config` decides: without it the model's answers come whole.

    A model's answer is a run of text, with the tool call that ends it if there is one. Streamed, it
    comes as deltas (`partial: true`, the last one with the usage), and then once more as a whole
    (`partial: false`), as ADK's aggregator does it; so a turn with a tool has two wholes. Only what
    is whole goes into the session.
    """

    world: AgentEngineState
    session: Session
    parts: Sequence[Part]
    state_delta: Mapping[str, Any]
    streaming: bool
    said: list[str] = field(default_factory=list)
    """The tokens of the model's answer that is being given."""

    async def events(self) -> AsyncGenerator[Event, None]:
        message = self._message()
        made = Invocation(f"e-{self.world.new_id()}", self.world)
        self.session.append(made.user(self.parts, self.state_delta))
        for step in (self.world.script or reply)(message):
            async for event in self._play(step, made):
                yield event
        for event in self._answered(made, {"text": ""}):
            yield event

    def _message(self) -> Message:
        return Message(
            text="".join(part.get("text", "") for part in self.parts),
            user_id=self.session.user_id,
            session_id=self.session.id,
            now=self.world.clock(),
            history=tuple(lines(self.session.events)),
            state={**self.session.state, **self.state_delta},
        )

    async def _play(self, step: Step, made: Invocation) -> AsyncGenerator[Event, None]:
        match step:
            case Text():
                async for event in self._say(step, made):
                    yield event
            case ToolCall():
                async for event in self._call(step, made):
                    yield event
            case Error():
                self.said.clear()
                yield made.error(step.code, step.message)
            case Pause():
                await self.world.sleep(step.seconds)
            case Break():
                raise Broken

    async def _say(self, step: Text, made: Invocation) -> AsyncGenerator[Event, None]:
        for token in tokens(step.text):
            await self.world.sleep(self.world.token_seconds)
            self.said.append(token)
            if self.streaming:
                yield made.delta({"text": token})

    async def _call(self, step: ToolCall, made: Invocation) -> AsyncGenerator[Event, None]:
        call_id = f"adk-{self.world.new_id()}"
        call = {"id": call_id, "name": step.name, "args": dict(step.args)}
        for event in self._answered(made, {"function_call": call}):
            yield event
        await self.world.sleep(self.world.tool_seconds if step.seconds is None else step.seconds)
        answer = made.tool_answer(call_id, step)
        self.session.append(answer)
        yield answer

    def _answered(self, made: Invocation, last: Part) -> Iterator[Event]:
        """The end of a model's answer: its last chunk, then all of it. Nothing if it is empty."""
        text: list[Part] = [{"text": "".join(self.said)}] if self.said else []
        whole = [*text, last] if "function_call" in last else text
        self.said.clear()
        if not whole:
            return
        counted = usage(prompt_tokens(self.session.events), whole)
        if self.streaming:
            yield made.delta(last) | ended(counted)
        event = made.whole(whole, streaming=self.streaming, counted=counted)
        self.session.append(event)
        yield event
