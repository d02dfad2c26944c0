"""A model that says what it was told to say, through all of ADK that is real."""

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
class Says:
    """One answer of the model: pieces of text, and a call of a tool at the end if there is one."""

    pieces: tuple[str, ...] = ()
    call: tuple[str, Mapping[str, Any]] | None = None
    tokens: int = 10


@dataclass(frozen=True)
class Fails:
    """An answer that ends with an error event, or, without a code, with an exception."""

    code: str | None
    pieces: tuple[str, ...] = ()


Answer = Says | Fails


class ScriptedModel(BaseLlm):
    model: str = "scripted"
    answers: deque[Answer] = Field(default_factory=deque)
    asked: list[LlmRequest] = Field(default_factory=list)

    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        self.asked.append(llm_request)
        answer = self.answers.popleft()
        if stream:
            for piece in answer.pieces:
                yield _response([types.Part(text=piece)], partial=True)
        if isinstance(answer, Fails):
            if answer.code is None:
                raise RuntimeError("the model is gone")
            yield LlmResponse(error_code=answer.code, error_message="canary")
            return
        yield _response(list(_parts(answer)), partial=False, tokens=answer.tokens)


def _parts(answer: Says) -> Iterator[types.Part]:
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
