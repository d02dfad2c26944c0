"""English money: signs before and after, codes, thousands to trillions, ranges, rates."""

import re

from common.text.languages.en.measures import per
from common.text.languages.en.words import NUMBER, cardinal, describes, minus, number, one
from common.text.spoken.rules import any_of, table

_NAMES = table(  # main unit, small one (else cent), their plurals (else in -s)
    "$ dollar|US$ US dollar|C$ Canadian dollar|A$ Australian dollar|NZ$ New Zealand dollar"
    "|HK$ Hong Kong dollar|S$ Singapore dollar|MX$ Mexican peso/centavo|R$ real/centavo/reais|€ euro"
    "|£ pound/penny/pounds/pence|¥ yen/sen/yen/sen|₹ rupee/paisa/rupees/paise|₩ won/jeon/won/jeon"
    "|₽ ruble/kopeck|฿ baht/satang/baht/satang|₿ bitcoin/|₱ peso/centavo|₺ lira/kurush/lira/kurush"
    "|₪ shekel/agora/shekels/agorot|₦ naira/kobo/naira/kobo|₴ hryvnia/kopiyka|₫ dong//dong"
    "|zł zloty/grosz/zlotys/groszy|SEK Swedish krona/öre/Swedish kronor/öre"
    "|NOK Norwegian krone/øre/Norwegian kroner/øre|DKK Danish krone/øre/Danish kroner/øre"
    "|CHF Swiss franc/centime|CNY yuan/fen/yuan/fen"
)
_CODES = table(
    "USD $|CAD C$|CA$ C$|AUD A$|AU$ A$|EUR €|GBP £|JPY ¥|INR ₹|Rs. ₹|KRW ₩|RUB ₽|RMB CNY|NZD NZ$"
    "|HKD HK$|SGD S$|MXN MX$|BRL R$|PHP ₱|TRY ₺|ILS ₪|NGN ₦|UAH ₴|VND ₫|PLN zł"
)
_SCALES = table(
    "k thousand|K thousand|m million|M million|mn million|MM million|T trillion|B billion|bn billion"
    "|tn trillion"
)
PATTERNS = {
    "CURRENCY": f"(?:{any_of([*_NAMES, *_CODES])})",
    "SCALE": r"(?:[ -]?(thousand|million|billion|trillion|lakh|crore|mn|bn|tn|MM|[kKmMBT])(?!\w))?",
    # Also the Indian "1,00,000", and the decimal comma.
    "AMOUNT": rf"(\d{{1,2}}(?:,\d\d(?!\d))++,\d{{3}}(?!\d)|\d++,\d\d(?![\d,])|{NUMBER})",
}


PARTS = {"scale_word": lambda scale: _SCALES[scale], "currency": lambda sign: _names(sign)[0]}


def amount(match: re.Match[str]) -> str:
    """Return an amount after its sign, or a range of amounts."""
    sign, currency, sign_behind, first, scale, dash, last, last_scale, rate = match.groups()
    whole = not re.search(r"[.,]\d\d$", first)
    if last and dash == " - " and match.string[match.end() :].lstrip().startswith("equals"):
        return f"{minus(sign)}{_said(first, scale, currency)} minus {_said(last, last_scale, currency)}"
    if last:
        start = f"{number(first)}{_scaled(scale)}" if whole else _said(first, scale, currency)
        return f"{minus(sign)}{start} to {_said(last, last_scale, currency)}{per(rate)}"
    if describes(match) and whole:
        return f"{number(first)}{_scaled(scale)} {_names(currency)[0]}{per(rate)}"
    return minus(sign or sign_behind) + _said(first, scale, currency) + per(rate)


def amount_first(match: re.Match[str]) -> str:
    return minus(match[1]) + _said(match[2], match[3], match[4]) + per(match[5])


def _names(currency: str) -> list[str]:
    """Return the names of the main and the small unit, and their plurals."""
    main, *others = _NAMES[_CODES.get(currency, currency)].split("/")
    small = others[0] if others else "cent"
    return [main, small, *(others[1:] or [f"{main}s"]), f"{small}s"][:4]


def _scaled(scale: str | None) -> str:
    return f" {_SCALES.get(scale, scale)}" if scale else ""


def _said(written: str, scale: str | None, currency: str) -> str:
    singular, cent, plural, cents = _names(currency)
    written = re.sub(r",(\d\d)$", r".\1", written)
    whole, _, fraction = written.replace(",", "").partition(".")
    if scale or (fraction and not (cent and fraction[1:] and not fraction[2:])):
        return f"{number(written)}{_scaled(scale)} {plural}"
    main = f"{cardinal(whole)} {singular if one(whole) else plural}"
    if not fraction or fraction == "00":
        return main
    small = f"{cardinal(str(int(fraction)))} {cent if fraction == '01' else cents}"
    return small if not int(whole) else f"{main} and {small}"
