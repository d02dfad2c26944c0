"""The voices of each language. A voice of Google names its language: `de-DE-Neural2-F`."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from common.domain.errors import Invalid

VOICE = re.compile(r"(?P<language>[a-z]{2,3}-[A-Z]{2,4})-[A-Za-z0-9-]{1,60}")
TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_TAGS = (
    "af am ar as az be bg bn bs ca ceb cmn cs cy da de el en es et eu fa fi fil fr ga gl gu ha he hi hr"
    " hu hy id is it iw ja jv ka kk km kn ko ky lb lo lt lv mk ml mn mr ms mt my nb ne nl nn no or pa"
    " pl ps pt ro ru si sk sl sq sr su sv sw ta te tg th tl tr uk ur uz vi yue zh zu"
)
LANGUAGES = frozenset(_TAGS.split())
"""Languages that Google speaks or recognizes, by the first part of their tag. Sources: the lists of
voices of Text-to-Speech and of languages of Speech-to-Text v2. Google refuses one too many itself."""
_SAME = {"cmn": "zh", "yue": "zh", "nb": "no", "iw": "he", "tl": "fil", "jw": "jv", "in": "id"}
"""Names of one language: a voice of Mandarin is `cmn-CN-...`, and most callers write `zh-CN`."""
ANY_VOICE = ""
"""Leaves the choice to the voice service, which then goes by the language."""


def choose_voice(
    voice: str | None, language: str | None, default: tuple[str, str], allowed: Sequence[str]
) -> tuple[str, str]:
    """Return the voice and the language (BCP 47) that speak.

    `default` is the voice and the language of those who name none. `allowed` are patterns of voices
    that callers may name. Raises Invalid if the voice is none, is not allowed, or speaks another
    language than the one that was named.
    """
    if voice is None:
        if language is None or language == default[1]:
            return default
        return ANY_VOICE, language
    found = VOICE.fullmatch(voice)
    if found is None:
        problem = "is not the name of a voice, such as en-US-Neural2-F"
        raise Invalid("Unknown voice.", fields=[("voice", problem)])
    if voice != default[0] and not any(fnmatchcase(voice, pattern) for pattern in allowed):
        problem = f"is not offered here; offered: {', '.join(allowed)}"
        raise Invalid("This voice is not offered.", fields=[("voice", problem)])
    speaks = found["language"]
    if language is not None and _base(language) != _base(speaks):
        problem = f"speaks {speaks}, and not {language}"
        raise Invalid("Voice and language do not match.", fields=[("voice", problem)])
    return voice, language or speaks


def is_language(tag: str) -> bool:
    """Return True for a tag (BCP 47) of a language that Google speaks or recognizes."""
    return bool(TAG.fullmatch(tag)) and tag.partition("-")[0].lower() in LANGUAGES


def language_of(voice: str, language: str) -> str:
    """Return the language (BCP 47) by which the voice service knows a voice.

    That is the one in its name: Google refuses `en-US` with a voice of `en-GB`. `language` is that of
    the text, for a voice that the service chooses.
    """
    found = VOICE.fullmatch(voice)
    return found["language"] if found else language


def _base(language: str) -> str:
    base = language.partition("-")[0].lower()
    return _SAME.get(base, base)
