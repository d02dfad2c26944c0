"""The calls of HeyGen's Python starter for LiveAvatar.

The starter (heygen-com/liveavatar-starter-livekit-agent-python on GitHub) is no package, so its
calls are repeated here: token, start and stop over HTTP; a message `start` with the audio format,
speech without ids in chunks of 0.4 s and 1 s, and an interrupt.
"""

# mypy: disable-error-code="import-not-found,import-untyped,no-any-return"

import asyncio
import base64
import json
import uuid
from typing import Any

import httpx
import websockets

from tests.clients.report import ClientAddresses, Report, check

SECOND = 24_000 * 2
"""Bytes of one second of audio."""
AVATAR = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
ENDS = ("agent.speak_ended", "agent.state_updated")


async def main() -> None:
    address = ClientAddresses.from_arguments()
    report = Report(f"HeyGen starter{address.variant}")
    url = f"{address.url}/simulators/liveavatar"
    headers = {"X-API-KEY": address.key}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as http:
        started: dict[str, Any] = {}
        bearer: dict[str, str] = {}
        with report.call("token, start"):
            body = {
                "mode": "LITE",
                "avatar_id": AVATAR,
                "is_sandbox": False,
                "video_settings": {"quality": "high", "encoding": "H264"},
            }
            token = await post(http, "token", body, {})
            bearer = {"Authorization": f"Bearer {token['session_token']}"}
            started = await post(http, "start", {}, bearer)
            check(started["livekit_url"] and started["livekit_agent_token"], started)
        async with websockets.connect(started["ws_url"], ping_interval=None) as socket:
            await visit(report, StarterSocket(socket))
        with report.call("stop"):
            body = {"session_id": started["session_id"], "reason": "USER_CLOSED"}
            await post(http, "stop", body, bearer)


async def post(
    http: httpx.AsyncClient, call: str, body: dict[str, Any], headers: dict[str, str]
) -> dict[str, Any]:
    answer = await http.post(f"/v1/sessions/{call}", json=body, headers=headers)
    answer.raise_for_status()
    return answer.json()["data"] or {}


class StarterSocket:
    """Sends what the starter sends, and keeps the events that come back."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self.events: list[dict[str, Any]] = []

    async def send(self, kind: str, **more: Any) -> None:
        await self._socket.send(json.dumps({"type": kind, **more}))

    async def speak(self, seconds: float) -> None:
        await self.send("start", encoding="pcm_s16le", sample_rate=24_000, channels=1)
        left, size = int(seconds * SECOND), int(0.4 * SECOND)
        while left:
            audio = bytes(min(left, size))
            await self.send("agent.speak", audio=base64.b64encode(audio).decode())
            left, size = left - len(audio), SECOND
        await self.send("agent.speak_end")

    async def wait(self, *kinds: str, state: str = "", seconds: float = 8) -> dict[str, Any]:
        """Return the next event of one of the kinds, and of this state if it has one."""
        async with asyncio.timeout(seconds):
            while True:
                event: dict[str, Any] = json.loads(await self._socket.recv())
                self.events.append(event)
                known = event.get("new_state", event.get("state"))
                if event["type"] in kinds and (not state or known in {None, state}):
                    return event


async def visit(report: Report, socket: StarterSocket) -> None:
    with report.call("connected"):
        await socket.wait("session.state_updated", state="connected")
    loop = asyncio.get_running_loop()
    with report.call("speak without ids is one utterance"):
        began = loop.time()
        await socket.speak(2.0)
        await socket.wait("agent.speak_started", "agent.state_updated", state="talking")
        await socket.wait(*ENDS, state="idle")
        check(1.8 < loop.time() - began < 3.5, loop.time() - began)
        starts = [each for each in socket.events if each["type"] == "agent.speak_started"]
        check(len(starts) <= 1, socket.events)
    with report.call("interrupt"):
        await socket.speak(6.0)
        await socket.wait("agent.speak_started", "agent.state_updated", state="talking")
        began = loop.time()
        await socket.send("agent.interrupt", event_id=str(uuid.uuid4()))
        await socket.wait("agent.audio_buffer_cleared")
        check(loop.time() - began < 1, loop.time() - began)
    with report.call("speak after an interrupt"):
        began = loop.time()
        await socket.speak(1.0)
        await socket.wait("agent.speak_started", "agent.state_updated", state="talking")
        await socket.wait(*ENDS, state="idle")
        check(0.8 < loop.time() - began < 2.5, loop.time() - began)
    with report.call("no error was sent"):
        errors = [each for each in socket.events if each["type"] == "error"]
        check(not errors, errors)


if __name__ == "__main__":
    asyncio.run(main())
