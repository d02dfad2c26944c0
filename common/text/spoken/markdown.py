"""Markdown and HTML within a line, and the addresses that stand in it."""

import re
from html import unescape
from html.entities import html5

from common.text.language import Phrases
from common.text.spoken.formulas import read_formulas
from common.text.spoken.rules import Group, Rule, compiled, ends_sentence
from common.text.spoken.urls import read_addresses

_TAGS = (
    "a|abbr|b|big|blockquote|br|center|cite|code|dd|del|details|div|dl|dt|em|figure|font|h[1-6]|hr"
    "|i|img|ins|kbd|li|mark|ol|p|pre|q|s|samp|script|small|span|strike|strong|style|sub|summary|sup"
    "|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var|video"
)
"""Only these are tags: in "x <y and z> w" there are words."""

_HTML = Group(
    "[<&]",
    (
        Rule(r"<!--(?:[^-]|-(?!->)){0,300}+-->", " "),
        Rule(rf"</?(?:{_TAGS})(?:\s[^<>]{{0,500}}+)?\s?/?>", " ", re.IGNORECASE),
        Rule(r"&#(?:\d{1,7}|[xX][\dA-Fa-f]{1,6});", lambda match: unescape(match[0])),
        Rule(r"&([A-Za-z]{2,31}\d{0,2};)", lambda match: html5.get(match[1], match[0])),
    ),
)

_CODE = Group("`", (Rule(r"(?<!`)(`{1,3}+)([^`]{1,500}+)\1", lambda match: _code(match[2])),))

_SMILEYS = Group(r"[:;]-?[)(DP]", (Rule(r"(?<!\S)[:;]-?[)(DP](?!\w)", ""),))

_BRACKETS = Group(
    r"\[",
    (
        Rule(r"\[\^[^\]\s]{1,40}\]:?", ""),  # a footnote
        # A citation, behind what it is cited for.
        Rule(r"(?<=[\w.,;:!?)\]\"”’*_])[ ]?\[\d{1,3}(?:[,–-] ?\d{1,3}){0,10}\](?!\(|\[[^\d^])", ""),
        Rule(r"\[([^\[\]]{1,500}+)\]\[[^\[\]]{0,200}+\]", r"\1"),
    ),
)
_LINK = r"\]\((?:[^()]|\([^()]{0,300}+\)){0,1000}+\)"

_EMPHASIS = Group(
    r"[*_~\\|]",
    (
        Rule(r"\\([!-/:-@\[-`{-~])", r"\1"),
        Rule(r"(?<=\d)\*\*(?=\d)", "^"),
        Rule(r"(?<=\d)[ ]?\*[ ]?(?=\d)", " × "),
        Rule(r"(?<![^\W_])([A-Za-z])[ ]\*[ ](?=[A-Za-z](?![^\W_]))", r"\1 × "),
        Rule(r"\*+|~~+", ""),
        Rule(r"(?<=[^\W_])_++(?=[^\W_])", " "),
        Rule(r"_+", ""),
        Rule(r"~(?=[ ]?[\d$€£¥₹])", "≈"),
        Rule(r"(?<=\S)[ ]\|[ ](?=\S)", ", "),
    ),
)


def strip_markdown(text: str, words: Phrases) -> str:
    """Return the text of a line without tags and marks of emphasis, and with the text of its links."""
    text = _SMILEYS.apply(read_formulas(_HTML.apply(_CODE.apply(text))))
    if "[" in text or "](" in text:
        text = _links(text, words)
    return _EMPHASIS.apply(read_addresses(text, words))


def warm() -> None:
    for group in (_HTML, _CODE, _SMILEYS, _BRACKETS, _EMPHASIS):
        group.warm()


def _links(text: str, words: Phrases) -> str:
    def image(match: re.Match[str]) -> str:
        said = f"{words.image}: {match[1].strip()}" if match[1].strip() else words.image
        followed = match.string[match.end() :].strip() != "" and ends_sentence(match)
        return said + ("." if followed and said[-1].isalnum() else "")

    def link(match: re.Match[str]) -> str:
        return match[1] if match[1].strip() else match[0][match[0].index("(") + 1 : -1]

    text = _BRACKETS.apply(text)
    text = compiled(rf"!\[([^\[\]]{{0,500}}+){_LINK}").sub(image, text)
    text = compiled(rf"\[([^\[\]]{{0,500}}+){_LINK}").sub(link, text)
    # The rest of a link whose text began in another piece.
    return compiled(_LINK).sub("", text)


def _code(code: str) -> str:
    """Inline code, its words: what would be markup there is none."""
    code = compiled(r"</?([A-Za-z]\w{0,40})[^<>]{0,80}+>").sub(r" \1 ", code)
    return compiled(r"[*_~|\\{}\[\]^]+").sub(" ", code)
