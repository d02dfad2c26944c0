"""Loading what speech needs: about 25 ms of imports and 80 ms of rules, the first time in a process.

No start of a function waits for it, and no first token either: it is loaded while the agent thinks.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from common.text.sentences.splitter import Sentences
    from common.text.spoken.speakable import Speakable


def sentences(language: str, first_clause: int = 0) -> "Sentences":
    """`language` is BCP 47."""
    from common.text.sentences.splitter import Sentences  # noqa: PLC0415 - as above

    return Sentences(language.partition("-")[0], first_clause)


def speakable(language: str) -> "Speakable":
    """Warm. To be called in a thread. `language` is BCP 47."""
    from common.text.spoken.speakable import Speakable  # noqa: PLC0415 - as above

    made = Speakable(language)
    made.warm()
    return made
