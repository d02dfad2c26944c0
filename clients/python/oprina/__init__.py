"""A typed client of Oprina. `AsyncOprina` is the client."""

from .asynchronous.chat_stream import AsyncChatStream
from .asynchronous.client import AsyncOprina
from .errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    ConnectionLostError,
    InvalidRequestError,
    LimitReachedError,
    NotFoundError,
    PermissionDeniedError,
    ProblemError,
    ServiceError,
    UnexpectedAnswerError,
    WrongField,
)

__all__ = [
    "ApiError",
    "AsyncChatStream",
    "AsyncOprina",
    "AuthenticationError",
    "ConflictError",
    "ConnectionLostError",
    "InvalidRequestError",
    "LimitReachedError",
    "NotFoundError",
    "PermissionDeniedError",
    "ProblemError",
    "ServiceError",
    "UnexpectedAnswerError",
    "WrongField",
]
