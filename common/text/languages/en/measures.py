"""English measures and money: lengths, weights, durations, temperatures, amounts, rates."""

import re

from common.text.languages.en.numbers import NUMBER, ONE, cardinal, describes, minus, number
from common.text.spoken.rules import any_of, near, table

_LENGTHS = table("km kilometer|m meter|cm centimeter|mm millimeter|mi mile|yd yard|ft foot|in inch")
_UNITS = _LENGTHS | table("""nm nanometer|µm micrometer|kg kilogram|g gram|mg milligram|µg microgram
  |lb pound|lbs pound|oz ounce|ft-lb foot-pound|mcg microgram|l liter|L liter|ml milliliter
  |mL milliliter|cl centiliter|dl deciliter|dL deciliter|gal gallon|qt quart|cup cup|tsp teaspoon
  |tbsp tablespoon|Tbsp tablespoon|ha hectare|B byte|kB kilobyte|KB kilobyte|MB megabyte|GB gigabyte
  |TB terabyte|PB petabyte|KiB kibibyte|MiB mebibyte|GiB gibibyte|TiB tebibyte
  |kbps kilobit per second|Mbps megabit per second|Gbps gigabit per second
  |kWh kilowatt hour|mAh milliamp hour|W watt|kW kilowatt|MW megawatt|GW gigawatt|V volt|amp amp
  |mV millivolt|kV kilovolt|mA milliamp|J joule|kJ kilojoule|kcal kilocalorie|cal calorie|Pa pascal
  |kPa kilopascal|dB decibel|px pixel|s second|sec second|secs second|ms millisecond|µs microsecond
  |ns nanosecond|min minute|mins minute|h hour|hr hour|hrs hour|wk week|wks week|mo month|mos month
  |yr year|yrs year|mol mole|mmHg millimeter of mercury|Hz hertz|kHz kilohertz|MHz megahertz
  |GHz gigahertz|mph mile per hour|ppm part per million|kph kilometer per hour
  |m/s² meter per second squared|fps frame per second|rpm revolution per minute|pk pack|ct count
  |IU international unit|pts point|reb rebound|ast assist|wkts wicket|mmol millimole|Nm newton meter
  |kN kilonewton|MPa megapascal|Wh watt hour|ng nanogram|cc cubic centimeter|lm lumen
  |bps basis point|bp basis point|Ω ohm|kΩ kilohm|★ star|⭐ star|qts quart|yds yard|atm atmosphere
  |Ah amp hour|Mb megabit|Gb gigabit|hp horsepower|mth month|mths month|M☉ solar mass
  |N·m newton meter|newton newton|nt night|nts night|bd bed|ba bath|BR bed
  |BA bath|pr pair|prs pair|ov over|sts stitch|tbs tablespoon|tsps teaspoon|tbsps tablespoon""")
_UNITS |= {unit.replace("µ", "μ"): name for unit, name in _UNITS.items()}
for _short, _length in _LENGTHS.items():
    for _signs, _power in (("²2", "square"), ("³3", "cubic")):
        _UNITS |= {f"{_short}{sign}": f"{_power} {_length}" for sign in _signs}
        _UNITS |= {f"{_power[:2]}{dot}{_short}": f"{_power} {_length}" for dot in (". ", " ", "-")}
for _short in ("kg", "km", "cm", "mg", "ml", "lb", "lbs", "oz", "mph", "gal", "hrs"):
    _UNITS |= {_short.upper(): _UNITS[_short], _short.capitalize(): _UNITS[_short]}
