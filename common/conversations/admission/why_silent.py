from common.conversations.admission.turn_claim import AdmittedTurn
from common.schemas.events import SpeechEvent
from common.schemas.requests import Speak

WHY_OVER = {
    "user": "it was ended",
    "expired": "it reached its longest time",
    "idle": "it was idle for too long",
    "stuck": "its start was never finished",
    "gone": "the provider ended it",
    "start_failed": "the provider could not start it",
    "start_ambiguous": "the provider did not say whether it started",
    "stopped": "the operator stopped all spending",
}


def why_silent(admitted: AdmittedTurn, speak: Speak | None) -> SpeechEvent | None:
    """Say why a turn is not spoken, unless the caller asked for silence."""
    if admitted.characters or speak is False:
        return None
    if admitted.avatar is not None or speak == "audio":
        if admitted.ledger.left("voice_characters"):
            detail = "The service has reached its limit of speech for today."
            return SpeechEvent(state="unavailable", code="capacity_reached", detail=detail)
        detail = "This month's voice is used up; the answer goes on as text."
        return SpeechEvent(state="unavailable", code="quota_exceeded", detail=detail)
    before = admitted.conversation
    known = before.avatar if before else None
    over = WHY_OVER.get((before.avatar_over if before else None) or "", "")
    why = "it is being started" if known is not None and not known.live else over
    detail = f"No avatar is running{': ' + why if why else ''}."
    return SpeechEvent(state="unavailable", code="no_avatar", detail=detail)
