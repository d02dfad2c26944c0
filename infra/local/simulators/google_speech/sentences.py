"""The limit of one sentence, which Google has besides the limit of a request."""

import re
from collections.abc import Iterator

from infra.local.simulators.google_api import GoogleError

_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|[。！？।॥؟]+")
"""The end of a sentence: ending punctuation. A line break or a comma is none."""


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text."""
    start = 0
    for match in _END.finditer(text):
        yield text[start : match.end()].strip()
        start = match.end()
    if text[start:].strip():
        yield text[start:].strip()


def check_sentences(text: str, most_bytes: int | None) -> None:
    """Raise GoogleError for a sentence longer than `most_bytes` bytes of UTF-8. None: no limit.

    The message is Google's (wavenet-for-chrome #106).
    """
    for sentence in sentences(text):
        if most_bytes is not None and len(sentence.encode()) > most_bytes:
            raise GoogleError(
                "INVALID_ARGUMENT",
                "This request contains sentences that are too long. Consider splitting up long "
                "sentences with sentence ending punctuation e.g. periods. Sentence starting with: "
                f'"{sentence.split()[0][:40]}" is too long.',
            )
