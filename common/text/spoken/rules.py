"""Rewriting by rules, each a pattern and its replacement.

The patterns read text that any person or model may have written, in the middle of a conversation.
Repetitions are bounded or possessive, or begin only where a lookbehind allows it. That keeps the
work proportional to the length of the text.
"""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from functools import partial
from typing import Any

AS_WRITTEN = {code: 0x10FF00 + code for code in range(32, 127)}  # as no rule matches it
RAISED = str.maketrans("0123456789-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
LOWERED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉⁻", "01234567890123456789-")
Put = Callable[[re.Match[str]], str]


class Rule:
    """A pattern and what replaces its matches."""

    def __init__(self, pattern: str, put: Put | str) -> None:
        self.pattern = re.compile(pattern)
        self.apply = partial(self.pattern.sub, put)


class Group:
    """Rules that are applied in their order, to a text in which `when` is found."""

    def __init__(self, when: str, rules: "Rules") -> None:
        self.when, self.rules = re.compile(when), rules

    def apply(self, text: str) -> str:
        return apply(self.rules, text) if self.when.search(text) else text


Rules = tuple[Rule | Group, ...]


def apply(rules: Rules, text: str) -> str:
    """Apply rules in their order."""
    for rule in rules:
        text = rule.apply(text)
    return text


def read_rules(lines: str, names: Mapping[str, Any]) -> Rules:
    """Read rules from lines of the form "pattern  =>  what is said", on one line or on two.

    A line "[title]  pattern" begins a group for the lines after it. In a pattern, `{NAME}` is
    another pattern. In what is said, `{2}` is a part of the match, `{2:f}` that part in a function
    or a table, `{f}` a string or a function of the match, and "␣" a space. All are in `names`.
    After "  near " stands a pattern: without it close by, the match stays as it is written.
    """

    def filled(pattern: str) -> str:
        return re.sub(r"\{([A-Z_]+)\}", lambda match: str(names[match[1]]), pattern)

    groups: list[tuple[str, list[Rule]]] = [("", [])]
    for line in re.sub(r"\n\s*=>", "  =>", lines).split("\n"):
        written, rule, said = line.strip().partition("  =>")
        if rule:
            said, _, context = said.partition("  near ")
            put = _replacement(said.strip(), filled(context), names)
            groups[-1][1].append(Rule(filled(written), put))
        elif written:
            groups.append((filled(written.partition("]  ")[2]), []))
    (_, alone), *others = groups
    return (*alone, *(Group(when, tuple(rules)) for when, rules in others))


def _replacement(form: str, context: str, names: Mapping[str, Any]) -> Put:
    parts = re.split(r"\{(?:(\d)(?::(\w+))?|(\w+))\}", form.replace("␣", " "))
    first, rest = parts[0], [parts[at : at + 4] for at in range(1, len(parts), 4)]

    def put(match: re.Match[str]) -> str:
        if context and not near(match, context):
            return match[0]
        text = first
        for at, of_part, of_match, after in rest:
            said = names[of_match] if of_match else match[int(at)] or ""
            said = said(match) if callable(said) else said
            read = names[of_part] if of_part else str
            text += (read(said) if callable(read) else read.get(said, "")) + after
        return text

    return put


def any_of(words: Iterable[str]) -> str:
    """Return a pattern for any of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


def table(lines: str, between: str = " ") -> dict[str, str]:
    """Read "km kilometer|h hour": what is written, and after the first `between` what is said."""
    pairs = (line.strip().partition(between) for line in lines.split("|"))
    return {written: said for written, _, said in pairs}


def full_words(
    words: Mapping[str, str], before: str = r"(?<!\w)", after: str = "", ending: Container[str] = ()
) -> Rule:
    """Return a rule that puts abbreviations in full. A point that ends a sentence stays."""
    said = {short.replace(" ", ""): full for short, full in words.items()}

    def put(match: re.Match[str]) -> str:
        short = match[1].replace(" ", "")
        return said[short] + ("." if short.endswith(".") and ends_sentence(match, ending) else "")

    shorts = any_of(words).replace(r"\ ", " ?")  # "z. B." is also written "z.B."
    return Rule(f"{before}({shorts})(?!\\w){after}", put)


def ends_sentence(match: re.Match[str], starters: Container[str]) -> bool:
    """Return whether nothing follows, or one of the words that begin a sentence."""
    rest = match.string[match.end() : match.end() + 24].lstrip("\"'”’)*_ ")
    return not rest or re.split(r"[^\w]", rest, maxsplit=1)[0] in starters


def near(match: re.Match[str], words: str) -> bool:
    """Return whether one of the words stands about the match."""
    return bool(re.search(words, match.string[max(0, match.start() - 80) : match.end() + 80]))
