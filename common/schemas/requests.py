"""The requests of the functions. Unknown fields are refused, and types are strict."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from common.schemas.base import Audio, Id, Language, Name, Quality, Request, Text

MAX_MESSAGE = 8_000
MAX_SPEECH = 4_000


def _speak(value: object) -> object:
    """Refuse the number 1, which equals True."""
    if isinstance(value, bool) or value == "audio":
        return value
    raise ValueError('must be true, false or "audio"')


Speak = Annotated[bool | Literal["audio"], BeforeValidator(_speak)]

MARKS = (
    "last_word_to_first_text",
    "last_word_to_first_sound",
    "key_to_first_text",
    "interruption_to_silence",
    "start_to_first_frame",
)
MOST_MARK_SECONDS = 600


def _check_marks(marks: dict[str, Any]) -> dict[str, Any]:
    """Raise ValueError for an unknown name, which is not repeated, and for another value."""
    for name, seconds in marks.items():
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if name not in MARKS or not is_number or not 0 <= seconds <= MOST_MARK_SECONDS:
            msg = f"must map names of {', '.join(MARKS)} to 0 to {MOST_MARK_SECONDS} seconds"
            raise ValueError(msg)
    return marks


_SECONDS = {"type": "number", "minimum": 0, "maximum": MOST_MARK_SECONDS}
Marks = Annotated[
    dict[str, Any],
    AfterValidator(_check_marks),
    WithJsonSchema(
        {
            "type": "object",
            "properties": dict.fromkeys(MARKS, _SECONDS),
            "additionalProperties": False,
        }
    ),
]


class StartAvatarRequest(Request):
    """Without `conversation_id` a new conversation begins."""

    conversation_id: Id | None = None
    avatar_id: Id | None = None
    voice: Name | None = None
    quality: Quality | None = None
    language: Language | None = None


class ChatRequest(Request):
    """A message to the agent.

    `speak` is optional: by default the avatar speaks if the conversation has one, `false` keeps it
    silent, and with `true` the answer says why there is no speech. `wait: false` answers as soon as
    the avatar has all audio, without waiting until it has finished speaking.

    With `"audio"` speech is sent to the caller as `audio` events where no avatar runs. If the
    avatar's time ends in the middle of the speech, the rest is sent in this way.

    The message may be spoken: a multipart body has the part `request` with these fields as JSON, and
    the part `audio` with the recording. `heard` is then the first event. A recording without words
    that are certain enough ends with `not_heard`, and interrupts nothing.

    `stop` stops the turn that runs in a conversation, from anywhere, and asks the agent nothing.

    `regenerate` answers the last message again. `edit` takes the message of the person with this id
    back, with everything after it, and goes on with `message`. Both keep the old messages, marked as
    `replaced`, and go on in a new session of the agent that gets the messages before.

    `confirm` answers a proposal of the conversation with `yes`: once, within ten minutes. A message
    that is exactly a yes or a no does the same, if one proposal is open.
    """

    NOT_WITHOUT_AUDIO: ClassVar[Mapping[str, object]] = {
        "message": None,
        "stop": False,
        "regenerate": False,
        "confirm": None,
    }
    REFUSED = (
        {"audio": bytes, "message": str},
        {"audio": bytes, "stop": True},
        {"audio": bytes, "regenerate": True},
        {"audio": bytes, "confirm": str},
        {"stop": True, "conversation_id": None},
        {"stop": True, "message": str},
        {"stop": True, "regenerate": True},
        {"stop": True, "edit": str},
        {"stop": True, "confirm": str},
        {"regenerate": True, "conversation_id": None},
        {"regenerate": True, "message": str},
        {"regenerate": True, "edit": str},
        {"edit": str, "conversation_id": None},
        {"edit": str, "message": None},
        {"confirm": str, "conversation_id": None},
        {"confirm": str, "message": str},
        {"confirm": str, "yes": None},
        {"confirm": str, "regenerate": True},
        {"confirm": str, "edit": str},
        {"yes": bool, "confirm": None},
        {"audio": None, **NOT_WITHOUT_AUDIO},
    )

    audio: Annotated[Audio | None, SkipJsonSchema()] = None
    message: Annotated[Text, Field(max_length=MAX_MESSAGE)] | None = None
    conversation_id: Id | None = None
    speak: Speak | None = None
    wait: bool = True
    stop: bool = False
    regenerate: bool = False
    edit: Id | None = None
    confirm: Id | None = None
    yes: bool | None = None

    @property
    def needs_stream(self) -> bool:
        return self.speak == "audio"


class SpeakRequest(Request):
    """A text for the avatar.

    `interrupt` without a text only interrupts the avatar. A new text interrupts it in any case.
    """

    REFUSED = ({"text": None, "interrupt": False},)

    avatar_session_id: Id
    text: Annotated[Text, Field(max_length=MAX_SPEECH)] | None = None
    interrupt: bool = False
    wait: bool = True


class TranscribeRequest(Request):
    """Recorded speech. Without `language` it may be in any language that the account speaks."""

    audio: Audio
    language: Language | None = None


class SynthesizeRequest(Request):
    """A text to be spoken. The account's preferences stand for what is left out."""

    text: Annotated[Text, Field(max_length=MAX_SPEECH)]
    voice: Name | None = None
    language: Language | None = None


class KeepAliveRequest(Request):
    """A sign of life of a page.

    `leaving`: the page is closed or reloads. The session ends 20 s later, unless another call without
    `leaving` comes first. It never lengthens a session.

    `marks` are times that the page measured, in seconds. They go into the request's log line.
    """

    avatar_session_id: Id
    leaving: bool = False
    marks: Marks | None = None


class EndSessionRequest(Request):
    avatar_session_id: Id


class SweepRequest(Request):
    """Without `avatar_session_id` the sweep covers everything that is overdue.

    `leaving`: the session's page said that it leaves. The session ends if the page has not come back.
    """

    avatar_session_id: Id | None = None
    leaving: bool = False


class HealthRequest(Request):
    """With `deep` the services behind the function are asked as well."""

    deep: bool = False
