"""The spoken form within a line: tags, formulas, stage directions, links, addresses, emphasis."""

import re
import unicodedata
from collections.abc import Callable
from functools import partial
from html import unescape
from html.entities import html5
from operator import methodcaller
from typing import Any

from common.text.language import Language
from common.text.spoken.formulas import read_formulas, term
from common.text.spoken.rules import AS_WRITTEN, RAISED, Rule, Rules, apply, read_rules, table

_NAMES: dict[str, Any] = {
    "FACES": "\U0001f300-\U0001faff\u2728",
    "COLUMN": r"(?<! )(?:[ ]{2,}|[ ]?\t\s?)(?=[^\W_]|[(\"“$€£+-])",
    "SECRET": r"((?i:\b(?:pass(?:word|phrase|code)|pwd?|secret|api key|token)[^`\n]{0,20}))",
    "CODE": "(?<!`)(`{1,3}+)[^`]{1,500}+\\1",
    "BREAK": r"<br\s?/?>",
    "MENTION": r"(?!(?<=[\w,] )<\w++> [a-z])",
    "BLOCK": (
        "</?(?:p|div|h[1-6]|ul|ol|li|table|thead|tbody|tfoot|tr|blockquote|section|article|header|footer|main"
        "|pre|dl|dt|dd|hr|figure|figcaption|summary|details|center)"
    ),
    "INLINE": (
        "a|abbr|b|big|cite|code|del|em|font|i|img|ins|kbd|mark|q|samp|small|span|strike|strong|sub|sup|td|th|tt|u"
        "|video|audio|button|input|label|option|select|speak|break|emphasis|prosody|voice|say-as|phoneme|lang|emotion"
    ),
    "NAME": r"[A-Za-z][\w:.-]{0,40}",
    "REST": (
        r"""(?:\s++(?:[\w:.@-]{1,40}+\s?=\s?(?:"[^"<>]{0,300}"|'[^'<>]{0,300}'|[^\s"'<>]{1,300})|open|controls|checked|disabled|required)){0,12}\s?"""
    ),
    "ACT": (
        "(?i:(?:laugh|chuckl|giggl|sigh|smil|whisper|gasp|cough|nodd?|wink|grinn?|shrugg?|cheer|sobb?|paus"
        "|wav|bow|blush|clapp?|hugg?|ponder|tilt|lean|rais|clear|yawn|beam|glanc)(?:e?s?|ing))"
    ),
    "PLACE": "(?:an?|the|his|her|its|their|my|your|at|up|down|back|away|around|over|into|out|off)",
    "NONE": "optional|required|recommended|new|beta|note|sic|link|image|name|edit|more|here|x",
    "ALONE": r"(?=\s*(?:$|[A-ZÀ-Þ\"“¡¿]))",
    "COUNTER": "[%年月日時时点년월일시]",
    "TARGET": r"\]\((?:[^()]|\([^()]{0,300}+\)){0,1000}+\)",
    "WORDS": r"((?:/[a-z]{2,14}(?:-[a-z]{2,12}){,2}){1,2})/?(?![\w/?#=&%-]|\.\w)",
    "HOST": r"(?:[a-z0-9-]{1,63}\.){1,4}",
    "PATH": r"[!#-&(-;=?-Z_a-z~]*+",
    # What a bare domain may end in. Words of a language ("it", "in") only stand after www.
    "ENDS": (
        r"co\.uk|org\.uk|ac\.uk|gov\.uk|com\.au|co\.jp|co\.in|com\.br|com|org|net|gov|edu|mil|io|dev|ai"
        "|app|info|biz|tv|uk|de|fr|es|eu|ca|au|jp|cn|br|nl|ch|se|dk|pl|ru|mx|kr|nz|photos"
        "|photography|museum|travel|online|store|shop|site|blog|cloud|tech|agency|design|studio|community|xyz"
    ),
    "FILES": (
        "js|ts|py|rb|rs|go|java|cpp|md|txt|pdf|docx?|xlsx?|pptx?|csv|json|ya?ml|toml|xml|html?|css|png"
        "|jpe?g|gif|svg|mp[34]|zip|exe|sh|sql"
    ),
    "keys": lambda keys: re.sub(r"\W", lambda key: {"*": "＊", "#": "＃"}.get(key[0], ""), keys),
    "raised": methodcaller("translate", RAISED),
    "character": lambda match: unescape(match[0]),
    "entity": lambda match: html5.get(match[1], match[0]),
    "formulas": lambda match: read_formulas(match[0]),
    "line": lambda tag: tag[0] if tag[1] else "\n- " if tag[2] else ", " if tag[3] else "\n\n",
    "apart": lambda types: f" {re.sub('[<>]', ' ', types)} ",
    "lowered": lambda raised: term(unicodedata.normalize("NFKC", raised).replace("−", "-")),
    "UP": "[⁰-ⁿ¹²³ᵀᵃ-ᵡˣʸʳˢ]",
    "loudest": lambda marks: next(mark for mark in "?？!！" if mark in marks),
}
_LINES = r"""
(?i:{CODE}|{BREAK}(?:\s{0,9}{BREAK}|(?=\s{0,9}(?-i:[A-Z\d])))|<(li){REST}>|(?:{MENTION}{BLOCK}{REST}/?>)++|</t[dh]>\s{0,9}(?=<(t)[dh]))
    =>  {line}
"""
_INLINE = r"""
[columns]  [ ]{2}|\t
(?<=[\w)%]){COLUMN}  =>  ,␣
[code]  `
{SECRET}`([^`\s]{1,80})`  =>  {1} {2:secret}
(?<!`)(`{1,3}+)([^`]{1,500}+)\1  =>  {2:code}
[HTML]  <[A-Za-z/!]|&[#A-Za-z]
<!--(?:[^-]|-(?!->)){0,300}+-->|(?i:<br\s?/?>|<(script|style){REST}>[^<]{0,1000}</\1>)  =>  ␣
(?<=[\w)])<sup>(\d{1,3})</sup>|(?<=[.!?…])<sup>\d{1,3}</sup>  =>  {1:raised}
<({NAME})>(?=[^\n]{0,400}</\1\s?>)  =>
^<(?:response|answer|final(?:_answer)?|output|result|reply|message|assistant|speech|text)>$  =>
<{ACT}>{ALONE}  =>
(?<![A-Za-z\d])([A-Za-z\d)])<(?=[A-Za-z](?![\w:]*\s?/?>|[\w:-]*\s[\w:-]+=)|\w+>[A-Za-z\d])  =>  {1} <␣
(?<=[^\W_]{2})<([\w, .?[\]]{1,40}(?:<[\w, .?[\]]{1,40}>)?)>(?![\w(])  =>  {1:apart}
</{NAME}\s?>(?=<[A-Za-z])  =>  ␣
{MENTION}(?i:</?(?:{INLINE}){REST}/?>)|</{NAME}\s?>  =>
<{NAME}(?=[\s=/])(?:{REST}/?|=[^<>\s]{1,40})>  =>  ␣
<([A-Za-z](?:(?! (?:and|or) )[\w -]){0,40})>  =>  {1}
&#(?:\d{1,7}|[xX][\dA-Fa-f]{1,6});  =>  {character}
&([A-Za-z]{2,31}\d{0,2};)  =>  {entity}
[formulas]  [\\${|]
[^\n]+  =>  {formulas}
[formulas in plain text]  \d[eE][-+−]|[²³]{UP}|[⁰-⁻ⁿ¹ʳˢˣʸᵀᵃ-ᵡⱼᵢ-ᵪₐ-ₜℂ-ℤ\u0304/·]|\d →
([ℂℕℙℚℝℤ]++|(?<=[A-Za-zα-ω])[ᵢ-ᵪₐ-ₜⱼ]++|(?<=[\dn])[ˢⁿʳᵗ][ᵗᵈʰ])  =>  {1:lowered}
(?<![^\W\d_][A-Za-z])(?<=[\dA-Za-z)])(?![¹²³](?!{UP})|ᵉ)({UP}++)(?<![⁺⁻])(?!\w)  =>  ^{1:lowered}
(?<![^\W_])([A-Za-z])\u0304(?!\w)  =>  {1}‾
(?<![\w.])(\d++(?:\.\d++)?)[eE]\+?(?<=[-+eE])([-−]?\d{1,3})(?!\w)  =>  {1} × 10^{2}
(?<=[²³)\]])/\((\d{1,3})(?=[a-zα-ω]{1,2}\))  =>  ␣÷ ({1} ×␣
(?<=[²³)\]!]) ?/ ?(?=[(\[\d]|[A-Z]\()|/(?=√)|(?<=√\(\d[a-z])/|(?<=[α-ω])/(?=[\dα-ω])
    =>  ␣÷␣  near [=≈√+±πθ×)]
(?<=[\d)!²³]) ?· ?(?=[\d(√α-ω])|(?<![^\W_])(?<=[A-Za-z]) · (?=[A-Za-z](?![^\W_]))  =>  ␣×␣  near [=≈±]
(\d ?[×÷*+−] ?[\d.,]+) → (?=[-−$€£]?\d)  =>  {1} =␣
[stage directions]  [*\[_][A-Za-z(]|^\([a-z]{3,12}\)
(^|[.!?…]\s{0,9})\[(?!(?:{NONE})\])[a-z'-]{2,20}(?: [a-z'-]{2,20})?\]{ALONE}  =>  {1}
\[{ACT}\](?!\() ?|[*_]?\({ACT}\)[*_]?{ALONE}|([*_]){ACT}(?: [^*_.!?]{0,50}+)?\1(?![*_\w]){ALONE}  =>
(^|[.!?…]["”]?\s{1,9})([*_])[a-z]{2,20}s {PLACE}(?: [^*_.!?\n]{1,80}+)?\2(?![*_\w]){ALONE}  =>  {1}
[smileys, stars, footnotes]  [:;<]-?[)(DP3]|[{FACES}⭐★☆]|[¹²³⁰⁴-⁹]
(?:[⭐★☆]\ufe0f?){2,9}½?|(?<!\d)(?<!\d )[⭐★☆]  =>
(?<=\w)(?: [:;]-?[)(DP]| ?[{FACES}]{1,20}+)(?= [A-ZÀ-Þ])  =>  .
(?<=[.!?…,;”"])[¹²³⁰⁴-⁹]{1,3}(?:[,–-][¹²³⁰⁴-⁹]{1,3})*+(?!\S)|(?<!\S)[:;]-?[)(DP](?!\w)  =>
(?<!\w)(I|[Yy]ou|[Ww]e) <3++(?= \w)  =>  {1} love
(?i:\b(you|thanks|it|this|love)([!.]?) <3+)(?!\d|[.,]\d)  =>  {1}{2}
[links]  \[|\]\(
\[\^[^\]\s]{1,40}\]:?  =>
(?<!\w)\[([^\[\]]{1,500}+)\]\[[^\[\]]{0,200}+\]  =>  {1}
!\[([^\[\]]{0,500}+){TARGET}  =>  {image}
\[\[?\d{1,4}\]\]?{TARGET}|\[\[\d{1,4}{TARGET}\]  =>
\[([^\[\]]{0,500}+){TARGET}  =>  {link}
{TARGET}  =>
[single signs]  [ (][!@#$%&*](?:,| or | and |\))
(?<=[ (])(?!(?<=[a-z]{3}[ntykgd] )#)([!@#$%&*])(?=,| or | and |\))  =>  {1:sign}
[addresses]  ://|@
<?(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+]{1,15}+://({PATH})>?  =>  {url}
<?(?<![A-Za-z0-9.+%_-])(?:mailto:)?([A-Za-z0-9][A-Za-z0-9.+%_-]{0,63}+)@((?:[A-Za-z0-9_-]{1,63}\.){1,6}[A-Za-z]{2,24})(?![A-Za-z0-9])>?
    =>  {mail}
(?<!\w)(!?@#[$%^&*!?_+=-]{0,9})  =>  {1:secret}
(?<![\w@.])@(?=[A-Za-z_])  =>  {handle}
(?<=[a-z])@[~^]?(?=\d)  =>  {at}
[domains, files]  \.[A-Za-z0-9]
(?<![^\s("'])\.(?=[A-Za-z]{2})  =>  {hidden}
(?<![\w@.-])(?:www\.({HOST}[a-z]{2,24})|({HOST}(?:{ENDS}|[a-z]{2,6}(?=/[A-Za-z0-9]))))(?![\w-]|\.\w)(?:{WORDS}|[/:]{PATH})?
    =>  {domain}
(?<=[A-Za-z0-9])\.(?=(?:{FILES})(?![\w-]))  =>  {dot}
[emphasis, escapes, products]  [*_\\|]
(?<![\w*])(?=(?:[ -]?\*){4})\*[* -]{3,30}(?=\d{3,6}(?!\d))  =>  ••••
(?<![\w*])\*(\d{2,3})(?=[ ,;:)]|[.!?](?!\w)|$)(?![^*\n]{0,200}\*)  =>  ＊{1}
(?<![\w*#\\])(\\?[*#](?:\\?[*#])?\d{1,6}(?:\\?\*\d{1,12}){0,3}#)(?!\w)  =>  {1:keys}
\\([!-/:-@\[-`{-~])  =>  {1}
(?:(?<=[\d)])|(?<![\w*])([A-Za-z]))\*\*(?=\d|[a-z](?![\w*])|\()  =>  {1}^
(?<=\d) ?\* ?(?=\d)|(?<=[\d)])\*(?=\()|(?<=[\d)]) \* (?=[\w(])|(?<=\w) \* (?=[\d(])  =>  ␣×␣
(?<![^\W_])([A-Za-z]) \* (?=[A-Za-z](?![^\W_]))  =>  {1} ×␣
(?<=[\w.!?])\* → \*(?=\w)  =>  ” → “
(?<=[\d%])(\*\*|__) [–—-] (?=[$€£~]?\d)  =>  ,␣
^([^*]*+)(?<=\b[A-Z])\*(?=[ ,;:)]{1,2}[^*]*+$)  =>  {1} star
\*+  =>
(?<=[^\W_])_++(?=[^\W_])  =>  ␣
_+  =>
(?<=[^\s:])[ ]{1,3}\|[ ]{1,3}(?=\S)  =>  ,␣
[tildes]  ~
~~+  =>
(?:(?<=[^\W_])(?<![A-Za-z]{2})~|(?<=\d) ~ |(?<={COUNTER}) ~ )(?=[$€£¥₹]?\d)  =>  –
(?<![A-Za-z])~(?= ?[\d$€£¥₹])  =>  ≈
[angle brackets]  <
<!-*  =>  ␣
<(/?{NAME})>  =>  {1}
(?<=[\w)]) ?([<>])(?=[A-Za-z(])|([<>])(?=-\d)|(<)(?=[A-Za-z/])  =>  ␣{1}{2}{3}␣
"""
_PUNCTUATION = r"""
[doubled marks]  [.!?,…！？] ?[.!?,…！？]|[ (][),.。，、！？；：।]|\( |:[ ]?/|--
:[ ]?/[ ]?/[/ ]*  =>  ␣
([!?！？] ?[!?！？]{1,}+)  =>  {1:loudest}
[.…]{2,}+  =>  …
--(?<!\S--)-*+(?!\S)  =>  —
\( ?\)|(?<=\()[ ]|[ ](?=\))  =>
[ ]([,.](?![\w/])|[。，、！？；：।])  =>  {1}
(?<=[.!?…])[.](?=\s|$)|,(?=[ ]?,|\.$)  =>
"""
_AFTER_ADDRESS = ".,;:!?*_~'"
_SIGN_NAMES = table(r"""_ underscore|- dash|! exclamation mark|@ at sign|# hash|$ dollar sign|% percent
  |& ampersand|* star|. dot|= equals|+ plus|? question mark|^ caret|~ tilde|/ slash|: colon|, comma
  |; semicolon|\ backslash|< less than|> greater than|( parenthesis|) parenthesis|[ bracket|] bracket
  |{ brace|} brace|" quote|== double equals|=== triple equals|!= not equals|!== strictly not equals
  |&& double ampersand|=> arrow|-> arrow|"" empty string|** double star|__ double underscore
  |@{ at brace|{} curly braces|[] square brackets|() parentheses""")
