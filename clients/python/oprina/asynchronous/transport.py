"""Requests over httpx: with the token, sent again after a loss, until an answer or a typed error."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from ..addresses import Addresses
from ..calls import ApiCall
from ..errors import ApiError, AuthenticationError, UnexpectedAnswerError, problem_of
from ..retries import Retries
from .tokens import AsyncTokens

ModelT = TypeVar("ModelT", bound=BaseModel)
CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class AsyncTransport:
    """Sends requests. `patience` is how many seconds a request may wait for its next attempts."""

    http: httpx.AsyncClient
    addresses: Addresses
    tokens: AsyncTokens
    patience: float
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random

    def retries(self, *, repeatable: bool) -> Retries:
        return Retries(self.patience, repeatable, self.random)

    async def ask(self, call: ApiCall, model: type[ModelT]) -> ModelT:
        """Send a request until it is answered, and return its answer as a model. Raises ApiError."""
        answer = await self.call(call)
        try:
            return model.model_validate_json(answer.content)
        except ValidationError as error:
            raise UnexpectedAnswerError(f"{call.path} has a wrong answer: {error}") from error

    async def call(self, call: ApiCall) -> httpx.Response:
        """Send a request until it is answered. Return a success. Raises ApiError."""
        retries = self.retries(repeatable=call.repeatable)
        while True:
            try:
                return await self._read(call)
            except ApiError as error:
                seconds = retries.seconds_before_next(error)
                if seconds is None:
                    raise
            await self.sleep(seconds)

    async def open(self, call: ApiCall) -> httpx.Response:
        """Send a request once. Return a success whose body the caller reads and closes.

        After a 401 the request is sent again with a new token, if there is one. Raises ApiError.
        """
        token = await self.tokens.current() if call.signed_in else None
        try:
            return await self._send(call, token)
        except AuthenticationError:
            token = await self.tokens.renew(token) if call.signed_in else None
            if token is None:
                raise
        return await self._send(call, token)

    async def _read(self, call: ApiCall) -> httpx.Response:
        answer = await self.open(call)
        try:
            with call.losses_reported():
                await answer.aread()
        finally:
            await answer.aclose()
        return answer

    async def _send(self, call: ApiCall, token: str | None) -> httpx.Response:
        request = self.http.build_request(
            call.method,
            self.addresses.url(call.path),
            params=call.query or None,
            content=call.content,
            headers={**call.headers, **({"authorization": f"Bearer {token}"} if token else {})},
            timeout=httpx.Timeout(call.seconds, connect=CONNECT_SECONDS),
        )
        with call.losses_reported():
            answer = await self.http.send(request, stream=True)
            if answer.is_success:
                return answer
            try:
                await answer.aread()
            finally:
                await answer.aclose()
        raise problem_of(answer)
