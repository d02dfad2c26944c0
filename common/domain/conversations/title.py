"""Titles of conversations: made of the first message, and found again by the beginnings of words.

No model is asked, so that a title costs nothing.
"""

import re
import unicodedata
from itertools import islice
from typing import Any

TITLE_LENGTH = 60
"""The longest title that is made of a message, in characters. A person may choose a longer one."""
UNTITLED: dict[str, Any] = {"title": "New conversation", "titled": False, "title_words": []}

LOOKED_AT = 1_000
"""Characters of a message in which its title is looked for."""
BEGINNING = 8
"""Beginnings are stored up to this many characters. Longer ones are compared after the query."""
SHORT_BEGINNING = 3
"""The same, in a script without spaces: there a word may begin at each character."""
MOST_BEGINNINGS = 400
"""The most beginnings that one title stores: each is an entry of an index. A title of 100 characters,
the longest one, has fewer."""
GREETING_WORDS = 3
"""A first sentence of fewer words ("Hi!") says too little, so the next one is added."""

_FENCE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_FENCE_LINE = re.compile(r"(?m)^\s*(?:```|~~~).*$|```")
_IMAGE_OR_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)")
_ADDRESS = re.compile(r"<?https?://(?:www\.)?([^\s/>?#]+)[^\s>]*>?")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_BLOCK = re.compile(
    r"(?m)^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?|\d{1,3}[.)][ \t]+)+"
)
_RULE = re.compile(r"(?m)^[ \t]*(?:[-*_=][ \t]*){3,}$")
_STRONG = re.compile(r"(\*{1,3}|_{2,3}|~~)(?=\S)(.+?)(?<=\S)\1")
_WEAK = re.compile(r"(?<!\w)_(?=\S)([^_]+?)(?<=\S)_(?!\w)")
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]+[」』”]*")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|(?:[A-Za-z]\.)+[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|vs|etc|No|Nr|approx|ca|bzw)\.$"
)

_UNSEEN = re.compile("[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+")
"""Control characters, and those that turn the direction of the text that follows."""
_SPELLINGS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_WORD = re.compile(r"[^\W_]+")
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
"""Scripts that put no space between words: a word may begin at each of their characters."""


def one_line(text: str) -> str:
    """Return the text on one line: spaces, line ends and control characters are single spaces."""
    return " ".join(_UNSEEN.sub(" ", text).split())


def title_fields(message: str) -> dict[str, Any]:
    """Return the fields of a conversation whose first message this is."""
    title = make_title(message)
    return titled_fields(title) if title else UNTITLED


def titled_fields(title: str) -> dict[str, Any]:
    """Return the fields of a conversation with this title."""
    return {"title": title, "titled": True, "title_words": beginnings(title)}


def make_title(message: str) -> str:
    """Return the first sentence of a message without Markdown, at most `TITLE_LENGTH` characters.

    A longer sentence is cut between words and ends with "…". The result is empty if the message has
    no letter and no digit.
    """
    begun = message[:LOOKED_AT]
    plain = _plain(_FENCE.sub("\n", begun)) or _plain(_FENCE_LINE.sub("\n", begun))
    return _cut(_first_sentence(plain)) if plain else ""


def beginnings(title: str) -> list[str]:
    """Return the beginnings of the words of a title, normalised, in order. A store finds by them."""
    found = dict.fromkeys(
        word[:length]
        for word in _words(title)
        for length in range(1, len(longest_beginning(word)) + 1)
    )
    return sorted(islice(found, MOST_BEGINNINGS))


def longest_beginning(word: str) -> str:
    """Return the longest beginning of a normalised word that is stored, by which a store finds it."""
    return word[: SHORT_BEGINNING if _WITHOUT_SPACES.match(word) else BEGINNING]


def searched_words(text: str) -> list[str]:
    """Return the words of a search, normalised, the longest one first."""
    return sorted(dict.fromkeys(_WORD.findall(normalise(text))), key=len, reverse=True)


def matches(title: str, words: list[str]) -> bool:
    """Return True if each of the words is the beginning of a word of the title."""
    known = _words(title)
    return all(any(each.startswith(word) for each in known) for word in words)


def normalise(text: str) -> str:
    """Return the text without case and accents, in compatibility forms (Unicode NFKD)."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(sign for sign in folded if unicodedata.category(sign) != "Mn")
    return bare.translate(_SPELLINGS)


def _words(title: str) -> list[str]:
    found: list[str] = []
    for word in _WORD.findall(normalise(title)):
        found.append(word)
        found += [
            word[at:] for at in range(1, len(word)) if _WITHOUT_SPACES.match(word, at) is not None
        ]
    return found


def _plain(text: str) -> str:
    """Return the lines that hold words, without the signs of Markdown, as one line."""
    text = _IMAGE_OR_LINK.sub(r"\1", text)
    text = _ADDRESS.sub(r"\1", text)
    text = _TAG.sub("", _RULE.sub("", text))
    text = _BLOCK.sub("", text).replace("`", "")
    for _ in range(3):  # emphasis within emphasis
        text = _STRONG.sub(r"\2", text)
    text = _WEAK.sub(r"\1", text)
    lines = [one_line(line) for line in text.splitlines()]
    lines = [line for line in lines if any(map(str.isalnum, line))]
    return _join(lines)


def _join(lines: list[str]) -> str:
    """Return the first line, and the following ones while it says too little."""
    title = ""
    for line in lines:
        title = f"{title} {line}" if title else line
        if len(_WORD.findall(title)) >= GREETING_WORDS or len(title) > TITLE_LENGTH:
            break
    return title


def _first_sentence(text: str) -> str:
    for end in _SENTENCE_END.finditer(text):
        sentence = text[: end.end()]
        if sentence.endswith(".") and _ABBREVIATION.search(sentence):
            continue
        if len(_WORD.findall(sentence)) >= GREETING_WORDS or _WITHOUT_SPACES.search(sentence):
            return sentence
    return text


def _cut(sentence: str) -> str:
    sentence = sentence.strip()
    if len(sentence) <= TITLE_LENGTH:
        return sentence[:-1].rstrip() if re.search(r"[^.][.。:;,]$", sentence) else sentence
    begun = sentence[: TITLE_LENGTH - 1]
    if not sentence[TITLE_LENGTH - 1].isspace() and " " in begun[TITLE_LENGTH // 2 :]:
        begun = begun.rpartition(" ")[0]
    return begun.rstrip(" ,;:-–—.") + "…"
