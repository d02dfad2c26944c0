"""Load what speech needs, in about 100 ms, once in a process: while the agent thinks."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from common.text.sentences.splitter import Sentences
    from common.text.spoken.speakable import Speakable


def sentences(language: str, first_clause: int = 0) -> "Sentences":
    """Return a splitter for one reply. `language` is BCP 47; for `first_clause` see `Sentences`."""
    from common.text.sentences.splitter import Sentences  # noqa: PLC0415 - loaded at first use

    return Sentences(language.partition("-")[0], first_clause)


def speakable(language: str) -> "Speakable":
    """Return the spoken form for one reply. `language` is BCP 47. At first in 80 ms: use a thread."""
    from common.text.spoken.speakable import Speakable  # noqa: PLC0415 - loaded at first use

    return Speakable(language)
