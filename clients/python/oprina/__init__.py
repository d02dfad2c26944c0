"""A typed client of Oprina: `AsyncOprina`, and `Oprina` for programs without async."""

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
from .synchronous.chat_stream import ChatStream
from .synchronous.client import Oprina

__all__ = [
    "ApiError",
    "AsyncChatStream",
    "AsyncOprina",
    "AuthenticationError",
    "ChatStream",
    "ConflictError",
    "ConnectionLostError",
    "InvalidRequestError",
    "LimitReachedError",
    "NotFoundError",
    "Oprina",
    "PermissionDeniedError",
    "ProblemError",
    "ServiceError",
    "UnexpectedAnswerError",
    "WrongField",
]