_UNITS["fl oz"] = _UNITS["fl. oz"] = _UNITS["fl-oz"] = "fluid ounce"
_POINTED = r"[hs]|(?:..\.? )?(?:[fpq]t|in|mi|yd|[cg]al|lb|oz|.?.sp|sec|min|[hpy]r|mo|wk|reb|ast)s?"
_INSIDE = r"[,;)]| (?:each|per|of|and|in|versus|[NSEW][orua]\w+ of) "  # after a unit's point
_NOUN = r" (?!(?:by|to|th\w+|tall|long|wide|deep|o[fnr]f?|i[ns]|from|a\w{1,4}|be\w+|with)\b)[a-z]"
_ARTICLE = r"\b(?:[Tt]he|[Tt]his|[Tt]hat|[Mm]y|[Yy]our|new) $"
_RATES = table("d per day|gm per game|each each")
_DEGREES = table("C Celsius|F Fahrenheit|K Kelvin|N north|S south|E east|W west")
# The main unit, the small one (else cent), their plurals (else in -s).
_CURRENCIES = table("""$ dollar|US$ US dollar|C$ Canadian dollar|A$ Australian dollar
  |NZ$ New Zealand dollar|HK$ Hong Kong dollar|S$ Singapore dollar|MX$ Mexican peso/
  |R$ real/centavo/reais|€ euro|£ pound/penny/pounds/pence|¥ yen//yen|₹ rupee/paisa/rupees/paise
  |₩ won//won|₽ ruble/|฿ baht//baht|₿ bitcoin/|₱ peso/centavo|₺ lira//lira|₪ shekel/|₦ naira//naira
  |₴ hryvnia/|₫ dong//dong|zł zloty//zlotys|SEK Swedish krona//Swedish kronor
  |NOK Norwegian krone//Norwegian kroner|DKK Danish krone//Danish kroner|CHF Swiss franc/
  |CNY yuan//yuan|¢ cent/""")
_CODES = table("""USD $|CAD C$|CA$ C$|AUD A$|AU$ A$|EUR €|GBP £|JPY ¥|INR ₹|Rs. ₹|KRW ₩|RUB ₽|RMB CNY
  |NZD NZ$|HKD HK$|SGD S$|MXN MX$|BRL R$|PHP ₱|TRY ₺|ILS ₪|NGN ₦|UAH ₴|VND ₫|PLN zł""")
_SCALES = table("""k thousand|K thousand|m million|M million|mn million|MM million|T trillion|B billion
  |bn billion|tn trillion""")
NAMES = {
    "MONEY": rf"(?<![A-Z]/)(?:{any_of([*_CURRENCIES, *_CODES])})",
    "SUM": (  # also the Indian "1,00,000", and the decimal comma
        rf"(\d{{1,2}}(?:,\d\d(?!\d))++,\d{{3}}(?!\d)|\d++,\d\d(?![\d,])|{NUMBER})"
        r"(?:[ -]?(thousand|million|billion|trillion|lakh|crore|mn|bn|tn|MM|[kKmMBT])(?!\w))?"
    ),
    "UNIT": any_of(_UNITS.keys() - {"B", "W", "in", "in2", "in3"})
    + r"|W(?!-\d)|in[23]?(?=[.;)])|in(?= \((?:L |\d))",
    "MANY": "((?: (?:thousand|million|billion|trillion)|[MB](?= )|[kK](?=[ -](?!PB)))?)",
    "SOME": "(?:one|two|three|four|five|six|seven|eight|nine|ten) and [a-z]{1,8} ",
    "PART": "(?:half|(?:quarter|third|fifth|sixth|eighth)s?)",
    "put": table("T tbsp|c cup|A amp|N newton|# number|W won|L lost|D drawn"),
    "plural": lambda unit: _name(unit, singular=False),
    "north": _DEGREES,
    "seconds": lambda written: f" {number(written.removeprefix('0'))} seconds" if written else "",
    "singular": lambda unit: _name(unit, singular=True),
}


def per(units: str) -> str:
    """Return what a rate adds: "/mo" is " per month", "/kg/day" is " per kilogram per day"."""
    rates = filter(None, (units or "").split("/"))
    return "".join(f" {_RATES.get(unit) or 'per ' + _UNITS.get(unit, unit)}" for unit in rates)


