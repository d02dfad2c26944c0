"""The spoken rules of most languages: abbreviations, ranges, and signs between words and figures.

Figures are left to the voice, which reads the numbers, amounts, dates, times and units of its own
language. A sign for which a language has no word stays as it is.
"""

import re

from common.text.language import Language, words_of
from common.text.spoken.rules import RAISED, Group, Rule, Rules, any_of, full_words, table

_ALIASES = table("-> →|--> →|=> →|==> →|⇒ →|➜ →|➔ →|⟶ →|<= ≤|>= ≥|!= ≠|== =|=== =|&& &|⭐ ★")
_FIGURE = r"(?:[A-Z]{2}\$|[$€£¥₹])?\d(?:[.,:’']?\d)*+(?: \d{3}(?!\d))*+\.?"
_SIGN = "一-龯가-힣ァ-ヶーऀ-ॣ"  # in the words of scripts without spaces, and in Korean
_RANGE = (
    rf"(?<![A-Za-z\d.,/:+#)ら-])(?:(?<![)\d] )|(?=\d\d?:\d\d))([-−]?{_FIGURE})((?: ?(?:%|°[CFم]?|℃"
    rf"|h(?:\d\d)?|[{_SIGN}]|[{_SIGN}ぁ-ん]{{1,4}}(?=[–—~～〜])))?)"
    rf"( ?[–—~～〜] ?|-(?!(?<=[{_SIGN}]\d-)\d(?!\w))| - )(?=([-−]?{_FIGURE})"  # not "中国3-1"
    r"( ?(?:Uhr|uur|h(?![a-z])|[時时点點시])|[元円원만万年人名개]?)(?![/-]| ?[-=]|から))"
)
_FROM_TO = rf"(?<=[\d{_SIGN}])(?<![的了吧呢啦呀哇好啊你요네죠까와아])(?: ~ |[~～〜–])(?=[{_SIGN}])"
_COMPARED = (
    r"(?<![\dA-Za-z)%])(?<![\dA-Za-z)%] ) ?([<>≤≥]) ?([$€£¥₹]?\d(?:[.,]?\d)*+(?: ?(?:%|°[CF]?|[℃℉]"
    r"|[A-Za-z]{1,3}(?![A-Za-z])|[만억万億]?(?: ?원|ドル|[元円人])|[日年分度回件個点倍]"
    r"|(?:वर्ष|साल|दिन|घंटे|मिनट|महीने|रुपये|किमी|किलो|मीटर|लाख|करोड़|प्रतिशत|लोग|डिग्री)(?!\w)"
    r"|[명개일분도배만억万億]|時間|시간))?(?! ?[一-龯ァ-ヶ])|[a-z](?!\w))"
)
_MONEY = r"(?:[A-Z]{3} |Rp ?|R?[$€£] ?)?\d"
_AMOUNT = rf"(?:(?<=[^\W\d_]{{3}} )|(?<=[(:])|(?<=[:,.] )|^)([<>])(?: (?={_MONEY})|(?=[$€£\d]))"
_SUBJECT = r"(?<![<>≤≥] )(?<![<>≤≥])([A-Za-z\d]|\b\)) ?(?=[<>≤≥] ?[\da-z][\d.,]*(?! ?[<>≤≥\d]))"
_SUM = r"(?:(?![^\W\d_]{3}|[.,] )[^;。，、\n])++"  # no word in it
_MINUS = re.compile(
    r"(?<=\S )-(?= (?:[\d(√]|[A-Za-z](?![^\W\d_])))"
    r"|(?<=[\da-z)²³])(?<![-/]\d\d)(?<![-/]\d)-(?=[\d(a-z][\d.,a-z²³+*/×÷()^ ]{0,30}[=≤≥])"
)
_OVER = r"(?<=[\w)²³€$%] )/(?= [\d(])"  # beside "=": "15 / 3 = 5"
_DATES = (  # "18 sep–18 nov", "Mo.–Fr. 8"
    r"(\b\d\d?\.? [^\s\d–]{3,12}(?=–\d\d?\.? [^\W\d_]{2})"
    r"|\b[A-Za-z][a-zà-ÿ]{1,2}\.?(?=–[A-Za-z][a-zà-ÿ]{1,2}\.?,? \d))–"
    r"|(?<=[∫∑∏⎸])( ?[^→,]{1,40}?) ?→ ?"
)
_NUMBERED = re.compile(r"(?<!\w)(?i:(?:nr|nummer|n[uú]m[eé]ro?|номер)[.°º:]?|no?[.°º]{1,2}|№) ?$")
_WITH_PESOS = words_of("AR CL CO CU DO MX UY")
_YEARS = range(1000, 2200)
_MONTHS, _FEW = 12, 6  # more figures in both ends of a range are a telephone number or a code
_RAISES = Rule(r"(?<=[\w)])\^([-−]?\d{1,9})(?!\w)", lambda match: match[1].translate(RAISED))


