"""Formulas in TeX, in the signs for which languages have words."""

import re
import unicodedata
from typing import Any

from common.text.spoken.rules import any_of, apply, read_rules, table

_WORDS = "sin|cos|tan|cot|log|ln|exp|lim|max|min|mod|det|gcd"
_SIGNS = table("""times ×|cdot ×|div ÷|pm ±|leq ≤|le ≤|geq ≥|ge ≥|neq ≠|ne ≠|approx ≈|sim ≈|equiv ≡
  |infty ∞|rightarrow →|to →|implies →|Rightarrow →|sqrt √|degree °|circ °|dots …|ldots …|cdots …|in ∈
  |notin ∉|int ∫|sum ∑|prod ∏|partial ∂|nabla ∇|forall ∀|exists ∃|cup ∪|cap ∩|subset ⊂|subseteq ⊆
  |emptyset ∅|angle ∠|perp ⊥|therefore ∴|propto ∝|parallel ∥|mid ∣|quad ,|qquad ,""")
for _letter in range(0x3B1, 0x3CA):  # Greek, small and capital
    _name = unicodedata.name(chr(_letter)).rpartition(" ")[2].lower().replace("lamda", "lambda")
    _SIGNS |= {_name: chr(_letter), _name.title(): chr(_letter).upper()}
_SIGNS |= table("varepsilon ε|varphi φ|vartheta θ|hbar ħ|ell ℓ|prime ′")
_SIGNS |= {word: word for word in _WORDS.split("|")}
_PATTERNS = {
    "SIGN": any_of(_SIGNS),
    "ARGUMENT": r"\{([^{}]{1,200}+)\}",
    "BOUND": r"(?:\{([^{}]{1,60}+)\}|(\\[a-z]{1,9}|\w))",
    "BEGINS": r"(?=[A-Za-z\\(|-]|\d[^$\n]{0,80}[\\^=]|\d{1,4}[a-z]{1,3}\$)",
}
_DELIMITERS = r"""
? \\|\$[^$\n]{0,200}\$
(?:(?<!\$)\$\$(?!\$)|\\[(\[])((?:[^$\\]|\\[^()\[\]]){1,400}+)(?:\$\$|\\[)\]])  =>  ␣{1:variables}␣
(?<!\$)\$\$(?!\$)|\\[()\[\]]  =>  ␣
(?<![\w$])\${BEGINS}((?:[^$\n\\]|\\.){1,200}+)(?<=[^\s$])\$(?!\w)  =>  {1:variables}
"""
_INNERMOST = r"""
? [{_]
\\begin\{(?:[a-z]?matrix|cases)\}([^{}]{1,300})\\end\{[a-z]{5,7}\}  =>  ␣({1:rows})
\\(int|sum|prod)_{BOUND} ?\^{BOUND}  =>  ␣{1:sign} {2}{3} → {4}{5},␣
\\lim_{BOUND}  =>  ␣lim {1}{2},␣
\^\{?\\circ(?![A-Za-z])\}?  =>  °
\\[dt]?frac{ARGUMENT}{ARGUMENT}  =>  {fraction}
\\[dt]?binom{ARGUMENT}{ARGUMENT}  =>  C({1}, {2})
\\sqrt\[(\d)\]{ARGUMENT}  =>  {2:term}^(1/{1})
\\sqrt{ARGUMENT}  =>  √{1:term}
\^{ARGUMENT}  =>  ^{1:term}
\\(?:begin|end)\{[a-z]{1,12}\*?\}  =>  ␣
(?<!\})(?:\\(?![dt]?(?:frac|binom))[A-Za-z]{1,20}|_)?{ARGUMENT}(?!\{)  =>  ␣{1}␣
"""
_COMMANDS = r"""
? [\\&]|[ ]{2}|[ ]\^
\\left(\W) ?| ?\\right(\W)  =>  {1}{2}
\\({SIGN})(?![A-Za-z])  =>  ␣{1:sign}␣
(?<![\w:\\.])\\(?:[A-Za-z]{1,20}|\|)|\\[,;!]  =>  ␣
&=  =>  =
\\\\(?!\w)  =>  ;
[ ]{2,}  =>  ␣
(?<! )[ ](?=\^)  =>
"""
_KNOWN = re.compile(rf"\\(?:[A-Za-z]{{1,20}}\{{|(?:{_PATTERNS['SIGN']})(?![A-Za-z]))|[\^_]\{{")
_WRITTEN = re.compile(  # what has letters side by side or a hyphen, and is no product or difference
    r"(\\(?:text|math|op|begin|end|ce)[a-z]*\s?\{[^{}]*\}|\\[A-Za-z]+|\d [A-Za-z]+|[A-Za-z]{4,}"
    rf"|[a-z]{{2,}}-[a-z]{{2}}|(?<![A-Za-z])(?:{_WORDS}|and|or|if|is|to|of|for)(?![A-Za-z]))"
    r"|-|\d?[A-Za-z]{2,3}|\d[a-z]"
)


def read_formulas(text: str) -> str:
    """Return the text with its formulas in signs. Commands without a sign are dropped."""
    text = text.replace("{,}", ",")
    opened = apply(DELIMITERS, text)
    if opened == text and not _KNOWN.search(text):
        return text
    for _ in range(6):  # levels of nested braces
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
    is_one = re.fullmatch(r"\s*(?:[-−]?\\?\w+(?: \w){0,2}(?:\([^()]*\))?|\W)\s*", written)
    return written if is_one else f"({written.strip()})"


def variables(formula: str) -> str:
    """Return a formula in which letters side by side stand apart, "m a", and "-" is a minus."""
    return _WRITTEN.sub(lambda found: found[1] or " ".join(found[0]).replace("-", "−"), formula)


_NAMES: dict[str, Any] = _PATTERNS | {f.__name__: f for f in (fraction, term, variables)}
_NAMES |= {"sign": _SIGNS, "rows": lambda it: it.replace("&", ",").replace(r"\\", ";")}
DELIMITERS, INNERMOST, COMMANDS = (
    read_rules(lines, _NAMES) for lines in (_DELIMITERS, _INNERMOST, _COMMANDS)
)
