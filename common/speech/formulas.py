"""Formulas in TeX, as agents write them, in the signs that each language has words for."""

from common.speech.rules import Group, Rule, any_of

_SIGNS = {
    "times": "×", "cdot": "×", "div": "÷", "pm": "±", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥",
    "neq": "≠", "ne": "≠", "approx": "≈", "infty": "∞", "pi": "π", "alpha": "α", "beta": "β",
    "gamma": "γ", "delta": "δ", "theta": "θ", "lambda": "λ", "mu": "μ", "sigma": "σ", "omega": "ω",
    "rightarrow": "→", "to": "→", "sqrt": "√", "degree": "°",
}  # fmt: skip
_ARGUMENT = r"\{([^{}]{1,80}+)\}"

_FORMULAS = Group(
    r"[\\$]",
    (
        Rule(r"\$\$|\\[()\[\]]", " "),
        Rule(r"(?<![\w$])\$(?=[A-Za-z\\(])([^$\n]{1,200}+)(?<=[^\s$])\$(?!\w)", r"\1"),
        Rule(rf"\\d?frac{_ARGUMENT}{_ARGUMENT}", r"\1 ÷ \2"),
        Rule(rf"\\(?:text|mathrm|mathbf|boxed){_ARGUMENT}", r" \1 "),
        Rule(rf"\\({any_of(_SIGNS)})(?![A-Za-z])", lambda match: f" {_SIGNS[match[1]]} "),
        Rule(r"\\(?:left|right|quad|,)(?![A-Za-z])", " "),
    ),
)


def unformulated(text: str) -> str:
    return _FORMULAS.apply(text)


def warm() -> None:
    _FORMULAS.warm()
