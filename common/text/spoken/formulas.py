"""Formulas in TeX, in the signs for which languages have words."""

import re
import unicodedata

from common.text.spoken.rules import any_of, apply, read_rules, table

_SIGNS = table("""times ×|cdot ×|div ÷|pm ±|leq ≤|le ≤|geq ≥|ge ≥|neq ≠|ne ≠|approx ≈|sim ≈|equiv ≡
  |infty ∞|rightarrow →|to →|implies →|Rightarrow →|sqrt √|degree °|circ °|dots …|ldots …|cdots …|in ∈
  |notin ∉|int ∫|sum ∑|prod ∏|partial ∂|nabla ∇|forall ∀|exists ∃|cup ∪|cap ∩|subset ⊂|subseteq ⊆
  |emptyset ∅|angle ∠|perp ⊥""")
for _letter in range(0x3B1, 0x3CA):  # Greek, small and capital
    _name = unicodedata.name(chr(_letter)).rpartition(" ")[2].lower().replace("lamda", "lambda")
    _SIGNS |= {_name: chr(_letter), _name.title(): chr(_letter).upper()}
_SIGNS |= table("varepsilon ε|varphi φ|vartheta θ|hbar ħ|ell ℓ|prime ′")
_PATTERNS = {
    "SIGN": any_of(_SIGNS),
    "WORD": "sin|cos|tan|cot|log|ln|exp|lim|max|min|mod|det|gcd",
    "ARGUMENT": r"\{([^{}]{1,200}+)\}",
    "BEGINS": r"(?=[A-Za-z\\(-]|\d[^$\n]{0,80}[\\^=])",
}
_DELIMITERS = r"""
? [\\$]
\$\$|\\[()\[\]]  =>  ␣
(?<![\w$])\$(\d{1,4})([a-z]{1,3})\$(?!\w)  =>  {1} {2}
(?<![\w$])\${BEGINS}((?:[^$\n\\]|\\.){1,200}+)(?<=[^\s$])\$(?!\w)  =>  {1}
"""
_INNERMOST = r"""
? \{
\^\{?\\circ(?![A-Za-z])\}?  =>  °
\\[dt]?frac{ARGUMENT}{ARGUMENT}  =>  {fraction}
\\sqrt{ARGUMENT}  =>  √{1:term}
\^{ARGUMENT}  =>  ^{1:term}
\\(?:begin|end)\{[a-z]{1,12}\*?\}  =>  ␣
(?<!\})(?:\\(?![dt]?frac)[A-Za-z]{1,20}|_)?{ARGUMENT}(?!\{)  =>  ␣{1}␣
"""
_COMMANDS = r"""
? [\\&]|[ ]\^
(?<! )[ ]++(?=\^)  =>
(\\(?:int|sum|prod))(?:_| (?![j-z]\^))([^\s^]{1,20})\^(\([^()]{1,40}\)|\\?\w{1,10})  =>  {1} {2} → {3},␣
\\({SIGN})(?![A-Za-z])  =>  ␣{1:sign}␣
\\({WORD})(?![A-Za-z])  =>  ␣{1}␣
(?<![\w:\\.])\\(?:[A-Za-z]{1,20}|[,;!|])  =>  ␣
\\[,;!]  =>  ␣
&=  =>  =
"""
_KNOWN = re.compile(
    rf"\\(?:[A-Za-z]{{1,20}}\{{|(?:{_PATTERNS['SIGN']}|{_PATTERNS['WORD']})(?![A-Za-z]))|[\^_]\{{"
)
_DEPTH = 6  # levels of nested braces that are read


def read_formulas(text: str) -> str:
    """Return the text with its formulas in signs. Commands without a sign are dropped."""
    if "\\" not in text and "$" not in text and "{" not in text:
        return text
    text = text.replace("{,}", ",")
    opened = apply(DELIMITERS, text)
    if opened == text and not _KNOWN.search(text):
        return text
    for _ in range(_DEPTH):
        opened = apply(INNERMOST, opened)
    return apply(COMMANDS, opened)


def fraction(match: re.Match[str]) -> str:
    """Return "1/2", which each voice can read, or the sign of a division."""
    above, below = match.groups()
    if above.isdigit() and below.isdigit() and (len(above), above) < (len(below), below):
        return f" {above}/{below}"
    return f"{term(above)} ÷ {term(below)}"


def term(written: str) -> str:
    """Put a term of several parts in brackets."""
    return written if re.fullmatch(r"-?\w+|\W", written) else f"({written.strip()})"


_NAMES = _PATTERNS | {"fraction": fraction, "term": term, "sign": _SIGNS.__getitem__}
DELIMITERS, INNERMOST, COMMANDS = (
    read_rules(lines, _NAMES) for lines in (_DELIMITERS, _INNERMOST, _COMMANDS)
)
