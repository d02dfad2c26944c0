import re
from typing import NewType

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""The form of an identifier, which becomes part of a path.

A slash in one would write to a nested path, and raise no error (`document("a/b/c")`).
"""

UserId = NewType("UserId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
TurnId = NewType("TurnId", str)
UtteranceId = NewType("UtteranceId", str)
AvatarSessionId = NewType("AvatarSessionId", str)
"""The provider's own id of the session: what a sweep needs to stop it is in the path itself."""

NO_USER = UserId("")
NO_CONVERSATION = ConversationId("")
NO_SESSION = AvatarSessionId("")
"""For a stored document that lacks the field."""
LOST_CONVERSATION = ConversationId("lost")
"""For a stored turn or session that lacks its conversation: no document stands there."""
