"""English signs between words."""

import re

from common.text.spoken.rules import Rule


def before_numbers() -> tuple[Rule, ...]:
    """Signs that would hide a number, or be hidden by one."""
    return (
        Rule(r"(?<!\w)([CF])#", r"\1 sharp"),
        Rule(r"(?<!\w)C\+\+", "C plus plus"),
        Rule(r"(?<=\w\w)[ ]>[ ](?=[A-Z][a-z])", ", then "),  # Settings > Privacy
        Rule(r"[↑▲](?=[ ]?[\d$€£¥])", "up "),
        Rule(r"[↓▼](?=[ ]?[\d$€£¥])", "down "),
        Rule(r"(?<=\d)[ ]/[ ](?=\d)", "/"),
        Rule(r"(?<=\d)/(?=\d{1,9}(?:\.\d{1,9})?[ ]?=)", " divided by "),
        # "2x + 5" is no "two times".
        Rule(r"(?<![\w.])(\d{1,4})([xyzn])(?=[ ]?[+=^²³*×÷≤≥≠<>−]|[ ]-[ ])", r"\1 \2"),
        Rule(r"(?<=[+=−*-][ ])(\d{1,4})([xyzn])(?!\w)", r"\1 \2"),
        Rule(r"(?<=\S)[ ]−[ ](?=\S)", " minus "),
        Rule(r"(?:(?<![^\W\d_][xyzn])(?<=[)²³xyzn])|(?<=\^\d))[ ]-[ ](?=\d)", " minus "),
        Rule(
            r"(?:(?<=[\d)])|(?<![^\W_][A-Za-z])(?<=[A-Za-z]))"
            r"(?:⁻?[⁰¹²³⁴-⁹]{2,9}|⁻[⁰¹²³⁴-⁹]|[⁴-⁹])(?!\w)",
            lambda match: "^" + match[0].translate(_RAISED),
        ),
        Rule(r"(?<=\d)[ ]?[x×·][ ]?(?=10\^)", " times "),
        Rule(r"<->|↔|⇔|<=>", " to and from "),
        Rule(r"-{1,2}>|==?>(?! ?\d)|[→⇒➜➔⟶]", " to "),
        Rule(r"[<=!>]==?|[=<>≤≥≠≈<>]", _compared),
        Rule(r"(?<=\d)²", " squared"),
        Rule(r"(?<=\d)³", " cubed"),
        Rule(r"(?<=\w)\^2(?!\d)", " squared"),
        Rule(r"(?<=\w)\^3(?!\d)", " cubed"),
        Rule(r"(?<=[\w)])\^(?=[\w(-])", " to the power of "),
    )


def after_numbers() -> tuple[Rule, ...]:
    return (
        Rule(r"(?<!\w)#(?=[^\W\d_])", "hashtag "),
        Rule(r"(?<=\w)²", " squared"),
        Rule(r"(?<=\w)³", " cubed"),
        Rule(r"[ ]?&[ ]?", " and "),
        Rule(r"\+/[-−]|±", " plus or minus "),
        Rule(r"[ ]?[+]++[ ]?", " plus "),
        Rule(r"×", " times "),
        Rule(r"÷", " divided by "),
        Rule(r"√", " the square root of "),
        Rule(r"∞", " infinity "),
        Rule(r"§§?", " section "),
        Rule(r"%", " percent "),
        Rule(r"°", " degrees "),
        Rule(r"(?<!\S)@ ", "at "),
        Rule(r"(?<=[a-z])/(?=(?:day|night|week|month|year|hour|minute|person)(?!\w))", " per "),
        # A path: from the root or from home, or to a file; "red/green" is none.
        Rule(r"(?<![^\s(])~?/(?:[\w.-]{1,40}/){0,20}+[\w.-]{1,40}[\w-]", _path),
        Rule(
            r"(?<![^\s(])(?:[\w-]{1,40}/){1,20}+(?=[\w-]{1,40}+(?: [\w-]{1,40}+){0,3} dot )", _path
        ),
        Rule(r"(?<=\S) [•·|/] (?=\S)", ", "),
        Rule(r"(?i)(?<!\w)(and)/(or)(?!\w)", r"\1 \2"),
        Rule(r"(?i)(?<!\w)(s?he|his|him|yes|true)/(s?he|hers?|they|no|false)(?!\w)", r"\1 or \2"),
    )


_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_MONEY = frozenset("$€£¥₹")
_COMPARISONS = {
    "==": "equals", "===": "equals", "=": "equals", "!=": "is not equal to",
    "!==": "is not equal to", "≠": "is not equal to", "<": "less than", ">": "greater than",
    "<=": "at most", "≤": "at most", ">=": "at least", "≥": "at least", "≈": "about",
}  # fmt: skip


def _path(match: re.Match[str]) -> str:
    return match[0].removeprefix("~").replace(".", " dot ").replace("/", " slash ")


def _compared(match: re.Match[str]) -> str:
    """Say a comparison. A single angle bracket compares only if it stands apart or before a figure."""
    sign = match[0]
    after = match.string[match.end() : match.end() + 2]
    if sign in "<>" and not (after[:1] == " " or after[:1].isdigit() or after[:1] in _MONEY):
        return " "
    verb = "is " if sign[0] in "<>≤≥" and _is_value(match.string[: match.start()], after) else ""
    return f" {verb}{_COMPARISONS.get(sign, '')} "


def _is_value(before: str, after: str) -> bool:
    """Return whether a figure or a letter stands before the sign: "x < 5", "3<5"."""
    if before.endswith(" ") != after.startswith(" "):
        return False
    last = before.split(" ")[-1 - before.endswith(" ")] if before else ""
    return last[-1:].isdigit() or (len(last) == 1 and last.isalpha())
