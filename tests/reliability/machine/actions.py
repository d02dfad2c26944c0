"""Requests of callers, tasks of the queue, and runs of the sweep."""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

from common.app import App
from common.domain.avatar_session import session_paths
from common.domain.ids import AvatarSessionId, UserId
from common.domain.user import User
from tests.reliability.machine.deployment import SimulatedDeployment
from tests.reliability.machine.provider import FOREIGN
from tests.support import harness

USERS = ("ada", "bob")
OTHERS_FROM = 3
"""A pick from this number on may also name a session of another user."""


def user_of(name: str) -> User:
    return User(UserId(name))


def pick_session(
    deployment: SimulatedDeployment, pick: int, user: str | None = None
) -> AvatarSessionId:
    """Return the id of a session. The newest is 0."""
    known = [session for session in deployment.avatars.sessions if session != FOREIGN]
    if user and pick < OTHERS_FROM:
        documents = deployment.documents()
        known = [session for session in known if _owner(documents, session) == user]
    return known[-1 - pick % len(known)] if known else AvatarSessionId("missing")


def _owner(documents: dict[str, dict[str, Any]], session: AvatarSessionId) -> str | None:
    found = (documents.get(path) for path in session_paths(session))
    return next((document["uid"] for document in found if document), None)


def pick_conversation(deployment: SimulatedDeployment, user: str, pick: int | None) -> str | None:
    """Return the id of a conversation of the user. The newest is 0."""
    known = sorted(
        (fields["created_at"], path.partition("/")[2])
        for path, fields in deployment.documents().items()
        if path.startswith("conversations/") and path.count("/") == 1 and fields["uid"] == user
    )
    return known[-1 - pick % len(known)][1] if known and pick is not None else None


@dataclass(frozen=True)
class StartAction:
    user: str = "ada"
    conversation: int | None = None
    key: str | None = None

    async def run(self, deployment: SimulatedDeployment, app: App) -> object:
        conversation = pick_conversation(deployment, self.user, self.conversation)
        user = user_of(self.user)
        started = await harness.start(app, user, key=self.key, conversation_id=conversation)
        deployment.handed_out.add(started.avatar_session_id)
        return started


@dataclass(frozen=True)
class ChatAction:
    """`leaves`: the caller leaves after so many seconds. `detached`: the turn runs on alone."""

    user: str = "ada"
    conversation: int | None = 0
    message: str = "Tell me something. Please."
    speak: bool | None = None
    leaves: float | None = None
    detached: bool = False
    key: str | None = None

    async def run(self, deployment: SimulatedDeployment, app: App) -> object:
        conversation = pick_conversation(deployment, self.user, self.conversation)
        turn = await harness.chat(
            app,
            self.message,
            user_of(self.user),
            key=self.key,
            conversation_id=conversation,
            speak=self.speak,
        )
        if self.leaves is not None:
            await asyncio.sleep(self.leaves)
            await harness.leave(turn)
            return turn
        return turn if self.detached else await harness.answer_of(turn)


@dataclass(frozen=True)
class SpeakAction:
    user: str = "ada"
    session: int = 0
    text: str | None = "A word or two."
    leaves: float | None = None

    async def run(self, deployment: SimulatedDeployment, app: App) -> object:
        session = pick_session(deployment, self.session, self.user)
        speech = await harness.begin_speech(app, session, self.text, user_of(self.user))
        if self.leaves is not None:
            await asyncio.sleep(self.leaves)
            await harness.leave(speech)
        return await harness.answer_of(speech)


@dataclass(frozen=True)
class KeepAliveAction:
    user: str = "ada"
    session: int = 0

    async def run(self, deployment: SimulatedDeployment, app: App) -> object:
        session = pick_session(deployment, self.session, self.user)
        return await harness.keep_alive(app, session, user_of(self.user))


@dataclass(frozen=True)
class EndAction:
    user: str = "ada"
    session: int = 0
    key: str | None = None

    async def run(self, deployment: SimulatedDeployment, app: App) -> object:
        session = pick_session(deployment, self.session, self.user)
        return await harness.end(app, session, user_of(self.user), key=self.key)


@dataclass(frozen=True)
class ExpireAction:
    """The expiry task. It may arrive early, late, twice or never."""

    session: int = 0

    async def run(self, deployment: SimulatedDeployment, app: App) -> object:
        return await harness.sweep(app, pick_session(deployment, self.session))


@dataclass(frozen=True)
class SweepAction:
    kind: Literal["sweep"] = "sweep"

    async def run(self, deployment: SimulatedDeployment, app: App) -> object:  # noqa: ARG002 - a parameter of every action
        return await harness.sweep(app)