def sign_rules(language: Language, region: str) -> Rules:
    """Return the spoken rules of a language that has none of its own, for a region (ISO 3166)."""
    rules: list[Rule | Group] = []
    currencies, _, scales = language.money.partition(";")
    space, money = language.space, table(currencies)
    if region in _WITH_PESOS and "$$" in money:
        money["$"] = money["$$"]
    if language.measures:
        rules.append(full_words(table(language.measures, "="), r"(?<=[\d½¼¾] )", r"\.?"))
    if language.in_full:
        in_full = table(language.in_full, "=")
        capital = {short.capitalize(): full.capitalize() for short, full in in_full.items()}
        starters = words_of(language.starters)
        rules.append(full_words(capital | in_full, r"(?<![\w.])", ending=starters))
    if language.money:  # "$1,5 millones" is "1,5 millones de dólares"
        words = any_of(table(scales, "="))
        amount = rf"(?<![A-Za-z])({any_of(money)}) ?(\d[\d.,]*+ ?)({words})(?![a-zà-ÿ])"
        rules.append(Rule(amount, lambda match: f"{match[2]}{match[3]}{space}{money[match[1]]}"))
    signs = table(language.signs)
    minus = Rule(_SUM, lambda run: _MINUS.sub("−", run[0]) if {*"=≤≥"} & {*run[0]} else run[0])
    rules.append(Group("[=≈≤≥]", (minus, Rule(_OVER, "÷" if "÷" in signs else "/"))))
    if until := signs.pop("–", ""):
        until = f"{space}{until}{space}".replace(" {}", "")
        ranges = Rule(_RANGE, lambda match: _range(match, until))
        rules.append(Group(r"[–—~～〜-] ?[$€£¥₹−-]?\d", (ranges,)))
        rules.append(Group("[~～〜–→]", (Rule(_FROM_TO, until), Rule(_DATES, rf"\1\2{until}"))))
    return (*rules, _between(signs, space))


def _range(match: re.Match[str], until: str) -> str:
    """Return a range with its word: figures that rise, and are no telephone number, code or date."""
    if _NUMBERED.search(match.string, max(0, match.start() - 12), match.start()):
        return match[0]
    first, last = match[1], match[4].rstrip(".")
    digits = sum(map(str.isdigit, first + last))
    dashed, hour = match[3].strip() != "-", match[5].lstrip()[:1] in {*"Uuh時时点點시"}
    if first.isdigit() and last.isdigit() and not hour and not (match[2].strip() and dashed):
        sure = match[5] or (int(first) in _YEARS and int(last) in _YEARS)
        coded = first[0] == "0" != first or (int(first) <= _MONTHS and int(last) in _YEARS)
        is_range = int(first) < int(last) and not coded and (sure or digits <= _FEW)
    else:
        is_range = hour or dashed or digits <= _FEW + 2 or not first[0].isdigit() or ":" in first
    return match[1] + match[2] + until if is_range else match[0]


def _between(words: dict[str, str], space: str) -> Group:
    def put(match: re.Match[str]) -> str:
        sign, figure = match[1], match[2] if match.re.groups > 1 else ""
        said = words.get(sign, "")
        return f"{space}{said.format(figure)}{'' if figure else space}" if said else match[0]

    powers = Rule(r"(?<=[\w)])(\^)(\([^()]{1,40}\)|[-−]?[0-9A-Za-zΑ-ω]{1,9})", put)
    angles = "".join(sign for sign in "<>" if "{}" not in words.get(sign, ""))
    signs = any_of(sign for sign, said in words.items() if sign not in "<>+^" and "{}" not in said)
    framed = any_of(sign for sign, said in words.items() if sign != "^" and "{}" in said)
    pause = ", " if space else "、"
    plus = r"(?<=[^\s+])(?: (?=\+ )|(?=\+))(\+)(?!\+|(?<!\d\+)\(?\d(?:[ ().-]{0,2}\d){7}) ?"
    rules = (
        Rule(r"(?<![A-Za-z|])\|(?! )([^|\n]{1,40})(?<! )\|(?![\w|])", r"‖(\1)"),
        Rule(any_of(_ALIASES), lambda match: _ALIASES[match[0]]),
        Rule(r"(=[^=→⎸.;\n]{1,30}) ?→ ?(?=[^.;→=]{1,20}=)", rf"\1{',' if space else '，'}{space}"),
        Rule(rf"(?<=[^\W\d][^\W\d]) > (?=[^\W\d][^\W\d])(?!{_MONEY})", pause),  # in a menu
        Rule(_AMOUNT, lambda match: f"{words.get(match[1] * 2, match[1])} "),
        Rule(_SUBJECT if framed else "(?!)", lambda match: match[1] + (pause if space else "は")),
        Rule(_COMPARED if framed else "(?!)", put),
        Rule(f" ?([{angles}])(?: |(?=[\\d$€£¥₹-]))" if angles else "(?!)", put),
        Rule(r" ?[<>](?![ \d$€£¥₹-])", " "),
        powers if "^" in words else _RAISES,
        Rule(r"(?<![\w)])\^|\^(?![\w(-])", " "),
        Rule(f" ?({signs or '(?!)'}) ?", put),
        Rule(plus if "+" in words else "(?!)", put),
    )
    meant = {*"→<>^⁻|", *"".join(words), *"".join(_ALIASES)} - {*".,!?'\"’:;()%-"}
    return Group(f"[⁰⁴-⁹{re.escape(''.join(sorted(meant)))}]", rules)
