"""English numbers in words, as Americans say them, versions, fractions, ranges, comparisons."""

import re
from functools import lru_cache
from unicodedata import normalize

from num2words import num2words

from common.text.language import words_of
from common.text.languages.en import starters
from common.text.spoken.rules import AS_WRITTEN, LOWERED, ends_sentence, table

START = r"(?<!\w)(?<!\d[.,])"  # not inside a word, nor after the point of another number
NUMBER = r"(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)(?:\.\d++)?+"
MINUS = r"((?:(?<![\w)])[-−](?=[\d.$€£¥₹]))?)"
DASH = r"[-–—]"
PER = (  # any word follows at once, and usual ones after a space, too
    r"(?:(?:/| ?/ ?(?=(?:day|week|mo|year|yr|hour|hr|night|person|k[gm]|lb|sq|mi|s)\w{0,3}(?!\w)))("
    r"(?:sq\.? (?:ft|mi)|[a-z]{1,12}[³²]?|m?L|dL|.B|W|.Wh)(?:/[a-z]{1,9})?)(?!\w)(?:\.(?=,| [a-z+]))?)?"
)
_DESCRIBED = (
    r"(?:, \d+-\w+ (?:\w+ )?| (?:(?:standard|annual|monthly|gift) )?)(?:hike|walk|run|drive|ride|race"
    r"|trip|trail|swim|loop|climb|radius|credit|fee|discount|deposit|bill|limit|budget|payment|bonus"
    r"|loan|grant|ticket|fine|charge|minimum|refund|gift|lens|ceiling|tank|bottle|bag|jar|pan|pot|bowl"
    r"|box|pack|tube|screen|display|monitor|TV|rope|cable|ladder|board|battery|charger|bulb|tablet"
    r"|capsule|pill|serving|dumbbell|plate|plank|session|goal|deductible|deduction|balance|price|salary"
    r"|hole|pipe|tin|room|workout|timer|lease|mortgage|flight|layover|pool|turkey|roast|steak|phone"
    r"|laptop|target|sheet|tent|rug|deck)s?\b"
)
STARTERS = words_of(starters)
ONE = frozenset({"1", "1.0", "1.00"})  # which take a singular
_MOST_DIGITS = 15  # longer numbers are read digit by digit
YEARS = range(1000, 2100)  # the others are said like numbers
_FRACTIONS = frozenset({2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 32, 64})
_PARTS = frozenset({10, 11, 13, 14, 15, 18, 20, 24, 25, 30, 36, 40, 48, 50, 52, 60, 100})
_RESULT = "equals |(?:is|or) about "
_EQUATION = f"{_RESULT}| (?:plus|minus|times|divided by) "
_NUMBERED = table("""No number|no number|Nr number|Nos numbers|nos numbers|Fig Figure|fig figure
  |Figs Figures|p page|pp pages|Sec Section|sec section|Ch Chapter|ch chapter|Vol Volume|vol volume
  |Eq Equation|Art Article|Apt Apartment|apt apartment|Rm Room|ext extension|Ext Extension|Pt Part
  |Ste Suite|Bldg Building|para paragraph|Rte Route|Op Opus|op opus|Ps Psalm|Cor Corinthians|Rom Romans
  |Matt Matthew|l line|Yr Year|Gen Genesis|Fl Floor|paras paragraphs|ll lines|Wk Week|yr year|wk week
  |Wks Weeks|wks weeks|Mo Month|Rt Route|Lvl Level|vv verses""")
_SCORE, _CLOSE = 100, 0.6  # two numbers from here on that fall as much are no score: "747-400"
_RAISED_BY = table("""² squared|2 squared|³ cubed|3 cubed|↑ up|▲ up|↓ down|▼ down|× times
  |± plus or minus|§ section|¶ paragraph|% percent|° degrees""")
_COMPARISONS = table("""== equals|=== triple equals|= equals|!= is not equal to
  |!== is strictly not equal to|≠ is not equal to|< less than|> greater than|<= at most|≤ at most
  |>= at least|≥ at least|≈ about""")
