# Generated from ../asynchronous by infra/docs/client_modules.py.
"""Requests over httpx: with the token, sent again after a loss, until an answer or a typed error."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from ..addresses import Addresses
from ..calls import ApiCall
from ..errors import ApiError, AuthenticationError, UnexpectedAnswerError, problem_of
from ..retries import Retries
from .tokens import Tokens

ModelT = TypeVar("ModelT", bound=BaseModel)
CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Transport:
    """Sends requests. `patience` is how many seconds a request may wait for its next attempts."""

    http: httpx.Client
    addresses: Addresses
    tokens: Tokens
    patience: float
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random

    def retries(self, *, repeatable: bool) -> Retries:
        return Retries(self.patience, repeatable, self.random)

    def ask(self, call: ApiCall, model: type[ModelT]) -> ModelT:
        """Send a request until it is answered, and return its answer as a model. Raises ApiError."""
        answer = self.call(call)
        try:
            return model.model_validate_json(answer.content)
        except ValidationError as error:
            raise UnexpectedAnswerError(f"{call.path} has a wrong answer: {error}") from error

    def call(self, call: ApiCall) -> httpx.Response:
        """Send a request until it is answered. Return a success. Raises ApiError."""
        retries = self.retries(repeatable=call.repeatable)
        while True:
            try:
                return self._read(call)
            except ApiError as error:
                seconds = retries.seconds_before_next(error)
                if seconds is None:
                    raise
            self.sleep(seconds)

    def open(self, call: ApiCall) -> httpx.Response:
        """Send a request once. Return a success whose body the caller reads and closes.

        After a 401 the request is sent again with a new token, if there is one. Raises ApiError.
        """
        token = self.tokens.current() if call.signed_in else None
        try:
            return self._send(call, token)
        except AuthenticationError:
            token = self.tokens.renew(token) if call.signed_in else None
            if token is None:
                raise
        return self._send(call, token)

    def _read(self, call: ApiCall) -> httpx.Response:
        answer = self.open(call)
        try:
            with call.losses_reported():
                answer.read()
        finally:
            answer.close()
        return answer

    def _send(self, call: ApiCall, token: str | None) -> httpx.Response:
        request = self.http.build_request(
            call.method,
            self.addresses.url(call.path),
            params=call.query or None,
            content=call.content,
            headers={**call.headers, **({"authorization": f"Bearer {token}"} if token else {})},
            timeout=httpx.Timeout(call.seconds, connect=CONNECT_SECONDS),
        )
        with call.losses_reported():
            answer = self.http.send(request, stream=True)
            if answer.is_success:
                return answer
            try:
                answer.read()
            finally:
                answer.close()
        raise problem_of(answer)