_SIGN_NAMES |= {"|": "pipe", "||": "double pipe"}
_NAMED = r"""--(?!\w)|(?<!\S)(?://|\?\?|<<|>>|\.{1,3}|[|~^])(?!\S)|^#!|^[#:](?=[\w .])
|(?<!\w)__?(?=[A-Za-z])|(?<=[\w\])])\[(?!\]|[A-Za-z]\w+\])|(?<=[\[\w:]):(?=[-+:\w]{0,9}\])|\[(?=\.)
|\[\]|\{\}|@?\{+(?=[\w ])|\.{2,3}(?=\w)|(?<=:)\.(?=\d)|(?<=\w):(?=[.,]\w)|(?<=['"])[\[\]{}()](?=['"])
|\|(?==)|\\(?=[nrt0](?!\w)|["'])|\$(?=[A-Z]{0,2}\$?\d(?![\d,]*[.,]\d)|[^\w{]|$)
|(?<![\w)&] )(?<![\w)&])&(?=\w)|\^(?![\w(])|(?<![\w)])\^|(?<![=!<>])==(?!=)|\*\*?|~(?=\w)|[-=]>
|!(?=imp)|-?%(?=-?[A-Za-z])"""
_CODE = r"""
(?<![A-Za-z])([a-z]{2,9})://  =>  {1}␣
(?<=[\w)\]])(?<!SELECT) ?\*\* ?(?=[\w(])  =>  ^
(?<=[\w)\]])(?<!SELECT)( ?)\*\1(?=[\w(])  =>  ␣×␣
[signs]  [^\w\s().,"'=-]|--|==|\.\.| -[ =]|(?<!\w)[._]|\d[A-Za-z]|^["()]{2}$
^([!-/:-@\[-`{-~ ]{1,6}|\\\w(?:[+*?]|\{\d\})?)$  =>  {1:signs}
({NAMED})  =>  ␣{1:signs}␣
(?<!\w)(\d{1,6})([A-Za-z]{1,3})(?!\w)  =>  {1} {apart}{2}
(?<=[\w)\]]) -(?: (?=[\w(])|(?==))  =>  ␣minus␣
(?<=[\w)]) % (?=[\w(])  =>  ␣modulo␣
[ ]?\|\|[ ]?  =>  ␣or␣
(?<![\w=)])!(?=(?!important)[A-Za-z(])  =>  not␣
(?:<(/)|(?<![A-Za-z\d)])<)(?=[A-Za-z])([^<>]{1,80}?)\s?/?>  =>  ␣{1:signs} {2}␣
(?:~(?!/)|[*_|\\{}\[\]])+  =>  ␣
"""
_REGEX = re.compile(r"(?=.{4})(?!\\\w\{\d\}$).*?(?:(?<![\w\])])\[\^?\w-\w|\\[dwsbDWSB.](?![a-z]))")


