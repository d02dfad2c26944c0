"""A session's room while it has viewers: the avatar in it, and in FULL mode its agent."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

from livekit.protocol import models

from infra.local.simulators.face import FaceMotion, FaceSheet, Posture
from infra.local.simulators.liveavatar.account import LiveAvatarAccount
from infra.local.simulators.liveavatar.media.agent import SessionAgent
from infra.local.simulators.liveavatar.media.fields import agent_identity
from infra.local.simulators.liveavatar.media.posture import PostureTracker
from infra.local.simulators.liveavatar.media.tracks import FaceTrack, VoiceTrack
from infra.local.simulators.liveavatar.media.voice import SessionVoice
from infra.local.simulators.liveavatar.playback import SessionEvent
from infra.local.simulators.liveavatar.session import LiveAvatarSession
from infra.local.simulators.liveavatar.watch import SessionWatch
from infra.local.simulators.livekit.hosted import HostedParticipant, HostedTrack
from infra.local.simulators.livekit.room import LiveKitRoom

AVATAR = "heygen"
"""Identity of the avatar in every room of the provider. Its SDK ignores the tracks of others."""
FAREWELL_SECONDS = 0.3
"""Time for the last message of an ended session to arrive before the room is closed."""


class SessionStage:
    """The room of one session, from its first viewer to its last, or to the session's end.

    `speak` returns the speech of a text, for a session whose speech the provider makes. `on_end` is
    called at the end. `opening_seconds` is the time for the first viewer to join.
    """

    def __init__(
        self,
        account: LiveAvatarAccount,
        session: LiveAvatarSession,
        sheet: FaceSheet,
        speak: Callable[[str], bytes],
        on_end: Callable[[], None],
        opening_seconds: float,
    ) -> None:
        self._account = account
        self._session = session
        self._sheet = sheet
        self._on_end = on_end
        self._opening_seconds = opening_seconds
        self._postures = PostureTracker()
        self._watch = SessionWatch(account, session)
        self._changed = asyncio.Event()
        self._voice = SessionVoice(account, session)
        self._agent = SessionAgent(account, session, speak, self._postures.think)
        self.room = LiveKitRoom(
            session.id, now=lambda: account.utc(account.now).timestamp(), on_change=self._change
        )
        self.avatar = HostedParticipant(AVATAR, self._tracks(), self._agent)
        self.room.add(self.avatar)
        account.subscribe(session, self._receive_event)
        self._running = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End the room now, and wait until nothing runs for it."""
        self._running.cancel()
        await asyncio.wait({self._running})
        self.room.close(models.SERVER_SHUTDOWN)
        await self.room.wait_closed()

    def _tracks(self) -> tuple[HostedTrack, HostedTrack]:
        encoding = self._session.plan.encoding
        return (
            HostedTrack("audio", lambda: VoiceTrack(self._voice)),
            HostedTrack("video", self._open_face, encoding, self._sheet.size),
        )

    def _open_face(self) -> FaceTrack:
        motion = FaceMotion(Random(self._session.id))  # noqa: S311 - the pauses between blinks
        return FaceTrack(self._voice, self._sheet, motion, self.posture)

    def posture(self) -> Posture:
        """Return the posture of the face now."""
        return self._postures.at(self._account.now, self._session.playback.pose)

    def _change(self) -> None:
        self._note("viewers", identities=sorted(self.room.clients))
        self._changed.set()

    async def _run(self) -> None:
        """Run until the session has ended, or until the last viewer has left."""
        try:
            async with asyncio.TaskGroup() as tasks:
                helpers = [tasks.create_task(self._until_empty())]
                if self._session.plan.has_agent:
                    helpers.append(tasks.create_task(self._admit_agent()))
                ended = tasks.create_task(self._watch.until_ended())
                await asyncio.wait({helpers[0], ended}, return_when=asyncio.FIRST_COMPLETED)
                for task in (*helpers, ended):
                    task.cancel()
            await self._dismiss()
        finally:
            self._account.unsubscribe(self._session, self._receive_event)
            self._voice.close()
            self._agent.close()
            self._on_end()

    async def _until_empty(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._opening_seconds):
                await self._changed.wait()
        while self.room.clients:
            self._changed.clear()
            await self._changed.wait()

    async def _dismiss(self) -> None:
        if self.room.clients:
            self._agent.say_goodbye()
            await asyncio.sleep(FAREWELL_SECONDS)
            self.room.close()

    async def _admit_agent(self) -> None:
        await self._account.clock.sleep(self._account.settings.agent_join_seconds)
        participant = HostedParticipant(agent_identity(self._session))
        self.room.add(participant)
        self._agent.join(self._send)

    def _send(self, event: dict[str, Any]) -> None:
        self.room.send_data(self.avatar, "agent-response", json.dumps(event).encode())

    def _receive_event(self, event: SessionEvent, _messages: list[dict[str, Any]]) -> None:
        if event.poses is not None:
            self._postures.change(event.at, *event.poses)
        self._agent.receive_event(event)
        self._watch.wake()

    def _note(self, kind: str, **fields: object) -> None:
        self._account.journal.add(self._account.now, kind, session_id=self._session.id, **fields)
