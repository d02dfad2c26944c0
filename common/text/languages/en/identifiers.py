"""English figures that are names: telephone numbers, codes, accounts. They are read by digits."""

import re

from common.text.language import words_of
from common.text.languages.en.numbers import YEARS, cardinal, grouped, spelled
from common.text.spoken.rules import any_of

_NAMED = words_of("""order invoice ticket case reference ref confirmation conf booking reservation
  tracking account acct a/c member membership policy claim customer employee student serial model part
  item sku po routing meeting webinar license permit passport transaction receipt ssn ein vin imei isbn
  phone telephone tel fax mobile cell hotline card folio""")  # nouns that figures name
_NAMING = re.compile(
    rf"(?:\b({any_of(_NAMED)})s?\b|\b((?:code|id|pin|passcode|password|zip|otp)s?)\b|\b(?=no\b|numbers?\b))"
    r"((?:[^\w/]|(?<!\w)(?:numbers?|nos?|is|was|are|and|or|like|(?=\D{0,9}\d)\w++)(?!\w)){0,60}+)$"
)
_GROUPS = {(3, 4), (3, 3, 4), (4, 3, 3), (1, 3, 3, 4), (5, 4), (4, 4), (4, 6, 5), (3, 3, 3)}
_FEW, _LONG, _PHONE = 3, 5, 7  # least digits in a code, a name after a noun, a telephone number
_KEYS = {"＊": "star", "＃": "pound", "#": "pound"}
NAMES = {
    "HEX": r"[\da-fA-F]",
    "VALUE": (
        r"((?:[A-Z]{2} (?=\d{4} \d{4} ))?(?=[A-Z-]{0,12}\d)[A-Z\d]{1,20}+(?:-[A-Z\d]{1,20}+){0,8}"
        r"(?: (?=[A-Z]{0,6}\d)(?:[A-Z\d]{3,20}+|\d\d(?= \d{4} \d{4}))){0,6}(?![\w%/]|[.,:-]\w))"
    ),
    "in_fours": lambda value: coded(re.sub(r"(\w{4})(?=\w)", r"\1 ", value.replace(" ", ""))),
    "keys": lambda keys: " ".join(_KEYS.get(key) or spelled(key) for key in keys),
    "HELP": "(911|999|112|988|101|111|000|[2-8]11|110|119|118|114|115)",
    "ENDING": r"(?:end(?:ing|s)(?: in| with)?|last (?:four|4)\D{,12}|extension|text \D{2,20}(?:to|at))",
    "SEPARATED": r"(?:(?:1 )?\(\d{2,5}\)[ .-]?|\d{1,5}[ .-])(?:\d{1,6}[ .-]){0,6}\d{1,8}",
}


def coded(value: str) -> str:
    """Return groups of digits by digits, and groups of letters and digits by characters."""
    said = ""
    for group in re.findall(r"[^\W_]+|/", value):
        said += "" if not said else "-" if said.isupper() else ", "
        parts = re.findall(r"[A-Z]{4,}(?:\d\d?$)?|\w", group)
        by_sign = " ".join(spelled(part) if part.isdigit() else part.upper() for part in parts)
        said += group if group.isalpha() else "slash" if group == "/" else by_sign
    return said


def after_noun(match: re.Match[str]) -> str:
    """Return a figure after a noun like "order" by its digits; any other as it is."""
    sign, value = match.groups()
    found = _NAMING.search(match.string[max(0, match.start() - 60) : match.start()].lower())
    noun, code, after = found.groups() if found else ("", "", "")
    sure = bool(code) or bool(found and re.search(r"#|\bno|\bnumber", after))
    figures = len(re.sub(r"\D", "", value))
    amount = value.isdigit() and (figures < _FEW or (value.endswith("000") and not (sure or sign)))
    named = (
        noun or code or (sure and "-" in value) or bool(sign and re.fullmatch(r"[\d ]{5,}", value))
    )
    size = figures if value.isdigit() else len(value.replace("-", "")) - 1
    if not named or amount or (size < _LONG and not (sure or sign)):
        return match[0]
    return ("number " if sign else "") + coded(value)


def telephone(match: re.Match[str]) -> str:
    """Return the digits of a telephone number or a card; a number without its spaces."""
    written = match[1]
    groups = re.findall(r"\d+", written)
    sizes = tuple(map(len, groups))
    signs = {sign for sign in written if not sign.isdigit()}
    several = len(sizes) > 2  # noqa: PLR2004 - more than a range
    if signs == {" "} and sizes[0] <= _FEW and set(sizes[1:]) == {3} and written[0] != "0":
        counted = several and re.match(r" (?:[a-z]{3}|[€$£])", match.string[match.end() :][:4])
        if counted or set(groups[1:]) == {"000"}:
            return "".join(groups)
    if signs == {"-"} and several:
        short = max(sizes) < _FEW and "0" not in {group[0] for group in groups}
        return ", ".join(map(cardinal, groups)) if short else grouped(written)  # "30-60-90"
    rounded = sizes == (3, 4) and groups[0][-1] == groups[1][-1] == "0"  # a range
    if rounded or sum(sizes) < _PHONE or (signs == {"."} and sizes[-3:] != (3, 3, 4)):
        return written
    years = sizes == (4, 4) and all(int(group) in YEARS for group in groups)
    named = sizes in _GROUPS or sizes[:3] == (4, 4, 4) or written[0] in "(0"
    return grouped(written) if named and not years else written