def degree(match: re.Match[str]) -> str:
    noun = "degree" if match[2] in ONE or describes(match) else "degrees"
    scale = _DEGREES.get({"℃": "C", "℉": "F"}.get(match[5], match[4]), "")
    return f"{minus(match[1])}{number(match[2])}{match[3]} {noun} {scale}".strip()


def inches_mark(match: re.Match[str]) -> str:
    """Return inches where the mark closes no quotation: a 27" screen."""
    quoted = len(re.findall(r'(?<!\d)"', match.string[: match.start()])) % 2 == 1
    if match[0].endswith('"') and quoted:
        return match[0]
    before, after = match.string[: match.start()], match.string[match.end() :]
    noun = re.search(_ARTICLE, before) or (not before.endswith("by ") and re.match(_NOUN, after))
    singular = match[1] in ONE or bool(noun) or describes(match)
    return f"{number(match[1])} {_name('in', singular=singular)}"


def measure(match: re.Match[str]) -> str:
    sign, amount, scale, unit, rate, dot = match.groups()
    singular = (amount in ONE and not scale) or "-" in match[0][1:] or describes(match)
    rest = match.string[match.end() :]
    goes_on = (unit in {"tsp", "tbsp", "Tbsp", "oz"} and rest) or re.match(r" [^A-Z]|\S", rest)
    inside = re.match(_INSIDE, rest) or (goes_on and re.fullmatch(_POINTED, unit))
    name = _name(unit, singular=singular) + per(rate)
    return f"{minus(sign)}{number(amount)}{_scaled(scale.strip())} {name}{'' if inside else dot}"


def _name(unit: str, *, singular: bool) -> str:
    noun, *rest = re.split(" (?=per |of )", _UNITS[unit])
    if not singular:
        noun = noun.replace("foot", "feet") if noun.endswith("foot") else f"{noun}s"
        noun = re.sub("(?<=ch|ss)s$", "es", re.sub("(?<=hertz|power)s$", "", noun))
    return " ".join([noun, *rest])


def amount(match: re.Match[str]) -> str:
    """Return an amount after its sign, or a range of amounts."""
    sign, currency, sign_behind, first, scale, dash, last, scale_2, more, rate = match.groups()
    whole = not re.search(r"[.,]\d\d$", first)
    said = minus(sign or sign_behind)
    said += _money(first, scale, currency, singular=not last and describes(match))
    if last and dash == " - " and match.string[match.end() :].lstrip().startswith("equals"):
        return f"{said} minus {_money(last, scale_2, currency)}"
    if last:
        start = f"{minus(sign)}{number(first)}{_scaled(scale)}" if whole else said
        return f"{start} to {_money(last, scale_2, currency)}{per(rate)}"
    rate = "mo" if rate == "m" and not near(match, "cable|fabric|rope|pipe|fenc|hose") else rate
    return said + (" plus" if more else "") + per(rate)


def _scaled(scale: str | None) -> str:
    return f" {_SCALES.get(scale, scale)}" if scale else ""


def _money(written: str, scale: str | None, currency: str, *, singular: bool = False) -> str:
    dollar, *others = _CURRENCIES[_CODES.get(currency, currency)].split("/")
    cent = others[0] if others else "cent"
    plurals = [*(others[1:] or [f"{dollar}s"]), f"{cent}s"]
    plural, cents = (dollar, cent) if singular else plurals[:2]
    written = re.sub(r",(\d\d)$", r".\1", written)
    whole, _, fraction = written.replace(",", "").partition(".")
    rate = currency.isalpha() and int(whole) == 0  # "1 USD = 0.92 EUR"
    if scale or rate or (fraction and not (cent and fraction[1:] and not fraction[2:])):
        return f"{number(written)}{_scaled(scale)} {plural}"
    main = f"{cardinal(whole)} {dollar if whole in ONE else plural}"
    if not fraction or fraction == "00":
        return main
    small = f"{cardinal(str(int(fraction)))} {cent if fraction == '01' else cents}"
    return small if not int(whole) else f"{main} and {small}"
