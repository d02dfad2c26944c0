"""The services that a function calls, and its callers, at the lowest possible cost.

They share a machine with the process that is measured, and must not distort its figures. They are
raw asyncio protocols that know just enough HTTP for their clients. `infra/local/simulators` has the
exact simulators."""

import asyncio
import base64
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
PCM_RATE = 48_000
"""Bytes per second of the avatar's audio."""


def event(text: str, *, partial: bool = True) -> bytes:
    """Return one line of an agent's stream, with the fields of a real one."""
    line = {
        "content": {"role": "model", "parts": [{"text": text}]},
        "partial": partial,
        "author": "assistant",
        "invocation_id": "e-7c1c3ba1-7d35-4a0c-9f4e-0f1f1f1f1f1f",
        "id": "f2f7a1b0-5a27-4a53-8a39-1a2b3c4d5e6f",
        "timestamp": 1_795_000_000.123,
        "actions": {"state_delta": {}, "artifact_delta": {}},
    }
    if not partial:
        line["usage_metadata"] = {"total_token_count": 100}
        line["finish_reason"] = "STOP"
    return json.dumps(line).encode() + b"\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@dataclass
class SimulatedReply:
    """A reply, one token every `seconds`. `sent` has the time at which each token was sent."""

    tokens: Sequence[str]
    seconds: float = 0.025
    sent: list[float] = field(default_factory=list)


class SimulatedAgent:
    """An agent whose streams wait for `gate`. `replies` maps a message to its reply.

    Each stream begins at a random part of `seconds`, so that streams do not send at the same time.
    """

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.replies: dict[str, SimulatedReply] = {}
        self.waiting = 0

    async def play(self, message: str, transport: asyncio.Transport) -> None:
        reply = self.replies[message]
        lines = [chunk(event(token)) for token in reply.tokens]
        transport.write(CHUNKED)
        self.waiting += 1
        await self.gate.wait()
        clock = asyncio.get_running_loop()
        offset = (hash(message) % 1_000) / 1_000 * reply.seconds
        begin = clock.time() + offset
        for number, line in enumerate(lines):
            await asyncio.sleep(begin + number * reply.seconds - clock.time())
            reply.sent.append(time.perf_counter())
            transport.write(line)
        whole = event("".join(reply.tokens), partial=False)
        transport.write(chunk(whole) + b"0\r\n\r\n")


