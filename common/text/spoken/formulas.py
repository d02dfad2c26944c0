"""Formulas in TeX, in the signs for which languages have words."""

import re
import unicodedata
from operator import methodcaller
from typing import Any

from common.text.spoken.rules import RAISED, any_of, apply, read_rules, table

_WORDS = "(?:arc)?(?:sin|cos|tan|cot)h?|sec|csc|log|ln|exp|lim|max|min|mod|det|gcd"
_SIGNS = table("""times ×|cdot ×|div ÷|pm ±|leq ≤|le ≤|geq ≥|ge ≥|neq ≠|ne ≠|approx ≈|sim ≈|equiv ≡
  |infty ∞|rightarrow →|to →|implies →|Rightarrow →|sqrt √|degree °|circ °|dots …|ldots …|cdots …|in ∈
  |notin ∉|int ∫|sum ∑|prod ∏|partial ∂|nabla ∇|forall ∀|exists ∃|cup ∪|cap ∩|subset ⊂|subseteq ⊆
  |emptyset ∅|angle ∠|perp ⊥|therefore ∴|propto ∝|parallel ∥|mid ∣|quad ,|qquad ,|iff ⇔|Leftrightarrow ⇔
  |Longrightarrow →|longrightarrow →|leftarrow ←|lt <|gt >|leqslant ≤|geqslant ≥|ll ≪|gg ≫|mp ∓|cong ≅
  |land ∧|lor ∨|neg ¬|not= ≠|not\\in ∉|over ÷|varepsilon ε|varphi φ|vartheta θ|hbar ħ|prime ′
  |mapsto →|setminus −|lfloor floor(|rfloor )|lceil ceiling(|rceil )|pmod mod|bmod mod""")
for _letter in range(0x3B1, 0x3CA):  # Greek, small and capital
    _name = unicodedata.name(chr(_letter)).rpartition(" ")[2].lower().replace("lamda", "lambda")
    _SIGNS |= {_name: chr(_letter), _name.title(): chr(_letter).upper()}
_PATTERNS = {
    "SIGN": any_of(_SIGNS),
    "ARGUMENT": r"\{([^{}]{1,200}+)\}",
    "SHORT": r" ?(?:\{([^{}]{1,200}+)\}|(\d|[A-Za-z]|\\[A-Za-z]{2,9}(?![A-Za-z{])))",
    "BEGINS": r"(?=[A-zΑ-ω({|-]|\d[^$\n]{,80}[\\^=]|\d[(-,.-9<>° ×÷]*+(?:[a-z] ?[-+/<>$]|(?<![ /])\$))",
    "EDGE": "0-9A-Za-zÀ-ӿ$",  # letters of scripts with spaces: no formula touches one
    "LAYOUT": r"left|right|[bB]igg?[lr]?|\w{1,9}(?:style|line)|(?:no)?limits|math\w{2,5}|vec|dot|rm|bf",
}
_DELIMITERS = r"""
(?<!\w)((?:[PEpH]|Var)(?:\\left ?)?[(\[][^()\[\]|]{1,60}+)\|(?=[^()\[\]|]{1,60}+[)\]])  =>  {1} ∣␣
[delimiters]  \\|\$[^$\n]{0,200}\$
(?:(?<!\$)\$\$(?!\$)|\\[(\[])((?:[^$\\]|\\[^()\[\]]){1,400}+)(?:\$\$|\\[)\]])  =>  ␣{1:variables}␣
(?<!\$)\$\$(?!\$)|(?<!\\)\\[()\[\]]  =>  ␣
(?<![{EDGE}])\${BEGINS}((?:[^$\n\\]|\\.){1,200}+)(?<=[^\s$])\$(?![{EDGE}])  =>  {1:variables}
"""
_INNERMOST = r"""
[braces]  [{_^\\]
\\(begin|end)\{[bBpvV]?(?:small)?matrix\}  =>  {1:sign}
\\(int|sum|prod)(?:\\limits)?_{SHORT} ?\^{SHORT}  =>  ␣{1:sign} {2}{3} → {4}{5},␣
(?:\\[rbB][a-z]{3,4} ?)?[\]|.]_{SHORT} ?\^{SHORT}  =>  ], ⎸{1}{2} → {3}{4},␣
\\lim_{SHORT}  =>  ␣lim {1}{2},␣
\^\{?\\circ(?![A-Za-z])\}?  =>  °
\\(sin|cos|tan|cot)\^(?:\{-1\}|\{−1\})  =>  ␣arc{1}␣
\\(bar|overline|(?:wide)?hat)(?! ?\{\w ?\w){SHORT}  =>  {2}{3}{1:sign}␣
\\[cdt]?frac(?![A-Za-z]){SHORT}{SHORT}  =>  {fraction}
\\[dt]?binom{ARGUMENT}{ARGUMENT}  =>  C({1}, {2})
\\sqrt\[(\w)\]{ARGUMENT}  =>  {2:term}^(1/{1})
\\sqrt{ARGUMENT}  =>  √{1:term}
\^{ARGUMENT}  =>  ^{1:term}
\\(?:begin|end)\{[a-z]{1,12}\*?\}(?:\{[lcr |]{1,9}\})?  =>  ␣
(?<!\})(?<!frac)(?<!frac\d)(?:\\(?!.?frac|.?binom|pm)[A-Za-z]{1,20}|_)?{ARGUMENT}(?! ?\{)  =>  ␣{1}␣
"""
_COMMANDS = r"""
[commands]  [\\&]|[ ][ ^]
\\left(\W) ?| ?\\right(\W)  =>  {1}{2}
[ ]?\\rvert(?![A-Za-z])|\\l?vert(?![A-Za-z])[ ]?|\\\|  =>  |
\\({SIGN})(?![A-Za-z])  =>  ␣{1:sign}␣
(?<![\w:\\.])\\(?:{LAYOUT})(?![A-Za-z])|(?<!\\)\\[,;:! ]  =>  ␣
(?<![\w:\\.])\\([A-Za-z]{2,20})  =>  ␣{1}␣
&(?=[=<>≤≥≈]| [≤≥≈≡])|\\\\(?:\[[\w. -]{2,8}\])?(?=\W{,9}$)  =>  ␣
\\\\(?:\[[\w. -]{2,8}\]|(?![A-Za-z_]))  =>  ;␣
[ ](?=[ ^;])  =>
(?<![A-Za-z])(k?m|[cdm]m|/s)\^([23])(?!\w)  =>  {1}{2:raised}
"""
_APART = r"""
(?<![\w^.,])(\d++(?:[.,]\d++)*+|[A-Z](?= ?(?:\\left ?)?\(1 ?[-+]))(?= ?(?:\\left ?)?\()  =>  {1} ×␣
\s?&(?!\s?(?:[=<>≈]|\\(?:[lg]e|approx|equiv)))\s?|\s?&\s?(?=\\text)  =>  ,␣
(?<=\w)(?<!\\not)(?=\\[A-Za-z])|(?<=\})(?=\\text|\\math)|^(?:\{\})?\^  =>  ␣
"""
_WRITTEN = re.compile(  # what has letters side by side or a hyphen, and is no product or difference
    r"(\\(?:text|math|op|begin|end|ce)[a-z]*\s?\{[^{}]*\}/?|/(?=\\(?:text|math))|\\[A-Za-z]+|(?<![\w^}])\d+/\d+"
    r"|\d [A-Za-z]+(?:/[a-z]+)?|d[a-z]/d[a-z]|(?<![A-Za-z])k?m/[sh]|[A-Za-z]{4,}"
    rf"|[a-z]{{2,}}-[a-z]{{2}}|(?<![A-Za-z])(?:{_WORDS}|and|or|if|is|to|of|for)(?![A-Za-z]))"
    r"|[-/]|\d?[A-Za-z]{2,3}|\d[a-z]"
)


