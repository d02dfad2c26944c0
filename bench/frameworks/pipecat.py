"""Pipecat in its default set-up, with a voice that returns silence.

The model's text frames go down a pipeline into a speech service, which collects them into
sentences.

.venv-bench/bin/python -m bench.frameworks.pipecat     (questions on standard input: see serving.py)
"""

# mypy: disable-error-code="import-not-found,misc,no-any-return,untyped-decorator"
# Pipecat is installed in .venv-bench only, so its types are unknown here.

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from importlib.metadata import version
from typing import Any

from loguru import logger
from pipecat.frames import frames
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.transcriptions.language import Language
from pipecat.utils.text.simple_text_aggregator import SimpleTextAggregator
from pipecat.workers.runner import WorkerRunner

from bench.frameworks.pace import Listener, Step
from bench.frameworks.serving import serve

RATE = 24_000
SILENCE = bytes(RATE // 5)
"""100 ms of audio."""
CALL = {"function_name": "look_up", "tool_call_id": "call-1", "arguments": {}}


class PipecatVoice(TTSService):
    """A voice that reports each text to the listener."""

    def __init__(self, listener: Listener, language: str) -> None:
        settings = TTSSettings(model=None, voice="dummy", language=Language(language))
        super().__init__(sample_rate=RATE, push_start_frame=True, settings=settings)
        self._listener = listener

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Any, None]:
        self._listener.hear(text)
        yield frames.TTSAudioRawFrame(SILENCE, RATE, 1, context_id=context_id)


class Pipecat:
    """Pipecat, as `serving.Framework` describes it."""

    version = version("pipecat-ai")

    async def speak(self, listener: Listener) -> None:
        pipeline = Pipeline([PipecatVoice(listener, listener.reply.language)])
        worker = PipelineWorker(pipeline, params=PipelineParams(), cancel_on_idle_timeout=False)
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        started = asyncio.Event()

        @worker.event_handler("on_pipeline_started")
        async def _(*_: object) -> None:
            started.set()

        running = asyncio.create_task(runner.run())
        await started.wait()
        await worker.queue_frame(frames.LLMFullResponseStartFrame())
        async for step in listener.steps():
            await worker.queue_frames(_frames(step, listener.reply.tool_caller))
        await worker.queue_frame(frames.LLMFullResponseEndFrame())
        await worker.queue_frame(frames.EndFrame())
        await running

    async def split(self, tokens: list[str], language: str) -> list[str]:
        aggregator = SimpleTextAggregator(language=language)
        pieces = [piece.text for token in tokens async for piece in aggregator.aggregate(token)]
        rest = await aggregator.flush()
        return [*pieces, rest.text] if rest else pieces


def _frames(step: Step, tool_caller: str) -> list[Any]:
    """Return the frames of a step.

    If Pipecat runs the tool, its model service ends the response with the call, and begins another
    one with the tool's answer."""
    if step.kind == "say":
        return [frames.LLMTextFrame(step.text)]
    if step.kind == "stall":
        return []
    call = frames.FunctionCallFromLLM(**CALL, context=None)
    call_frames = [
        frames.FunctionCallsStartedFrame([call]),
        frames.FunctionCallInProgressFrame(**CALL),
    ]
    if tool_caller == "agent":
        return call_frames
    return [*call_frames, frames.LLMFullResponseEndFrame(), frames.LLMFullResponseStartFrame()]


if __name__ == "__main__":
    logger.remove()
    serve(Pipecat())
