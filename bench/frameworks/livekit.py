"""LiveKit Agents in its default set-up, with a voice that returns silence.

It uses what an `AgentSession` does by default with a model's text and a voice that takes whole
texts: its text transforms, then its agent's `tts_node`.

.venv-bench/bin/python -m bench.frameworks.livekit     (questions on standard input: see serving.py)
"""

# mypy: disable-error-code="import-not-found,misc,no-any-return"
# ruff: noqa: ANN401 - LiveKit's types are unknown here: it is installed in .venv-bench only

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from importlib.metadata import version
from typing import Any

from livekit.agents import tokenize, tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from livekit.agents.voice.transcription.filters import filter_emoji, filter_markdown

from bench.frameworks.pace import Listener
from bench.frameworks.serving import serve

RATE = 24_000
SILENCE = bytes(RATE // 5)
"""100 ms of audio."""


class SilentStream(tts.ChunkedStream):
    """An answer of the voice."""

    async def _run(self, output_emitter: Any) -> None:
        output_emitter.initialize(
            request_id="dummy", sample_rate=RATE, num_channels=1, mime_type="audio/pcm"
        )
        output_emitter.push(SILENCE)
        output_emitter.flush()
        await asyncio.sleep(0)


class LiveKitVoice(tts.TTS):
    """A voice that reports each text to the listener."""

    def __init__(self, listener: Listener) -> None:
        capabilities = tts.TTSCapabilities(streaming=False)
        super().__init__(capabilities=capabilities, sample_rate=RATE, num_channels=1)
        self._listener = listener

    def synthesize(
        self, text: str, *, conn_options: Any = DEFAULT_API_CONNECT_OPTIONS
    ) -> SilentStream:
        self._listener.hear(text)
        return SilentStream(tts=self, input_text=text, conn_options=conn_options)


class LiveKit:
    """LiveKit Agents, as `serving.Framework` describes it."""

    version = version("livekit-agents")

    async def speak(self, listener: Listener) -> None:
        adapter = tts.StreamAdapter(tts=LiveKitVoice(listener), sentence_tokenizer=_tokenizer())
        responses = [ModelResponse(adapter)]
        async for step in listener.steps():
            if step.kind == "say":
                responses[-1].text.put_nowait(step.text)
            elif step.kind == "tool" and listener.reply.tool_caller == "framework":
                responses[-1].text.put_nowait(None)
                responses.append(ModelResponse(adapter))
        responses[-1].text.put_nowait(None)
        await asyncio.gather(*(response.spoken for response in responses))
        await adapter.aclose()

    async def split(self, tokens: list[str], language: str) -> list[str]:  # noqa: ARG002 - LiveKit's splitter takes no language
        stream = _tokenizer().stream()
        for token in tokens:
            stream.push_text(token)
        stream.end_input()
        return [piece.token async for piece in stream]


class ModelResponse:
    """The speech of one response of the model.

    None ends its `text`. If LiveKit runs the tool, a response ends where the model calls the tool.
    """

    def __init__(self, adapter: tts.StreamAdapter) -> None:
        self.text: asyncio.Queue[str | None] = asyncio.Queue()
        self.spoken = asyncio.create_task(self._speak(adapter))

    async def _speak(self, adapter: tts.StreamAdapter) -> None:
        async with adapter.stream() as stream, asyncio.TaskGroup() as group:
            group.create_task(self._push(stream))
            async for _ in stream:
                pass

    async def _push(self, stream: Any) -> None:
        async for text in filter_emoji(filter_markdown(self._tokens())):
            stream.push_text(text)
        stream.end_input()

    async def _tokens(self) -> AsyncGenerator[str, None]:
        while (text := await self.text.get()) is not None:
            yield text


def _tokenizer() -> Any:
    return tokenize.blingfire.SentenceTokenizer(retain_format=True)


if __name__ == "__main__":
    serve(LiveKit())