_EQUATED = (
    r"(?: = |(?:\bis|'s|\bare|\bwas|\bgets?|(?<!\d )\bof|\bat) (?:only )?)"
    r"(?:[^a-z,;=]|,\d|divided by|minus|times)*[\w ²³^]{0,10}(?<!\() *$"
)
_TERM = r"(?<![\w'])[^\W\d_]$|\b1 [a-z-]{3,}$|(?:squared|cubed|[)²³]|\d(?: ?[a-zA-Z%°/]{1,6})?)$"
_VALUE = r"(?:[\d²³]|(?:^|[\s\"“'(])[^\W\d_]) *$"  # a figure or a letter
_COUNTED = " (?:stars?|tasks|goals|questions|steps|chapters|lessons|items|done|complete|from three)"
_RATED = r"(?i)\b(index|scor|rat[ei]|g[eo]t|test|quiz|exams?\b|need|hit|done|answer|corr|pain|att)"
_DIVIDED = "(?s)^/.*(?: equals | squared)"
_SIGNS = table("""♯ sharp|♭ flat|♮ natural|♩ quarter note|♪ eighth note|÷ divided by|⌘ Command|⌥ Option
  |⇧ Shift|√ the square root of|∞ infinity|∈ in|∉ not in|∫ the integral of|∑ the sum of|∏ the product of
  |∂ partial|∇ nabla|∀ for all|∃ there exists|∪ union|∩ intersection|⊂ is a subset of|⊆ is a subset of
  |∅ the empty set|∠ angle|⊥ perpendicular to|∴ therefore|∝ is proportional to
  |∥ is parallel to|∣ given|≡ is equivalent to|⇔ if and only if|‾ bar|‸ hat|∓ minus or plus|∧ and|∨ or
  |¬ not|≅ is congruent to|≪ is much less than|≫ is much greater than""")
NAMES = {
    "RARE": (  # one of the rare forms that the first rules read
        r"\d(?: ?[ap](?!\w|\.m)|s(?!\w)|:\d\d?(?:[-–]| ?/)|\d[7\d](?:-|[A-Z])|0\.\d{4}|\d{7}| mm| ?st)"
        r"|[•＊…]|½ ?st|\.\.\d|[:-][\dA-Fa-f]{2,4}[:-]|[xX×](?: ?M?\d|[xX])|[vVCODEIN]\W?\d{3}"
        r"|/ea|['′’] ?[x×]|[efmnty] \d++[-:A-Z]|\d{3}-\d{4}|M ?[-–] ?F|[(,] ?[rbd]\.| (?:[cT]|pt)\."
    ),
    "MENU": "(?:Settings|Preferences|Options|File|Edit|View|Tools|Insert|Format|Panel|Manager|[Mm]enu)",
    "NAMED": "".join(_SIGNS),
    "EACH": "day|night|week|month|year|hour|minute|person|dose|box|serving|user|seat|unit|item|visit",
    "NUMBERED": r"(?!(?<=\d )(?:yr|wk))(?:" + "|".join(_NUMBERED) + ")",
    "VULGAR": "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞",
    "RELEASES": "Python|[Vv]ersion|iOS|iPadOS|macOS|Android|Java|Node|Django|Ubuntu|Ruby|PHP|Swift|Go",
    "STANDARD": r"(?i:arxiv)|RFC|ISO(?! \d{1,3}00(?![:\d-]))|PMID|IEEE|ANSI|IEC|DIN",
    "TERM": r"(?<![^\W\d_][a-z])(?<=[²³a-zα-ω])",
    "VARIABLE": r"(?:[b-hj-zα-ω](?![\w'’])|[a-z][\d(]|\([-−\da-z])",
    "TITLES": "Day|Week|Month|Year|Step|Stage|Phase|Part|Chapter|Level|Room|Option|Round|Page",
    "AFTER": r"(?:(?<=[AaPp]\.m\.)|(?<=\d[AaPp][Mm])|(?<=\d [AaPp][Mm])|(?<=\d%)|(?<=:\d\d))",
    "letters": " ".join,
    "as_written": lambda written: written.translate(AS_WRITTEN),
    "inch": lambda mark: " inch" if mark else "",
    "bounded": lambda sign: _SIGNS[sign].removesuffix(" of"),
    "lived": table("r reigned|b born|d died|⁺ plus|⁻ minus"),
    "lowered": lambda written: written.translate(LOWERED),
    "path": lambda path: path.replace("~", "tilde").replace(".", " dot ").replace("/", " slash "),
    "with_commas": lambda written: re.sub("[. '’]", ",", written),
    "vulgar": lambda it: _with_whole(it[1], *map(int, normalize("NFKC", it[2]).split("\u2044"))),
    "slash": lambda it: " divided by" if re.search(_DIVIDED, it[1] + it.string) else ",",
    "listed": lambda written: re.sub(" ?[-–] ?", ", ", written),
    "chain": lambda path: re.sub(" ?[>▸▶►›→] ?", ", then ", path),
    "STEP": r'(?: [>▸▶►›] (?=["“]?[A-Za-z]{2})|(?<![a-z] \d)(?<![a-z] \d )(?: →|→) ?)',
    "X": r"(?: ?× ?|(?<=\d)(?: x |x))(?=\d)",
    "PLUS": r"[-−]?\w{1,4}[²³]?(?: ?[+−×] ?| - |(?<=[a-z])-)[\w√(]",
}


