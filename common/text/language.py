"""The form of a language's record. The records themselves are in `common/text/languages/`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from common.text.spoken.rules import Rules


@cache
def words_of(line: str) -> frozenset[str]:
    """Return the words of a list in one string."""
    return frozenset(line.split())


class Phrases(NamedTuple):
    """Words for what cannot be read out. `{}` is the host, the language, the columns, the task."""

    link: str = "{}"
    code_in: str = ""
    code: str = ""
    table_of: str = ""
    table: str = ""
    image: str = ""
    dot: str = "."
    at: str = "@"
    done: str = "{}"


@dataclass(frozen=True, eq=False)
class Language:
    """The rules of one language for the splitter and the spoken form.

    Its fields are the names in the file `common/text/languages/<code>.py`, which is found by its
    name and loaded at its first use. A list of words is one string with spaces; a table is one
    string with "|" between its lines.
    """

    code: str  # ISO 639-1 or -3
    scripts: str = "LATIN"  # as Unicode calls them in the names of letters

    # Words before a full stop, in lower case and without their last point.
    numbered: str = ""  # take a number ("Jan. 5"); end a sentence before any other word
    enders: str = "etc"  # come last in their phrase ("etc."): a capital begins the next sentence
    units: str = "min h kg g km m cm ml"  # behave so after a number ("5 min."), else they are words
    abbreviations: str = ""  # end a sentence only before a word that begins one
    introduces: str = ""  # never end a sentence ("e.g.", "Mr.")
    streets: str = ""  # end the name of a street ("Main St.")
    clipped: str = "(?!)"  # a pattern: words without their end ("Storg. 12", "monatl. Kosten")
    lettered: str = ""  # nouns that a letter numbers ("plan B."), which is no initial then
    time_words: str = ""  # tell only when ("on Monday at 5 p.m. Anna left")
    before_ordinals: str = ""  # precede an ordinal ("am 5. Mai")
    ordinal_digits: int = 0  # numbers of at most so many digits are ordinals before a point
    trusts_sentencex: bool = True  # whether the library's abbreviations can be used
    semicolon_asks: bool = False  # whether ";" is a question mark

    # Words after a full stop, as they are written.
    starters: str = ""  # begin sentences, and are seldom names
    inner_capitals: str = ""  # have a capital inside a sentence, too ("I")
    days: str = ""  # follow a time ("5 p.m. Monday")
    months: str = ""  # follow an ordinal ("5. Mai")
    capital_nouns: bool = False  # whether nouns have a capital ("5 Min. Pause")

    # Whole answers to a question: those that agree, ";", those that refuse. The first is shown.
    answers: str = ""

    # The spoken form (see `spoken/signs.py`).
    phrases: str = ""  # the fields of `Phrases`, with "|" between them
    signs: str = ""  # table of signs and their words; "{}" is the figure at which they stand
    money: str = ""  # table of currency signs, "$$" a peso; ";", words like "million" before them
    in_full: str = ""  # table of abbreviations in full ("ca.=circa")
    measures: str = ""  # table of abbreviations in full behind a figure ("EL=Esslöffel")
    own: str = ""  # further rules for abbreviations, as `read_rules` takes them
    spoken: "Callable[[Language, str], Rules] | None" = None  # all rules, by region (ISO 3166)
    space: str = " "  # between words
    full_stop: str = "."
    space_before_marks: bool = False  # whether a space stands before "!", "?", ":" and ";"

    @cached_property
    def said(self) -> Phrases:
        return Phrases(*map(str.strip, self.phrases.split("|") if self.phrases else ()))
