"""Messages that are exactly a yes or a no, by the lists of a language."""

import re
import unicodedata
from functools import lru_cache

from common.text.languages import find

MOST_CHARACTERS = 40
NO_WORD = re.compile(r"[^\w'-]+|_+")


def read_yes_or_no(message: str, language: str) -> bool | None:
    """Return True for a yes, False for a no, None for any other message. `language` is BCP 47.

    Case, punctuation and white space do not matter. A message with other words in it is neither.
    """
    if len(message) > MOST_CHARACTERS:
        return None
    yes, no = _answers(language.partition("-")[0].lower())
    said = _plain(message)
    if said in yes:
        return True
    return False if said in no else None


def words_of_answer(language: str, *, yes: bool) -> str:
    """Return the words that stand in a conversation for a yes or a no: "Yes."."""
    record = find(language.partition("-")[0].lower())
    agreeing, _, refusing = record.answers.partition(";")
    text = (agreeing if yes else refusing) or ("yes" if yes else "no")
    first = " ".join(text.partition("|")[0].split())
    return f"{first[:1].upper()}{first[1:]}{record.full_stop.strip()}"


@lru_cache(maxsize=32)
def _answers(code: str) -> tuple[frozenset[str], frozenset[str]]:
    record = find(code)
    yes, no = (
        {_plain(each) for each in text.split("|")} for text in record.answers.partition(";")[::2]
    )
    return frozenset(yes - {""}), frozenset(no - {""})


def _plain(text: str) -> str:
    """Return the letters of a text in lower case. Apostrophes are the straight ones."""
    folded = unicodedata.normalize("NFKC", text).replace("’", "'").casefold()
    return NO_WORD.sub("", folded)
