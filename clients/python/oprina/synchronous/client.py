# Generated from ../asynchronous by infra/docs/client_modules.py.
"""The client: talking, and the avatar. Its parts are the conversations, the account and so on."""

import secrets
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Literal, Self

import httpx

from ..addresses import Addresses
from ..calls import KEY, SILENCE_SECONDS, TURN_SECONDS, ApiCall, get, multipart, path_of, send
from ..models import (
    ChatAnswer,
    ChatRequest,
    EndSessionAnswer,
    EndSessionRequest,
    HealthAnswer,
    KeepAliveAnswer,
    KeepAliveRequest,
    Marks,
    SpeakAnswer,
    SpeakRequest,
    StartAvatarAnswer,
    StartAvatarRequest,
)
from .account import Account
from .chat_stream import EVENT_STREAM, ChatStream
from .conversations import Conversations
from .google import Google
from .tokens import Tokens, TokenSource
from .transport import Transport
from .voice import Voice

Quality = Literal["very_high", "high", "medium", "low"]
PATIENCE_SECONDS = 30.0


def new_key() -> str:
    """Return a random Idempotency-Key."""
    return secrets.token_hex(16)


class Oprina:
    """A client of Oprina.

    `address` is the address of the API, such as `https://talk.example.com/api`, or the address of each
    function by its name. `token` is an ID token, or a function that returns a current one: it is
    called again after a 401. `patience` is how many seconds a call may wait in all before it is sent
    again: after a loss of the network, and after a refusal that says when to come back. `http` is a
    client of httpx to use instead of a new one; it is not closed. `new_key` and `sleep` are for tests.

    Every method raises `ApiError`, and pydantic's ValidationError for an argument that the API would
    refuse. Calls that spend send an Idempotency-Key, so that a repeated request has no second effect:
    `key`, or else a random one.
    """

    def __init__(
        self,
        address: str | Mapping[str, str],
        token: TokenSource | None = None,
        *,
        patience: float = PATIENCE_SECONDS,
        http: httpx.Client | None = None,
        new_key: Callable[[], str] = new_key,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._given = http is not None
        self._http = http or httpx.Client()
        self._new_key = new_key
        self._transport = Transport(self._http, Addresses(address), Tokens(token), patience, sleep)
        self.conversations = Conversations(self._transport)
        self.account = Account(self._transport)
        self.google = Google(self._transport)
        self.voice = Voice(self._transport, new_key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless they belong to a client that was given."""
        if not self._given:
            self._http.close()

    def chat(  # noqa: PLR0913 - the fields of the API
        self,
        message: str | None = None,
        *,
        conversation_id: str | None = None,
        speak: bool | Literal["audio"] | None = None,
        wait: bool = True,
        regenerate: bool = False,
        edit: str | None = None,
        confirm: str | None = None,
        yes: bool | None = None,
        audio: bytes | None = None,
        key: str | None = None,
    ) -> ChatStream:
        """Send a message, and return the events of the turn. Nothing is sent before the first is read.

        Without `conversation_id` a new conversation begins. `audio` is a spoken message instead of a
        typed one. `regenerate` answers the last message again, `edit` replaces the message with this
        id, `confirm` answers a proposal with `yes`.
        """
        request = ChatRequest(
            message=message,
            conversation_id=conversation_id,
            speak=speak,
            wait=wait,
            regenerate=regenerate,
            edit=edit,
            confirm=confirm,
            yes=yes,
        )
        key = key or self._new_key()
        headers = {"accept": EVENT_STREAM, KEY: key}
        call = send("POST", path_of("chat"), request)
        kind, content = call.headers["content-type"], call.content
        if audio is not None:
            kind, content = multipart(request, audio, secrets.token_hex(16))
        headers["content-type"] = kind
        stream = ApiCall("POST", call.path, {}, headers, content, SILENCE_SECONDS)
        return ChatStream(self._transport, stream, key)

    def stop(self, conversation_id: str) -> ChatAnswer:
        """Stop the turn that runs in a conversation, from anywhere."""
        body = ChatRequest(conversation_id=conversation_id, stop=True)
        return self._transport.ask(send("POST", path_of("chat"), body), ChatAnswer)

    def start_avatar(
        self,
        *,
        conversation_id: str | None = None,
        avatar_id: str | None = None,
        voice: str | None = None,
        quality: Quality | None = None,
        language: str | None = None,
        key: str | None = None,
    ) -> StartAvatarAnswer:
        """Start an avatar session, or return the running one of the conversation."""
        body = StartAvatarRequest(
            conversation_id=conversation_id,
            avatar_id=avatar_id,
            voice=voice,
            quality=quality,
            language=language,
        )
        call = send("POST", path_of("start_avatar"), body, key=key or self._new_key())
        return self._transport.ask(call, StartAvatarAnswer)

    def speak(
        self,
        avatar_session_id: str,
        text: str | None = None,
        *,
        interrupt: bool = False,
        wait: bool = True,
        key: str | None = None,
    ) -> SpeakAnswer:
        """Let the avatar speak a text, or interrupt it. With `wait` return when it has spoken."""
        body = SpeakRequest(
            avatar_session_id=avatar_session_id, text=text, interrupt=interrupt, wait=wait
        )
        key = key or self._new_key()
        call = send("POST", path_of("speak"), body, key=key, seconds=TURN_SECONDS)
        return self._transport.ask(call, SpeakAnswer)

    def keep_alive(
        self,
        avatar_session_id: str,
        *,
        leaving: bool = False,
        marks: Marks | None = None,
        key: str | None = None,
    ) -> KeepAliveAnswer:
        """Keep an avatar session alive: restart its idle timer."""
        body = KeepAliveRequest(avatar_session_id=avatar_session_id, leaving=leaving, marks=marks)
        call = send("POST", path_of("keep_alive"), body, key=key or self._new_key())
        return self._transport.ask(call, KeepAliveAnswer)

    def end_session(self, avatar_session_id: str, *, key: str | None = None) -> EndSessionAnswer:
        """End an avatar session. A second call returns the same answer."""
        body = EndSessionRequest(avatar_session_id=avatar_session_id)
        call = send("POST", path_of("end_session"), body, key=key or self._new_key())
        return self._transport.ask(call, EndSessionAnswer)

    def health(self, *, deep: bool = False) -> HealthAnswer:
        """Return the health of the API and, with `deep`, of the services behind it."""
        call = get(path_of("health"), signed_in=False, deep="true" if deep else None)
        return self._transport.ask(call, HealthAnswer)
