import contextlib

from common.domain.documents import Document
from common.domain.errors import Invalid
from common.domain.voices import choose_voice
from common.ports.voice import Recording, SpeechToText, Transcript
from common.settings import Settings

MOST_LANGUAGES = 3
"""The most likely language and two others: more make recognition worse."""


def preference(profile: Document, name: str) -> str | None:
    """Return a preference of the account `users/{uid}`, or None if it is not set."""
    found = (profile.get("preferences") or {}).get(name)
    return found if isinstance(found, str) and found else None


def spoken_languages(named: str | None, profile: Document, settings: Settings) -> list[str]:
    """Return the languages that a recording may be in, the most likely first (BCP 47).

    A language that the request names stands alone. Otherwise it is the account's preference, else the
    setting's, and up to two of `OPRINA_OTHER_LANGUAGES`.
    """
    if named is not None:
        return [named]
    likely = preference(profile, "language") or settings.language
    return list(dict.fromkeys([likely, *settings.other_languages]))[:MOST_LANGUAGES]


async def recognize(
    port: SpeechToText,
    recording: Recording,
    named: str | None,
    profile: Document,
    settings: Settings,
) -> Transcript:
    """Return the words of a recording. Raises `Invalid`, which names where the language was set."""
    languages = spoken_languages(named, profile, settings)
    try:
        return await port.recognize(recording, languages)
    except Invalid as error:
        if named is not None or preference(profile, "language") is None:
            raise
        fields = [(f"preferences.{name}", problem) for name, problem in error.fields]
        raise Invalid(error.detail, fields=fields) from None


def caller_voice(
    voice: str | None, language: str | None, profile: Document, settings: Settings
) -> tuple[str, str]:
    """Return the voice and the language of speech for a caller without an avatar.

    The request's win over the account's preferences, and these over the settings. A preference that
    is no longer offered is ignored. Raises Invalid for a voice of the request that is not offered.
    """
    default = (settings.voice, settings.language)
    preferred = preference(profile, "voice"), preference(profile, "language")
    with contextlib.suppress(Invalid):
        default = choose_voice(*preferred, default, settings.voices)
    return choose_voice(voice, language, default, settings.voices)
