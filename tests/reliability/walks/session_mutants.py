"""The use cases of avatar sessions, each without one rule. A walk has to find each of them."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from common.domain import avatar_session
from common.domain.avatar_session import AvatarSession
from common.domain.documents import Document
from common.domain.errors import OprinaError
from common.domain.ids import AvatarSessionId
from common.domain.quota import settle
from common.ports.avatar import SessionToken, StartedSession
from common.ports.standing import Standing
from common.sessions import end
from common.sessions.due_work import EndDueSessions
from common.sessions.end import FinishEnding, SessionEnder, always
from common.sessions.launch import GoLive, SessionLaunch
from common.sessions.start import StartUseCase
from common.transactions.transaction import Decision, Documents


def stops_before_it_commits_ending(patch: pytest.MonkeyPatch) -> None:
    begin = SessionEnder.end

    async def stop_first(
        self: SessionEnder, session: AvatarSessionId, *more: Any, **how: Any
    ) -> Any:
        (document,) = await self._deps.store.get([avatar_session.session_path(session)])
        if document.exists and more[0](AvatarSession.read(document), None, self._deps.clock.now()):
            await self._stop(AvatarSession.read(document))
        return await begin(self, session, *more, **how)

    patch.setattr(SessionEnder, "end", stop_first)


class AlreadyStarted:
    """A provider whose session was started before."""

    def __init__(self, port: Any, started: StartedSession) -> None:
        self._port = port
        self._started = started

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    async def start(self, _: SessionToken) -> StartedSession:
        return self._started


def starts_before_it_commits_the_session(patch: pytest.MonkeyPatch) -> None:
    launch, started = SessionLaunch.launch, {}

    async def start_first(self: StartUseCase, admission: Any, may: Any, _: Any) -> Any:
        token = await self._deps.avatars.create_session_token("avatar", "high", may.seconds)
        started[token.session] = await self._deps.avatars.start(token)
        admission.token, admission.token_seconds = token, may.seconds
        admission.tokens_tried.append(token.session)
        return await self._transactions.run(admission)

    async def launch_started(self: SessionLaunch) -> Any:
        session = self._reserved.session.id
        avatars: Any = AlreadyStarted(self._deps.avatars, started[session])
        self._deps = replace(self._deps, avatars=avatars)
        return await launch(self)

    patch.setattr(StartUseCase, "_reserve", start_first)
    patch.setattr(SessionLaunch, "launch", launch_started)


def settles_a_dead_start_without_a_stop(patch: pytest.MonkeyPatch) -> None:
    """The sweep takes a session that still says `starting` for one that never ran."""
    finish = EndDueSessions.finish

    async def without_stop(self: EndDueSessions, document: Document, counts: Counter[str]) -> None:
        session = AvatarSession.read(document)
        if session.state == "starting":
            await self._ender.never_ran(session, "stuck")
        else:
            await finish(self, document, counts)

    patch.setattr(EndDueSessions, "finish", without_stop)


def is_ended_as_gone_without_asking(patch: pytest.MonkeyPatch) -> None:
    async def at_once(self: SessionEnder, session: AvatarSessionId) -> AvatarSession:
        return await self.end(session, always("gone"))

    patch.setattr(SessionEnder, "end_if_over", at_once)


def is_settled_though_its_stop_failed(patch: pytest.MonkeyPatch) -> None:
    async def careless(self: SessionEnder, session: AvatarSession) -> Standing:
        try:
            await self._deps.avatars.stop(session.id, "user")
        except OprinaError:
            return Standing("over")
        return Standing("over")

    patch.setattr(SessionEnder, "_stop", careless)


def forgets_a_start_that_was_not_confirmed(patch: pytest.MonkeyPatch) -> None:
    async def forget(self: SessionLaunch, session: AvatarSession, error: BaseException) -> Any:
        await self._ender.never_ran(session, "start_failed")
        return error

    patch.setattr(SessionLaunch, "_not_started", forget)


def is_stopped_though_no_commit_says_so(patch: pytest.MonkeyPatch) -> None:
    """A start that failed is stopped while the store is away."""
    abandon = SessionLaunch._abandon

    async def stop(self: SessionLaunch, reason: Any) -> None:
        await abandon(self, reason)
        await self._deps.avatars.stop(self._reserved.session.id, reason)

    patch.setattr(SessionLaunch, "_abandon", stop)


def keeps_its_slot(patch: pytest.MonkeyPatch) -> None:
    decide = FinishEnding.decide

    def without_slot(self: FinishEnding, documents: Documents, now: datetime) -> Any:
        found = decide(self, documents, now)
        kept = [write for write in found.writes if "/slots/" not in write.path]
        return Decision(found.result, kept)

    patch.setattr(FinishEnding, "decide", without_slot)


def keeps_its_reserved_seconds(patch: pytest.MonkeyPatch) -> None:
    def without_release(user: Any, month: str, _: Any, used: Any, **more: Any) -> Any:
        return settle(user, month, {}, used, **more)

    patch.setattr(end, "settle", without_release)


def goes_live_though_it_was_ended(patch: pytest.MonkeyPatch) -> None:
    """The commit `live` does not look at the state."""
    decide = GoLive.decide

    def blind(self: GoLive, documents: Documents, now: datetime) -> Any:
        path = self.live.path
        document = documents[path]
        if document.exists:
            fields = {**(document.fields or {}), "state": "starting"}
            documents = {**documents, path: replace(document, fields=fields)}
        return decide(self, documents, now)

    patch.setattr(GoLive, "decide", blind)
