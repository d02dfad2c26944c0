"""Formulas in TeX, as agents write them, in the signs that each language has words for."""

from common.text.spoken.rules import Group, Rule, any_of

_SIGNS = {
    "times": "×", "cdot": "×", "div": "÷", "pm": "±", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥",
    "neq": "≠", "ne": "≠", "approx": "≈", "infty": "∞", "pi": "π", "alpha": "α", "beta": "β",
    "gamma": "γ", "delta": "δ", "theta": "θ", "lambda": "λ", "mu": "μ", "sigma": "σ", "omega": "ω",
    "rightarrow": "→", "to": "→", "sqrt": "√", "degree": "°",
    "dots": "…", "ldots": "…", "cdots": "…",
}  # fmt: skip
_ARGUMENT = r"\{([^{}]{1,80}+)\}"

_FORMULAS = Group(
    r"[\\$]",
    (
        Rule(r"\$\$|\\[()\[\]]", " "),
        Rule(
            r"(?<![\w$])\$(?=[A-Za-z\\(]|\d[^$\n]{0,80}[\\^=])"
            r"([^$\n]{1,200}+)(?<=[^\s$])\$(?!\w)",
            r"\1",
        ),
        Rule(r"\^\{?\\circ(?![A-Za-z])\}?", "°"),
        Rule(r"\^\{(-?\w{1,9})\}", r"^\1"),
        Rule(r"\^\{([^{}]{1,80}+)\}", r"^(\1)"),
        Rule(r"\\d?frac\{(\d)\}\{(\d)\}", lambda match: _fraction(match[1], match[2])),
        Rule(rf"\\d?frac{_ARGUMENT}{_ARGUMENT}", r"\1 ÷ \2"),
        Rule(rf"\\(?:text|mathrm|mathbf|boxed){_ARGUMENT}", r" \1 "),
        Rule(rf"\\({any_of(_SIGNS)})(?![A-Za-z])", lambda match: f" {_SIGNS[match[1]]} "),
        Rule(r"\\(?:left|right|quad|,)(?![A-Za-z])", " "),
    ),
)


def _fraction(above: str, below: str) -> str:
    """Keep a fraction below one, such as "1/2": it has a name in each language."""
    return f" {above}/{below}" if above < below else f"{above} ÷ {below}"


def read_formulas(text: str) -> str:
    return _FORMULAS.apply(text)


def warm() -> None:
    _FORMULAS.warm()