def number(written: str) -> str:
    """Return "1,234.5" as "one thousand two hundred thirty-four point five"."""
    whole, _, fraction = written.replace(",", "").partition(".")
    return f"{cardinal(whole)} point {spelled(fraction)}".strip() if fraction else cardinal(whole)


def cardinal(digits: str) -> str:
    """Return a number without separators in words; with a leading zero, digit by digit."""
    if len(digits) > _MOST_DIGITS or (len(digits) > 1 and int(digits[0]) == 0):
        return spelled(digits)
    return _words(int(digits), "cardinal") if digits else ""


def ordinal(digits: str) -> str:
    digits = digits.replace(",", "")
    return spelled(digits) if len(digits) > _MOST_DIGITS else _words(int(digits), "ordinal")


def year(digits: str) -> str:
    """Return "1905" as "nineteen oh five"."""
    return _words(int(digits), "year" if int(digits) in YEARS else "cardinal")


def pair(digits: str) -> str:
    """Return two digits as in a time or a year: "05" is "oh five"."""
    return f"oh {cardinal(digits[1])}" if int(digits[0]) == 0 else cardinal(digits)


def spelled(digits: str) -> str:
    return " ".join(_words(int(digit), "cardinal") for digit in digits)


def grouped(written: str) -> str:
    """Return the digits one by one, with a comma between groups: "555-0199"."""
    return ", ".join(spelled(group) for group in re.findall(r"\d+", written))


def minus(sign: str) -> str:
    return "minus " if sign else ""


def describes(match: re.Match[str]) -> bool:
    """Return whether a measure describes a noun, and so takes a singular: "a 5 km run"."""
    before = match.string[max(0, match.start() - 20) : match.start()]
    after = match.string[match.end() : match.end() + 32]
    article = re.search(r"(?i)(?:^| )an? +(?:roughly +|approximately +)?$", before)
    return bool(re.match(_DESCRIBED, after) or (article and re.match(r"[ -][^\W\d_]", after)))


def point(match: re.Match[str]) -> str:
    """Return the point of an abbreviation where it also ends the sentence."""
    return "." if match[0].endswith(".") and ends_sentence(match, STARTERS) else ""


@lru_cache(maxsize=4096)
def _words(number: int, kind: str) -> str:
    said: str = num2words(number, lang="en", to=kind)
    return said.replace(",", "").replace(" and ", " ").replace("oh-", "oh ")


def between(match: re.Match[str]) -> str:
    """Return the first of two numbers, and a word: a range rises, a sum with spaces falls."""
    written, dash = match[1], match[2]
    first, last = (float(match[at].replace(",", "")) for at in (1, 3))
    before = match.string[max(0, match.start() - 7) : match.start()]
    if match[4] or before == "equals " or (dash == " - " and first > last):
        return f"{written} minus "
    coded = max(last, first / 2) >= _SCORE and last < _CLOSE * first
    if dash == "-" and (first == last or coded):
        return f"{written} "
    if match.string.startswith("etween ", max(0, match.start() - 7)):
        return f"{written} and "
    return f"{written} to " if dash in {"-", " - "} or dash.strip() != "-" else match[0]


