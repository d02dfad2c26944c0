from datetime import datetime

from common.domain.avatar_session import AvatarSession
from common.domain.documents import Document
from common.domain.errors import NotFound, SessionOver
from common.domain.ids import UserId


def read_owned(document: Document, user: UserId) -> AvatarSession:
    """Raise NotFound for a session that is missing, and for another user's."""
    if document.get("uid") != user:
        raise NotFound("There is no such avatar session.")
    return AvatarSession.read(document)


def read_live(document: Document, user: UserId, now: datetime) -> AvatarSession:
    """Return a session of the user that can be used now. Raises NotFound, SessionOver."""
    session = read_owned(document, user)
    if session.state == "starting":
        raise SessionOver("The avatar session is not ready yet.", retry_after=2)
    if session.state != "live" or session.expires_at <= now:
        raise SessionOver("The avatar session has ended. Start another one.")
    return session
