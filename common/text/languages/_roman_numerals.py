"""Roman numerals, up to 89: kings, chapters and centuries have no greater ones."""

from common.text.spoken.rules import Rule

ROMAN = r"(?=[IVXL])(X{0,3}(?:IX|IV|V?I{0,3})|(?:XL|L)X{0,3}(?:IX|IV|V?I{0,3}))"
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}


def in_figures(before: str, after: str, ending: str = "") -> Rule:
    """Return a rule that writes a numeral between `before` and `after` as figures.

    Then the language's other rules, or its voice, read them.
    """
    return Rule(rf"(?<!\w){before}{ROMAN}{after}", lambda match: arabic(match[1]) + ending)


def arabic(roman: str) -> str:
    values = [_VALUES[letter] for letter in roman]
    following = [*values[1:], 0]
    return str(sum(-v if v < after else v for v, after in zip(values, following, strict=True)))
