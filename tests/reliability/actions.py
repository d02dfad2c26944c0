"""What callers, queues and schedulers do."""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

from common.bootstrap import App
from common.conversations.running_turn import RunningChat
from common.domain import errors
from common.domain.avatar_session import session_paths
from common.domain.ids import AvatarSessionId, UserId
from common.domain.user import User
from common.schemas.requests import (
    ChatRequest,
    EndSessionRequest,
    KeepAliveRequest,
    SpeakRequest,
    StartAvatarRequest,
    SweepRequest,
)
from common.transactions.idempotency import IdempotencyKey
from tests.reliability.faulty_services import STRANGER
from tests.reliability.world import World

USERS = ("ada", "bob")


def once(user: str, function: str, key: str | None, body: str) -> IdempotencyKey:
    return (
        IdempotencyKey.of(UserId(user), function, key, body.encode()) if key else IdempotencyKey()
    )


def session_of(world: World, pick: int, user: str | None = None) -> AvatarSessionId:
    """The newest is 0. Somebody else's is asked for only by a pick above 2."""
    known = [session for session in world.avatars.sessions if session != STRANGER]
    if user and pick <= 2:
        documents = world.store.everything()
        known = [s for s in known if _owner(documents, s) == user]
    return known[-1 - pick % len(known)] if known else AvatarSessionId("nobody")


def _owner(documents: dict[str, dict[str, Any]], session: AvatarSessionId) -> str | None:
    stand = (documents.get(path) for path in session_paths(session))
    return next((document["uid"] for document in stand if document), None)


def conversation_of(world: World, user: str, pick: int | None) -> str | None:
    known = [conversation for owner, conversation in world.conversations if owner == user]
    return known[-1 - pick % len(known)] if known and pick is not None else None


def met(world: World, user: str, conversation: str) -> None:
    if (user, conversation) not in world.conversations:
        world.conversations.append((user, conversation))


@dataclass(frozen=True)
class Start:
    user: str = "ada"
    conversation: int | None = None
    key: str | None = None

    async def run(self, world: World, app: App) -> object:
        conversation = conversation_of(world, self.user, self.conversation)
        request = StartAvatarRequest(conversation_id=conversation)
        before = set(world.avatars.sessions)
        try:
            started = await app.avatars.start(
                User(UserId(self.user)), request, once(self.user, "start", self.key, str(request))
            )
        except BaseException as error:
            if not isinstance(error, errors.Upstream) or error.service == "store":
                world.orphaned |= set(world.avatars.sessions) - before
            raise
        world.handed_out.add(started.avatar_session_id)
        met(world, self.user, started.conversation_id)
        return started


@dataclass(frozen=True)
class Talk:
    """`leaves` after so many seconds; otherwise stays, or (`behind`) lets it run on."""

    user: str = "ada"
    conversation: int | None = 0
    message: str = "Tell me something. Please."
    speak: bool | None = None
    leaves: float | None = None
    behind: bool = False
    key: str | None = None

    async def run(self, world: World, app: App) -> object:
        conversation = conversation_of(world, self.user, self.conversation)
        request = ChatRequest(message=self.message, conversation_id=conversation, speak=self.speak)
        once_ = once(self.user, "chat", self.key, str(request))
        turn = await app.conversations.chat(User(UserId(self.user)), request, once_)
        if not isinstance(turn, RunningChat):
            return turn
        met(world, self.user, turn.record.conversation_id)
        if self.leaves is not None:
            await asyncio.sleep(self.leaves)
            await turn.cancel()
        elif not self.behind:
            return await turn.answer()
        return turn


@dataclass(frozen=True)
class Say:
    user: str = "ada"
    session: int = 0
    text: str | None = "A word or two."
    leaves: float | None = None

    async def run(self, world: World, app: App) -> object:
        request = SpeakRequest(
            avatar_session_id=session_of(world, self.session, self.user),
            text=self.text,
            interrupt=self.text is None,
        )
        speech = await app.speeches.speak(User(UserId(self.user)), request, IdempotencyKey())
        if self.leaves is not None:
            await asyncio.sleep(self.leaves)
            await speech.cancel()  # type: ignore[union-attr]
        return await speech.answer()  # type: ignore[union-attr]


@dataclass(frozen=True)
class Keep:
    user: str = "ada"
    session: int = 0

    async def run(self, world: World, app: App) -> object:
        request = KeepAliveRequest(avatar_session_id=session_of(world, self.session, self.user))
        return await app.avatars.keep_alive(User(UserId(self.user)), request, IdempotencyKey())


@dataclass(frozen=True)
class End:
    user: str = "ada"
    session: int = 0
    key: str | None = None

    async def run(self, world: World, app: App) -> object:
        request = EndSessionRequest(avatar_session_id=session_of(world, self.session, self.user))
        once_ = once(self.user, "end", self.key, str(request))
        return await app.avatars.end(User(UserId(self.user)), request, once_)


@dataclass(frozen=True)
class Expire:
    """The queue's task: it may come early, late, twice or never."""

    session: int = 0

    async def run(self, world: World, app: App) -> object:
        request = SweepRequest(avatar_session_id=session_of(world, self.session))
        return await app.sweeps.sweep(request)


@dataclass(frozen=True)
class Sweep:
    kind: Literal["sweep"] = "sweep"

    async def run(self, world: World, app: App) -> object:  # noqa: ARG002 - the others look at it
        return await app.sweeps.sweep(SweepRequest())
