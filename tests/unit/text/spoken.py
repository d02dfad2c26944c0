"""The spoken form of one piece of text."""

from common.text.spoken.speakable import Speakable


def speakable(text: str, language: str) -> str:
    """Return the spoken form of a piece that stands alone."""
    return Speakable(language).say(text)
