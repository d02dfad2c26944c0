"""Web addresses, e-mail addresses, handles and file names."""

import re

from common.text.language import Phrases
from common.text.spoken.rules import Put, any_of, compiled

_URL = r"<?(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9+]{1,15}+)://([!#-&(-;=?-Z_a-z~]*+)>?"
_MAIL = (
    r"<?(?<![A-Za-z0-9.+%_-])(?:mailto:)?([A-Za-z0-9][A-Za-z0-9.+%_-]{0,63}+)"
    r"@((?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24})(?![A-Za-z0-9])>?"
)
_ENDS = (  # noqa: SIM905 - read as one
    "com org net gov edu mil io dev ai app info biz tv co.uk org.uk ac.uk gov.uk com.au co.jp "
    "co.in com.br uk de fr es eu ca au jp cn br nl ch se dk pl ru mx kr nz"
).split()
"""Endings of a bare domain. Those that are words ("it", "in", "me") need "www." before them."""
_DOMAIN = (
    r"(?<![\w@.-])(?:www\.((?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24})"
    rf"|((?:[a-z0-9-]{{1,63}}\.){{1,4}}(?:{any_of(_ENDS)}|[a-z]{{2,6}}(?=/[A-Za-z0-9]))))"
    r"(?![\w-]|\.\w)(?:[/:][!#-&(-;=?-Z_a-z~]*+)?"
)
_FILE = (
    r"(?<=[A-Za-z0-9])\.(?=(?:js|ts|py|rb|rs|go|java|cpp|md|txt|pdf|docx?|xlsx?|pptx?|csv|json|ya?ml"
    r"|toml|xml|html?|css|png|jpe?g|gif|svg|mp[34]|zip|exe|sh|sql)(?![\w-]))"
)
_HIDDEN = r"(?<![^\s(\"'])\.(?=[A-Za-z]{2})"
"""As .env and .NET are."""
_HANDLE = r"(?<![\w@.])@(?=[A-Za-z_])"
_AFTER = ".,;:!?*_~'"
_SIGNS = {"_": " underscore ", "-": " dash ", "+": " plus ", "%": " percent "}


def read_addresses(text: str, words: Phrases) -> str:
    if "://" in text:
        text = _sub(_URL, lambda match: _link(match, words), text)
    if "@" in text:
        text = _sub(_MAIL, lambda match: _mail(match, words), text)
        text = _sub(_HANDLE, lambda _: f"{words.at} ", text)
    if words.dot != ".":
        text = _sub(_HIDDEN, lambda _: f"{words.dot} ", text)
    if compiled(r"[A-Za-z0-9]\.[A-Za-z0-9]").search(text):
        text = _sub(_DOMAIN, lambda match: _domain(match, words), text)
        if words.dot != ".":
            text = _sub(_FILE, lambda _: f" {words.dot} ", text)
    return text


def warm() -> None:
    for pattern in (_URL, _MAIL, _HANDLE, _HIDDEN, _FILE):
        compiled(pattern)
    compiled(_DOMAIN)


def _sub(pattern: str, put: Put, text: str) -> str:
    return compiled(pattern).sub(put, text)


def _link(match: re.Match[str], words: Phrases) -> str:
    rest, after = _trimmed(match[2])
    host = compiled(r"[/?#]").split(rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    host = host.lower().removeprefix("www.")
    said = words.link.format(_dotted(host, words)) if host else ""
    return f" {said}{after}"


def _domain(match: re.Match[str], words: Phrases) -> str:
    after = _trimmed(match[0])[1]
    return _dotted(match[1] or match[2], words) + after


def _trimmed(address: str) -> tuple[str, str]:
    """Split an address from the punctuation behind it, which belongs to the sentence."""
    cut = len(address.rstrip(_AFTER))
    if address[:cut].endswith(")") and "(" not in address:
        cut = len(address[:cut].rstrip(_AFTER + ")"))
    return address[:cut], address[cut:]


def _mail(match: re.Match[str], words: Phrases) -> str:
    local = _dotted(match[1], words)
    for sign, name in _SIGNS.items():
        local = local.replace(sign, name if words.dot == "dot" else sign)
    at = f" {words.at} " if words.at != "@" else "@"
    return local + at + _dotted(match[2], words)


def _dotted(name: str, words: Phrases) -> str:
    return name.replace(".", f" {words.dot} ") if words.dot != "." else name