class SimulatedVoice:
    """A voice that answers at once, with `pace` bytes of text a second.

    Each answer has at least `least` seconds.
    """

    def __init__(self, least: float, pace: float) -> None:
        self._least = least
        self._pace = pace
        self._answers: dict[int, bytes] = {}

    def speech(self, text: str) -> bytes:
        """Return the whole HTTP answer, with audio in whole tenths of a second."""
        tenths = round(10 * max(self._least, len(text.encode()) / self._pace))
        if tenths not in self._answers:
            pcm = bytes(tenths * PCM_RATE // 10)
            body = json.dumps({"audioContent": base64.b64encode(pcm).decode()})
            self._answers[tenths] = _whole(body.encode())
        return self._answers[tenths]


class HttpCalls(asyncio.Protocol):
    """The HTTP API of the agent and the voice: `:streamQuery`, `sessions`, `text:synthesize`."""

    def __init__(self, agent: SimulatedAgent, voice: "SimulatedVoice") -> None:
        self._agent = agent
        self._voice = voice
        self._got = b""
        self._playing: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # TCP

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not end:
            return
        size = int(_after(head.lower(), b"content-length: ") or 0)
        if len(body) < size:
            return
        self._got = body[size:]
        self._answer(head.split(b" ", 2)[1], body[:size])

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a parameter of asyncio.Protocol
        if self._playing is not None:
            self._playing.cancel()

    def _answer(self, path: bytes, body: bytes) -> None:
        if b":streamQuery" in path:
            message = json.loads(body)["input"]["message"]
            self._playing = asyncio.ensure_future(self._agent.play(message, self._transport))
        elif b":synthesize" in path:
            self._transport.write(self._voice.speech(json.loads(body)["input"]["text"]))
        else:
            self._transport.write(_whole(b'{"done": true, "response": {}}'))


class SimulatedAvatars:
    """The websockets of avatars.

    `first` maps the last part of an address to the time of its first audio.
    """

    def __init__(self) -> None:
        self.first: dict[str, float] = {}

    async def serve(self, connection: ServerConnection) -> None:
        name = connection.request.path.rpartition("/")[2] if connection.request else ""
        await connection.send('{"type":"session.state_updated","state":"connected"}')
        heard: asyncio.Queue[float | None] = asyncio.Queue()
        playing = asyncio.ensure_future(_play(connection, heard))
        with contextlib.suppress(Exception):  # a connection may be closed at any time
            async for message in connection:
                self._hear(name, str(message), heard)
        playing.cancel()

    def _hear(self, name: str, message: str, heard: "asyncio.Queue[float | None]") -> None:
        if message.startswith('{"type": "agent.speak",'):
            self.first.setdefault(name, time.perf_counter())
            heard.put_nowait(len(message) * 3 / 4 / PCM_RATE)  # nearly all of it is base64
        elif message.startswith('{"type": "agent.speak_end"'):
            heard.put_nowait(None)


async def _play(connection: ServerConnection, heard: "asyncio.Queue[float | None]") -> None:
    """Take as long as the audio that was heard, and report the start and end of each utterance.

    `heard` has the seconds of each message of audio, and None at the end of an utterance.
    """
    is_speaking, quiet_at = False, 0.0
    with contextlib.suppress(ConnectionClosed):
        while True:
            seconds = await heard.get()
            if seconds is None:
                await connection.send('{"type":"agent.speak_ended"}')
            elif not is_speaking:
                await connection.send('{"type":"agent.speak_started"}')
            is_speaking = seconds is not None
            quiet_at = max(quiet_at, time.perf_counter()) + (seconds or 0.0)
            await asyncio.sleep(quiet_at - time.perf_counter())


@dataclass(frozen=True)
class SimulatedServices:
    """Running services. The addresses `http` and `ws` have no slash at the end."""

    agent: SimulatedAgent
    avatars: SimulatedAvatars
    http: str
    ws: str


@asynccontextmanager
async def run_services(voice: SimulatedVoice) -> AsyncIterator[SimulatedServices]:
    """Run the services."""
    agent, avatars = SimulatedAgent(), SimulatedAvatars()
    listener = _listener()
    calls = await asyncio.get_running_loop().create_server(
        lambda: HttpCalls(agent, voice), sock=listener
    )
    sockets = _listener()
    async with calls, serve(avatars.serve, sock=sockets, compression=None, close_timeout=1):
        yield SimulatedServices(
            agent,
            avatars,
            f"http://127.0.0.1:{listener.getsockname()[1]}",
            f"ws://127.0.0.1:{sockets.getsockname()[1]}",
        )


def _listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(2048)
    return listener


class ChatCaller(asyncio.Protocol):
    """One `POST /chat` that reads the event stream.

    `times` has the time of each text event. `done` resolves with the data of the last event, or
    with the bytes that came instead."""

    MARK = b"event: text\n"

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._tail = b""
        self._got = bytearray()
        self.times: list[float] = []
        self.done: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # TCP
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        seen = self._tail + data
        self.times += [now] * seen.count(self.MARK)
        self._tail = seen[-len(self.MARK) + 1 :]
        if b"event: done" in seen or self._got:
            self._got += data
        if data.endswith(b"0\r\n\r\n"):
            self._transport.close()
            if not self.done.done():
                self.done.set_result(bytes(self._got or seen).decode(errors="replace"))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(f"lost: {exc} {bytes(self._got)[:300]!r} {self._tail!r}")


def request(token: str, body: dict[str, object], port: int) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST / HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n"
        "accept: text/event-stream\r\ncontent-type: application/json\r\n"
        f"content-length: {len(content)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + content


def _whole(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


def _after(head: bytes, name: bytes) -> bytes:
    return head.partition(name)[2].partition(b"\r\n")[0]
