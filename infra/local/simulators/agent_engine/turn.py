"""One turn: the steps of a reply, played in time, as the events that a caller reads."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from infra.local.simulators.agent_engine.assistant.replies import reply
from infra.local.simulators.agent_engine.assistant.steps import (
    Break,
    Error,
    Message,
    Pause,
    Step,
    Text,
    ToolRun,
)
from infra.local.simulators.agent_engine.effects import Effect
from infra.local.simulators.agent_engine.events import (
    Event,
    EventFactory,
    Part,
    end_of_message,
    lines,
    prompt_tokens,
    tokens,
    usage,
)
from infra.local.simulators.agent_engine.sessions import AgentSession
from infra.local.simulators.agent_engine.state import AgentEngineState


class ConnectionCut(Exception):
    """The script cuts the connection."""


@dataclass
class SimulatedTurn:
    """A turn in a session.

    A model message is a run of text, with the tool call that ends it if there is one. With
    `streaming` (set by `run_config`) it comes as deltas (`partial: true`, the last one with the
    usage), and then once more as a whole (`partial: false`), as ADK's aggregator does it. Without
    `streaming` it comes as a whole only. Whole messages are stored in the session.
    """

    state: AgentEngineState
    session: AgentSession
    parts: Sequence[Part]
    state_delta: Mapping[str, Any]
    streaming: bool
    pending: list[str] = field(default_factory=list)
    """Tokens of the current model message."""

    async def events(self) -> AsyncGenerator[Event, None]:
        """Play the turn. Raises ConnectionCut."""
        factory = EventFactory(f"e-{self.state.new_id()}", self.state)
        message = self._message(factory.id)
        self.session.append(factory.user(self.parts, self.state_delta))
        for step in (self.state.script or reply)(message):
            async for event in self._play(step, factory):
                yield event
        for event in self._end_message(factory, {"text": ""}):
            yield event

    def _message(self, invocation_id: str) -> Message:
        return Message(
            text="".join(part.get("text", "") for part in self.parts),
            user_id=self.session.user_id,
            session_id=self.session.id,
            now=self.state.clock(),
            history=tuple(lines(self.session.events)),
            state={**self.session.state, **self.state_delta},
            google=self.state.google,
            invocation_id=invocation_id,
        )

    async def _play(self, step: Step, factory: EventFactory) -> AsyncGenerator[Event, None]:
        match step:
            case Text():
                async for event in self._say(step, factory):
                    yield event
            case ToolRun():
                async for event in self._run_tool(step, factory):
                    yield event
            case Error():
                self.pending.clear()
                yield factory.error(step.code, step.message)
            case Pause():
                await self.state.sleep(step.seconds)
            case Break():
                raise ConnectionCut

    async def _say(self, step: Text, factory: EventFactory) -> AsyncGenerator[Event, None]:
        for token in tokens(step.text):
            await self.state.sleep(self.state.token_seconds)
            self.pending.append(token)
            if self.streaming:
                yield factory.delta({"text": token})

    async def _run_tool(self, step: ToolRun, factory: EventFactory) -> AsyncGenerator[Event, None]:
        call_id = f"adk-{self.state.new_id()}"
        call = {"id": call_id, "name": step.name, "args": dict(step.args)}
        for event in self._end_message(factory, {"function_call": call}):
            yield event
        if step.effect:
            self._record_effect(step, call_id, factory)
        await self.state.sleep(self.state.tool_seconds if step.seconds is None else step.seconds)
        step.outcome.update(step.response if step.run is None else await step.run())
        response = factory.tool_response(call_id, replace(step, response=step.outcome))
        self.session.append(response)
        yield response

    def _record_effect(self, step: ToolRun, call_id: str, factory: EventFactory) -> None:
        self.state.effects.record(
            Effect(
                tool=step.name,
                args=dict(step.args),
                call_id=call_id,
                invocation_id=factory.id,
                session_id=self.session.id,
                user_id=self.session.user_id,
                at=self.state.now(),
            )
        )

    def _end_message(self, factory: EventFactory, last: Part) -> Iterator[Event]:
        """Yield the end of a model message: its last delta, then the whole. An empty one has none."""
        text: list[Part] = [{"text": "".join(self.pending)}] if self.pending else []
        whole = [*text, last] if "function_call" in last else text
        self.pending.clear()
        if not whole:
            return
        counted = usage(prompt_tokens(self.session.events), whole)
        if self.streaming:
            yield factory.delta(last) | end_of_message(counted)
        event = factory.whole(whole, streaming=self.streaming, counted=counted)
        self.session.append(event)
        yield event