def read_formulas(text: str) -> str:
    """Return the text with its formulas in signs. Commands without a sign become words."""
    text = text.replace("{,}", ",")
    opened = apply(DELIMITERS, text)
    if opened == text and not re.search(r"\\[A-Za-z]{2}|[\^_]\{", text):
        return text
    for _ in range(6):  # levels of nested braces
        if opened == (opened := apply(INNERMOST, opened)):
            break
    return apply(COMMANDS, opened)


def fraction(match: re.Match[str]) -> str:
    """Return "1/2", which each voice can read, or the sign of a division."""
    above, below = (part.strip() for part in match.groups() if part)
    after = match.string[match.end() : match.end() + 8].lstrip().removeprefix(r"\left").lstrip()
    times = "× " if after[:1] in {"(", "["} and above not in {"d", r"\partial", "∂"} else ""
    if above.isdigit() and below.isdigit() and (len(above), above) < (len(below), below):
        return f" {above}/{below} {times}"
    return f" {term(above)} ÷ {term(below)} {times}"


def term(written: str) -> str:
    """Put a term of several parts in brackets."""
    is_one = re.fullmatch(r"\s*(?:[-−]?\\?\w+(?: \w){0,2}(?:\([^()]*\))?|\W)\s*", written)
    return written if is_one else f"({written.strip()})"


def variables(formula: str) -> str:
    """Return a formula in which letters side by side stand apart, "m a", and "-" is a minus."""
    text = apply(APART, formula)
    return _WRITTEN.sub(lambda m: m[1] or " ".join(m[0]).replace("-", "−").replace("/", "÷"), text)


_NAMES: dict[str, Any] = _PATTERNS | {f.__name__: f for f in (fraction, term, variables)}
_NAMES |= {"raised": methodcaller("translate", RAISED)}
_NAMES["sign"] = _SIGNS | table("bar ‾|overline ‾|hat ‸|widehat ‸|begin (|end )")
_ALL = [read_rules(it, _NAMES) for it in (_DELIMITERS, _INNERMOST, _COMMANDS, _APART)]
DELIMITERS, INNERMOST, COMMANDS, APART = _ALL
