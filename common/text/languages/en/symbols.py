"""English signs between words and figures."""

import re
from collections.abc import Callable

from common.text.spoken.rules import table

_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_RAISED_BY = table("² squared|2 squared|³ cubed|3 cubed|↑ up|▲ up|↓ down|▼ down")
_MONEY = frozenset("$€£¥₹")
_COMPARISONS = table(
    "== equals|=== equals|= equals|!= is not equal to|!== is not equal to|≠ is not equal to|< less than"
    "|> greater than|<= at most|≤ at most|>= at least|≥ at least|≈ about"
)
_NAMES = table(
    "÷ divided by|√ the square root of|∞ infinity|∈ in|∉ not in|∫ the integral of|∑ the sum of"
    "|∏ the product of|∂ partial|∇ nabla|∀ for all|∃ there exists|∪ union|∩ intersection"
    "|⊂ is a subset of|⊆ is a subset of|∅ the empty set|∠ angle|⊥ perpendicular to|≡ is equivalent to"
)
PATTERNS = {
    "NAMED": "".join(_NAMES),
    "RAISED": "(?:⁻?[⁰¹²³⁴-⁹]{2,9}|⁻[⁰¹²³⁴-⁹]|[⁴-⁹])",
    "EACH": "day|night|week|month|year|hour|minute|person",
}
PARTS: dict[str, Callable[[str], str]] = {
    "letters": " ".join,
    "power": lambda digit: "²³"[int(digit) - 2],
    "lowered": lambda digits: digits.translate(_RAISED),
    "named": lambda sign: _NAMES[sign],
    "raised": lambda sign: _RAISED_BY.get(sign, ""),
}


def path(written: str) -> str:
    """Return a path, which begins at the root or at home, or leads to a file."""
    return written.removeprefix("~").replace(".", " dot ").replace("/", " slash ")


def slash(match: re.Match[str]) -> str:
    """Return what stands for a sign between spaces: a slash in a formula divides."""
    return " divided by" if match[1] == "/" and " equals " in match.string else ","


def compared(match: re.Match[str]) -> str:
    """Return the words of a comparison. An angle bracket compares between spaces or before a figure."""
    sign = match[0]
    after = match.string[match.end() : match.end() + 2]
    if sign in "<>" and not (after[:1] == " " or after[:1].isdigit() or after[:1] in _MONEY):
        return " "
    verb = "is " if sign[0] in "<>≤≥" and _is_value(match.string[: match.start()], after) else ""
    return f" {verb}{_COMPARISONS.get(sign, '')} "


def _is_value(before: str, after: str) -> bool:
    """Return whether a figure or a letter precedes, as far from the sign as what follows it."""
    if before.endswith(" ") != after.startswith(" "):
        return False
    last = before.split(" ")[-1 - before.endswith(" ")] if before else ""
    return last[-1:].isdigit() or (len(last) == 1 and last.isalpha())
