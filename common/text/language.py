"""The form of a language's record. The records themselves are in `common/text/languages/`."""

from collections.abc import Callable
from dataclasses import dataclass

from common.text.spoken.rules import Group

LATIN = frozenset({"LATIN"})


@dataclass(frozen=True)
class SentenceRules:
    """Word lists that decide whether a sentence ends at a full stop.

    A list is one string of words separated by spaces. Words before a full stop are in lower case
    and lack their last point: "e.g" stands for "e.g.". Words after it are written as they occur.
    """

    numbered: str = ""
    """Words that take a number ("No. 5", "Jan. 5"). They end a sentence before any other word."""
    enders: str = ""
    """Words that come last in their phrase ("etc."): a capital after them begins a sentence."""
    units: str = ""
    """Units of measure. They behave like `enders` after a number ("5 min."), else like words."""
    abbreviations: str = ""
    """Words that end a sentence only before a word that usually begins one."""
    introduces: str = ""
    """Words that never end a sentence ("e.g.", "Mr.")."""
    after_names: str = ""
    """Words that follow a name ("Jr."). They end a sentence before a word that begins one."""
    streets: str = ""
    """Words that end the name of a street ("Main St.")."""
    street_ending: str = ""
    """Ending of abbreviated street names ("Hauptstr.")."""
    lettered: str = ""
    """Nouns that are followed by a single letter ("plan B."), which is no initial then."""
    starters: str = ""
    """Words that often begin a sentence and are seldom names."""
    inner_capitals: str = ""
    """Words that have a capital inside a sentence, too ("I")."""
    days: str = ""
    """Names of days, which may follow a time ("5 p.m. Monday")."""
    time_openers: str = ""
    """Prepositions that introduce a time at the beginning of a sentence ("At 5 p.m. Anna left")."""
    months: str = ""
    """Names that follow an ordinal ("5. Mai")."""
    before_ordinals: str = ""
    """Pattern of words before an ordinal ("am 5. Mai")."""
    ordinal_digits: int = 0
    """A number of at most so many digits is an ordinal when a point follows it. 0: no number is."""
    elided: str = ""
    """Capitals that may lose their vowel ("C'est"), and so are no numerals."""
    trusts_sentencex: bool = True
    """The library's list of abbreviations for this language can be used."""
    semicolon_asks: bool = False
    """The sign ";" is a question mark."""


@dataclass(frozen=True)
class Phrases:
    """Words that we add where the written form cannot be read out.

    `{}` stands for the host, the programming language, the number of columns or the task. Without
    phrases only the prose is read: silence is better than English in another language.
    """

    link: str = "{}"
    code_in: str = ""
    code: str = ""
    table_of: str = ""
    table: str = ""
    image: str = ""
    dot: str = "."
    at: str = "@"
    done: str = "{}"

    @classmethod
    def parse(cls, line: str) -> "Phrases":
        """Read all fields from one line, in their order, separated by "|"."""
        return cls(*line.split("|"))


def no_rules(_region: str) -> tuple[Group, ...]:
    """Return no spoken rules."""
    return ()


@dataclass(frozen=True, eq=False)
class Language:
    """The rules of one language for the splitter and the spoken form.

    A record is the constant `LANGUAGE` of `common/text/languages/<code>.py`, where `code` is
    ISO 639-1 (or 639-3). The file is found by its name and loaded at its first use.
    """

    code: str
    scripts: frozenset[str] = LATIN
    """Scripts that the language is written in, as Unicode calls them in the names of letters."""
    sentences: SentenceRules = SentenceRules()
    spoken: Callable[[str], tuple[Group, ...]] = no_rules
    """Returns the rules of the spoken form for a region (ISO 3166, or ""), in their order."""
    phrases: Phrases = Phrases()
    number_words: bool = False
    """The spoken rules put numbers in words."""
    full_stop: str = "."
    space_before_marks: bool = False
    """A space stands before "!", "?", ":" and ";"."""
