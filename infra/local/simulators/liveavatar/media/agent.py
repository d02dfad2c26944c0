"""The agent of a session whose speech the provider makes: FULL mode, and hosted agents.

It obeys the messages of the room's clients, hears their microphones, and tells what it does. It says
an answer of its own to everything; it is no language model.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from pydantic import ValidationError

from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.media.commands import (
    COMMAND,
    CONTROL,
    Command,
    HostedAgentCommand,
    SimpleCommand,
    SpeakCommand,
)
from infra.local.simulators.liveavatar.media.hearing import SpeechDetector
from infra.local.simulators.liveavatar.playback import SessionEvent
from infra.local.simulators.liveavatar.session import LiveAvatarSession

Send = Callable[[dict[str, Any]], None]


def answer_to(text: str) -> str:
    """Return the agent's answer to a text."""
    return f"You said: {text}"


def answer_to_sound(seconds: float) -> str:
    """Return the agent's answer to speech, which it does not understand."""
    return f"I heard you speak for {seconds:.0f} seconds."


class SessionAgent:
    """The agent of one session. It does nothing before `join`, and in sessions without an agent.

    `speak` returns the speech of a text (24 kHz, 16 bit, mono); it is called in a thread. `think` is
    called with the moment at which the agent begins to think.
    """

    def __init__(
        self,
        account: LiveAvatarAccount,
        session: LiveAvatarSession,
        speak: Callable[[str], bytes],
        think: Callable[[float], None],
    ) -> None:
        self._account = account
        self._session = session
        self._speak = speak
        self._think = think
        self._send: Send | None = None
        self._pushed: bool | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._order = asyncio.Lock()
        self._interruptions = 0

    def join(self, send: Send) -> None:
        """Begin. `send` sends a message to all clients of the room."""
        self._send = send
        self._tell("session.state_updated", state="connected")

    def close(self) -> None:
        """Stop everything that runs."""
        for task in self._tasks:
            task.cancel()

    def say_goodbye(self) -> None:
        """Tell the clients that the session has ended, and why."""
        self._tell("session.state_updated", state="disconnected")
        self._tell("session.stopped", stop_reason=self._session.end_reason)

    def receive_event(self, event: SessionEvent) -> None:
        """Tell the clients what the avatar does."""
        if event.kind == "started":
            self._tell("avatar.speak_started", event.source)
        elif event.kind in {"ended", "interrupted"}:
            self._tell("avatar.speak_ended", event.source)

    def receive_data(self, identity: str, topic: str, payload: bytes) -> None:
        """Obey a message of a client. Messages that make no sense are noted in the journal."""
        if topic != CONTROL or self._send is None:
            return
        try:
            command = COMMAND.validate_json(payload)
        except ValidationError as invalid:
            reason = invalid.errors(include_url=False, include_input=False)[0]["msg"]
            self._note("message", identity=identity, type=None, error=reason)
            return
        heading = {"type": command.event_type, "event_id": command.event_id}
        self._note("message", identity=identity, **heading)
        self._obey(command)

    def receive_track(self, _identity: str, track: MediaStreamTrack) -> None:
        """Hear a client's microphone until it ends."""
        self._run(self._hear(track))

    def _obey(self, command: Command) -> None:
        match command:
            case SpeakCommand(event_type="avatar.speak_text"):
                self._run(self._say(command.text, command.event_id))
            case SpeakCommand():
                self._answer(answer_to(command.text), command.event_id)
            case HostedAgentCommand():
                self._obey_hosted(command)
            case SimpleCommand():
                self._act(command)

    def _act(self, command: SimpleCommand) -> None:
        now, playback = self._account.now, self._session.playback
        match command.event_type:
            case "avatar.interrupt":
                self._interrupt(command.event_id)
            case "avatar.start_listening" | "avatar.stop_listening":
                on = command.event_type == "avatar.start_listening"
                self._account.publish(self._session, playback.listen(now, on=on))
            case "session.keep_alive":
                self._session.keep_alive(now)
            case "session.stop":
                self._account.stop(self._session, "USER_CLOSED")
            case "user.start_push_to_talk" | "user.stop_push_to_talk":
                self._push(on=command.event_type == "user.start_push_to_talk")

    def _push(self, *, on: bool) -> None:
        """Hear the user only while a button is pushed, from the first push on."""
        if on == bool(self._pushed):
            self._tell(f"user.push_to_talk_{'start' if on else 'stop'}_failed")
            return
        self._pushed = on
        self._tell(f"user.push_to_talk_{'started' if on else 'stopped'}")

    def _obey_hosted(self, command: HostedAgentCommand) -> None:
        if command.elevenlabs_event_type != "user_message":
            return
        text = answer_to(str(command.data.get("text", "")))
        answered = {"agent_response_event": {"agent_response": text}}
        self._tell(
            "elevenlabs_agent_event",
            command.event_id,
            elevenlabs_event_type="agent_response",
            data=answered,
        )
        self._answer(text, command.event_id)

    def _answer(self, text: str, source: str | None) -> None:
        self._think(self._account.now)
        self._run(self._say(text, source))

    async def _say(self, text: str, source: str | None) -> None:
        """Say a text after those before it. An interruption drops it, also before it is spoken."""
        interruptions = self._interruptions
        async with self._order:
            pcm = await asyncio.to_thread(self._speak, text)
        if self._interruptions != interruptions or self._session.state != "running":
            return
        self._tell("avatar.transcription.chunk", source, text=text)
        self._tell("avatar.transcription", source, text=text)
        now, playback = self._account.now, self._session.playback
        utterance, events = playback.append(now, source, pcm)
        self._account.shelf.keep(utterance, len(pcm))
        self._account.publish(self._session, events + playback.finish(now, source))

    def _interrupt(self, source: str | None) -> None:
        self._interruptions += 1
        playback = self._session.playback
        self._account.publish(self._session, playback.interrupt(self._account.now, source))

    async def _hear(self, track: MediaStreamTrack) -> None:
        """Follow a microphone: the user interrupts the avatar, and is answered."""
        detector = SpeechDetector()
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if not isinstance(frame, av.AudioFrame) or self._send is None:
                    continue
                loud = self._pushed is not False
                samples = frame.to_ndarray() if loud else None
                match detector.hear(samples, frame.samples / frame.sample_rate):
                    case "started":
                        self._tell("user.speak_started")
                        self._interrupt(None)
                    case "ended":
                        self._tell("user.speak_ended")
                        self._answer(answer_to_sound(detector.seconds), None)

    def _tell(self, kind: str, source: str | None = None, **fields: Any) -> None:  # noqa: ANN401 - JSON
        if self._send is None:
            return
        event = {
            "event_type": kind,
            "event_id": self._account.new_id(),
            "source_event_id": source,
            "session_id": self._session.id,
            **fields,
        }
        self._note("event", type=kind, event_id=event["event_id"], source_event_id=source)
        self._send(event)

    def _note(self, kind: str, **fields: Any) -> None:  # noqa: ANN401 - JSON
        self._account.journal.add(self._account.now, kind, session_id=self._session.id, **fields)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