def item(match: re.Match[str]) -> str:
    """Return the mark of an item, "2) ", unless its bracket was opened before."""
    before = match.string[max(0, match.start() - 200) : match.start()]
    return match[0] if before.count("(") > before.count(")") else f"{cardinal(match[1])}, "


def version(match: re.Match[str]) -> str:
    parts = match[2].split(".")
    said = (" dot " if parts[3:] else " point ").join(map(cardinal, parts))
    port = f" port {spelled(match[3])}" if match[3] else ""
    return f"version {said}" if match[1] else said + port


def fraction(match: re.Match[str]) -> str:
    """Return "3/4" as a fraction, "scored 17/20" as a mark, "120/80" as it is said of a pressure."""
    whole, above, below = match[1], int(match[2]), int(match[3])
    text, after = match.string, match.string[match.end() : match.end() + 16]
    scored = re.search(_RATED, text[max(0, match.start() - 40) : match.start()] + after)
    equated = re.search(_EQUATION, text) and not scored
    rated = re.match(_COUNTED, after) or (below in {10, 100} and not equated)
    shares = re.match(r" (?:mpg|times?\b(?! *\d))", after) or (above + below == 100 and not equated)  # noqa: PLR2004 - 80/20
    named = below in _FRACTIONS or (below in _PARTS and (equated or after.startswith(" of ")))
    if 0 < above < below and named and not (rated or shares):
        return _with_whole(whole, above, below)
    pressure = below >= _SCORE / 2 and _SCORE - 20 <= above <= 2 * _SCORE
    if shares or f"{above}/{below}" in {"24/7", "9/11", "20/20", "4/4"}:
        sign = " "
    elif (rated or scored) and above <= below:
        sign = " out of "
    elif pressure or equated or text[: match.start()].endswith("by "):
        sign = " divided by " if above > below and re.match(f" +(?:{_RESULT})", after) else " over "
    else:
        return match[0].translate(AS_WRITTEN)
    start = f"{cardinal(whole)} {'and ' if above > below else ''}" if whole else ""
    return f"{start}{cardinal(match[2])}{sign}{cardinal(match[3])}"


def _with_whole(whole: str | None, above: int, below: int) -> str:
    name = {2: "half", 4: "quarter"}.get(below) or ordinal(str(below)).removeprefix("one ")
    part = name if above == 1 else f"{name}s"
    if not whole:
        return f"{cardinal(str(above))} {part}"
    return f"{cardinal(whole)} and {'a' if above == 1 else cardinal(str(above))} {part}"


def compared(match: re.Match[str]) -> str:
    """Return the words of a comparison. An angle bracket compares between spaces or before a figure."""
    sign = match[0]
    after = match.string[match.end() : match.end() + 2]
    before = match.string[max(0, match.start() - 200) : match.start()]
    closed = "<" in before[-60:] if sign == ">" else ">" in match.string[match.end() :][:60]
    between = not closed and before[-1:].isalnum() and after[:1].isalnum()  # "a<b"
    if sign in "<>" and not (between or after[:1] in {*" $€£¥₹"} or after[:1].isnumeric()):
        return " "
    valued = sign == "≈" and (before[-1:] != " " or after[:1] == " ")  # "a ≈$15" is "about"
    if valued and re.search(_EQUATED, before):
        return ", or about " if before.rstrip()[-1].isalpha() else " or about "
    if valued and re.search(_TERM, before.rstrip()):
        return " is about "
    if sign == ">" and re.search("[a-z]{2} $", before) and after.strip()[:1].isdigit():
        return " more than "
    spaced = before.endswith(" ") == after.startswith(" ")  # on both sides, or on neither
    verb = "is " if sign[0] in "<>≤≥" and spaced and re.search(_VALUE, before) else ""
    return f" {verb}{_COMPARISONS.get(sign, '')} "
