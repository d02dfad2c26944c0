"""A model with prepared answers. Everything else of ADK is real."""

from collections import deque
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.adk.models import BaseLlm
from google.adk.models.llm_request import LlmRequest
from google.adk.models.llm_response import LlmResponse
from google.genai import types
from pydantic import Field


@dataclass(frozen=True)
class TextAnswer:
    """An answer: pieces of text, and then at most one tool call."""

    pieces: tuple[str, ...] = ()
    call: tuple[str, Mapping[str, Any]] | None = None
    tokens: int = 10


@dataclass(frozen=True)
class FailedAnswer:
    """An answer that ends with an error event, or without a code with an exception."""

    code: str | None
    pieces: tuple[str, ...] = ()


ModelAnswer = TextAnswer | FailedAnswer


class ScriptedModel(BaseLlm):
    model: str = "scripted"
    answers: deque[ModelAnswer] = Field(default_factory=deque)
    requests: list[LlmRequest] = Field(default_factory=list)

    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        self.requests.append(llm_request)
        answer = self.answers.popleft()
        if stream:
            for piece in answer.pieces:
                yield _response([types.Part(text=piece)], partial=True)
        if isinstance(answer, FailedAnswer):
            if answer.code is None:
                raise RuntimeError("the model is unavailable")
            yield LlmResponse(error_code=answer.code, error_message="canary")
            return
        yield _response(list(_parts(answer)), partial=False, tokens=answer.tokens)


def _parts(answer: TextAnswer) -> Iterator[types.Part]:
    if answer.pieces:
        yield types.Part(text="".join(answer.pieces))
    if answer.call:
        name, args = answer.call
        yield types.Part(function_call=types.FunctionCall(name=name, args=dict(args)))


def _response(parts: list[types.Part], *, partial: bool, tokens: int = 0) -> LlmResponse:
    usage = types.GenerateContentResponseUsageMetadata(
        prompt_token_count=tokens - 1, candidates_token_count=1, total_token_count=tokens
    )
    return LlmResponse(
        content=types.Content(role="model", parts=parts),
        partial=partial,
        usage_metadata=usage if tokens else None,
    )