def _signs(written: str) -> str:
    """Return the names of signs, each alone where they have none together."""
    alone = re.sub(r"[^\w\s]|_", lambda sign: f" {_SIGN_NAMES.get(sign[0], sign[0])} ", written)
    return _SIGN_NAMES.get(written, alone)


CODE = read_rules(_CODE, {"signs": _signs, "apart": "\u2060", "NAMED": _NAMED.replace("\n", "")})
LINE_RULES = read_rules(_LINES, _NAMES)
"""Put each block of HTML on lines of its own. A break before a small letter only wraps the line."""


def inline_rules(language: Language) -> Rules:
    """Return the rules that leave the words of a line. Their order is that of the nesting."""
    words = language.said
    dot = f" {words.dot} " if words.dot != "." else "."
    at = f" {words.at} " if words.at != "@" else "@"
    english = words.dot == "dot"

    def image(match: re.Match[str]) -> str:
        said = f"{words.image}: {match[1].strip()}" if match[1].strip() else words.image
        followed = re.match(r"\s+[A-ZÀ-Þ]", match.string[match.end() :])
        return said + ("." if followed and said[-1].isalnum() else "")

    def link(match: re.Match[str]) -> str:
        return match[1] if match[1].strip() else match[0][match[0].index("(") + 1 : -1]

    def url(match: re.Match[str]) -> str:
        rest, after = _trimmed(match[1])
        host = re.split("[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
        host = host.lower().removeprefix("www.").replace(".", dot)
        return f" {words.link.format(host) if host else ''}{after}"

    def mail(match: re.Match[str]) -> str:
        local = _signs(match[1]) if english else match[1].replace(".", dot)
        return (local + at + match[2].replace(".", dot)).replace("_", chr(AS_WRITTEN[ord("_")]))

    def domain(match: re.Match[str]) -> str:
        words = (match[3] or "").replace("/", " slash ").replace("-", " ") if english else ""
        return (match[1] or match[2]).replace(".", dot) + words + _trimmed(match[0])[1]

    said: dict[str, Any] = {"dot": dot, "hidden": dot.lstrip(), "handle": f"{words.at} ", "at": at}
    said |= {each.__name__: each for each in (image, link, url, mail, domain)}
    as_written = methodcaller("translate", AS_WRITTEN)
    secret, in_code = (_signs, partial(apply, CODE)) if english else (as_written, as_written)
    said |= {"secret": secret, "code": partial(_code, words.code, in_code)}
    return read_rules(_INLINE, _NAMES | said | {"sign": _signs if english else str})


def punctuation_rules(language: Language) -> Rules:
    """Return the rules that tidy what is left."""
    close_up = Rule(" (?=[!?;:])", "")
    return read_rules(_PUNCTUATION, _NAMES) + (() if language.space_before_marks else (close_up,))


def _trimmed(address: str) -> tuple[str, str]:
    """Return an address, and the punctuation after it that belongs to the sentence."""
    cut = len(address.rstrip(_AFTER_ADDRESS))
    if address[:cut].endswith(")") and "(" not in address:
        cut = len(address[:cut].rstrip(_AFTER_ADDRESS + ")"))
    return address[:cut], address[cut:]


def _code(instead: str, say: Callable[[str], str], code: str) -> str:
    """Return the words of inline code, in which marks are no markdown; `instead` for a pattern."""
    return instead if _REGEX.match(code) else " ".join(say(code.strip()).split())
