"""English money: symbols before and after, codes, thousands to trillions, ranges, rates."""

import re

from common.text.languages.en.words import (
    DASH,
    MINUS,
    NUMBER,
    PER,
    START,
    cardinal,
    describes,
    minus,
    number,
    one,
    per,
)
from common.text.spoken.rules import Rule, any_of

_NAMES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "US$": ("US dollar", "US dollars", "cent", "cents"),
    "C$": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "A$": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "jeon", "jeon"),
    "₽": ("ruble", "rubles", "kopeck", "kopecks"),
    "฿": ("baht", "baht", "satang", "satang"),
    "₿": ("bitcoin", "bitcoins", "", ""),
    "NZ$": ("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
    "HK$": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "S$": ("Singapore dollar", "Singapore dollars", "cent", "cents"),
    "MX$": ("Mexican peso", "Mexican pesos", "centavo", "centavos"),
    "R$": ("real", "reais", "centavo", "centavos"),
    "₱": ("peso", "pesos", "centavo", "centavos"),
    "₺": ("lira", "lira", "kurush", "kurush"),
    "₪": ("shekel", "shekels", "agora", "agorot"),
    "₦": ("naira", "naira", "kobo", "kobo"),
    "₴": ("hryvnia", "hryvnias", "kopiyka", "kopiykas"),
    "₫": ("dong", "dong", "", ""),
    "zł": ("zloty", "zlotys", "grosz", "groszy"),
    "SEK": ("Swedish krona", "Swedish kronor", "öre", "öre"),
    "NOK": ("Norwegian krone", "Norwegian kroner", "øre", "øre"),
    "DKK": ("Danish krone", "Danish kroner", "øre", "øre"),
    "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"),
    "CNY": ("yuan", "yuan", "fen", "fen"),
}
_CODES = {
    "USD": "$", "CAD": "C$", "CA$": "C$", "AUD": "A$", "AU$": "A$", "EUR": "€", "GBP": "£",
    "JPY": "¥", "INR": "₹", "Rs.": "₹", "KRW": "₩", "RUB": "₽", "RMB": "CNY",
    "NZD": "NZ$", "HKD": "HK$", "SGD": "S$", "MXN": "MX$", "BRL": "R$", "PHP": "₱", "TRY": "₺",
    "ILS": "₪", "NGN": "₦", "UAH": "₴", "VND": "₫", "PLN": "zł",
}  # fmt: skip
_SCALES = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million",
    "MM": "million", "T": "trillion", "B": "billion", "bn": "billion", "tn": "trillion",
}  # fmt: skip

_CENT_DIGITS = 2
_CURRENCY = any_of([*_NAMES, *_CODES])
_SCALE = r"(?:[ -]?(thousand|million|billion|trillion|lakh|crore|mn|bn|tn|MM|[kKmMBT])(?!\w))?"
_AMOUNT = rf"(\d{{1,2}}(?:,\d\d(?!\d))++,\d{{3}}(?!\d)|\d++,\d\d(?![\d,])|{NUMBER})"
"""Also the Indian "1,00,000", and the comma of those who have no other."""


def rules() -> tuple[Rule, ...]:
    return (
        Rule(
            r"(?<![\w.,])(\d{1,3}(?:[. ]\d{3}){1,4}),(\d\d)(?![\w,])",
            lambda m: f"{re.sub('[. ]', '', m[1])}.{m[2]}",  # as Europe writes it
        ),
        Rule(
            rf"(?<!\w)({MINUS})({_CURRENCY})[ ]?({MINUS}){_AMOUNT}{_SCALE}"
            rf"(?:[ ]?{DASH}[ ]?(?:{_CURRENCY})?{_AMOUNT}{_SCALE})?{PER}(?!\w)",
            _before,
        ),
        Rule(
            rf"{START}({NUMBER}){DASH}(?={NUMBER}[ ]?(?:{_CURRENCY})(?!\w))",
            lambda m: f"{number(m[1])} to ",
        ),
        Rule(
            rf"{START}({MINUS}){_AMOUNT}{_SCALE}[ ]?({_CURRENCY}){PER}(?!\w)",
            lambda m: minus(m[1]) + _said(m[2], m[3], m[4]) + per(m[5]),
        ),
        Rule(
            rf"{START}({NUMBER})[ ]?¢",
            lambda m: f"{number(m[1])} {'cent' if one(m[1]) else 'cents'}",
        ),
    )


def _before(match: re.Match[str]) -> str:
    sign, currency, sign_behind, amount, scale, until, until_scale, rate = match.groups()
    if until:
        first = f"{_plain(amount)}{_scaled(scale)} to " if _whole(amount) else ""
        first = first or f"{_said(amount, scale, currency)} to "
        return minus(sign) + first + _said(until, until_scale, currency) + per(rate)
    if describes(match) and _whole(amount):
        return f"{_plain(amount)}{_scaled(scale)} {_names(currency)[0]}{per(rate)}"
    return minus(sign or sign_behind) + _said(amount, scale, currency) + per(rate)


def _names(currency: str) -> tuple[str, str, str, str]:
    return _NAMES[_CODES.get(currency, currency)]


def _whole(amount: str) -> bool:
    return not re.search(r"[.,]\d\d$", amount)


def _plain(amount: str) -> str:
    return number(amount)


def _scaled(scale: str | None) -> str:
    return f" {_SCALES.get(scale, scale)}" if scale else ""


def _said(amount: str, scale: str | None, currency: str) -> str:
    """Dollars "1,234.56", with cents; other decimals are said as such: "4.5 million"."""
    singular, plural, cent, cents = _names(currency)
    amount = re.sub(r",(\d\d)$", r".\1", amount)
    whole, _, fraction = amount.replace(",", "").partition(".")
    if scale or (fraction and (len(fraction) != _CENT_DIGITS or not cent)):
        return f"{number(amount)}{_scaled(scale)} {plural}"
    main = f"{cardinal(whole)} {singular if one(whole) else plural}"
    if not fraction or fraction == "00":
        return main
    small = f"{cardinal(str(int(fraction)))} {cent if fraction == '01' else cents}"
    return small if not int(whole) else f"{main} and {small}"
