"""Start an avatar session, so that no session ever runs that we do not know of.

    read, decide ──► session token ──► commit: slot, reservation, `starting` ──► launch (launch.py)

A request that is refused has not reached the provider. The session token names the session while
nothing runs yet, so the first commit is made before anything is billed. A process that dies at any
point leaves a document from which the sweep stops the session.
"""

from common.domain.avatar_session import session_paths
from common.domain.documents import Document
from common.domain.errors import Failed, Invalid
from common.domain.ids import ConversationId
from common.domain.user import User
from common.ports.dependencies import Dependencies
from common.schemas.answers import StartAvatarAnswer
from common.schemas.requests import StartAvatarRequest
from common.sessions.end import SessionEnder, always, require_ended
from common.sessions.launch import (
    ReservedStart,
    SessionLaunch,
    overtaken_error,
    repeat_answer,
    resume,
)
from common.sessions.start_admission import (
    MayStart,
    Overdue,
    Overtaken,
    Replay,
    Resume,
    Start,
    StartAdmission,
)
from common.sessions.wanted_avatar import AvatarChoice
from common.transactions.idempotency import IdempotencyKey
from common.transactions.transaction import Committed, Transactions


class StartUseCase:
    def __init__(self, deps: Dependencies, ender: SessionEnder) -> None:
        self._deps = deps
        self._ender = ender
        self._transactions = Transactions(deps.store, deps.clock, deps.pause)

    async def start(
        self, caller: User, request: StartAvatarRequest, key: IdempotencyKey
    ) -> StartAvatarAnswer:
        """Start an avatar, or hand out the one that the conversation has.

        Raises NotFound, QuotaExceeded, TooManySessions, AvatarStarting, SessionOver, KeyInFlight,
        KeyReused: the provider was asked for nothing then.
        """
        deps = self._deps
        admission = StartAdmission(caller, deps.settings, key, self._choice(request, key))
        decided = await self._transactions.run(admission)
        while True:
            found = decided.result
            match found:
                case ReservedStart():
                    documents = decided.documents
                    return await SessionLaunch(deps, self._ender, key, found, documents).launch()
                case Overtaken():
                    raise overtaken_error()
                case Resume():
                    return await resume(
                        deps, found.avatar, admission.choice.conversation_id, found.ledger
                    )
                case Replay():
                    return await repeat_answer(deps, found.answer)
                case Overdue():
                    # The sweep has not come to it yet.
                    require_ended(await self._ender.end(found.session, always("expired")))
                    decided = await self._transactions.run(admission)
                case MayStart():
                    decided = await self._reserve(admission, found, decided)

    async def _reserve(
        self, admission: StartAdmission, may: MayStart, decided: Committed[Start]
    ) -> Committed[Start]:
        """Ask for a session token, which bills nothing, and commit the reservation."""
        wanted = may.wanted
        try:
            admission.token = await self._deps.avatars.create_session_token(
                wanted.avatar_id, wanted.quality, may.seconds
            )
        except Failed as error:
            if error.kind == "rejected" and wanted.avatar_id != self._deps.settings.avatar_id:
                name = (
                    "avatar_id" if admission.choice.request.avatar_id else "preferences.avatar_id"
                )
                fields = [(name, "the provider does not offer this avatar")]
                raise Invalid("Unknown avatar.", fields=fields) from None
            raise
        admission.token_seconds = may.seconds
        admission.tokens_tried.append(admission.token.session)
        new = {path: Document(path, None) for path in session_paths(admission.token.session)}
        known = {**decided.documents, **new}
        return await self._transactions.run(admission, documents=known)

    def _choice(self, request: StartAvatarRequest, key: IdempotencyKey) -> AvatarChoice:
        """Name a new conversation after the key."""
        new = ConversationId(f"c{(key.id or self._deps.new_id())[:31]}")
        return AvatarChoice(request, new, self._deps.settings)
