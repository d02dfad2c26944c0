"""English measures behind a number: lengths, weights, bytes, temperatures, per cent."""

import re

from common.text.languages.en.words import (
    MINUS,
    NUMBER,
    PER,
    START,
    describes,
    minus,
    number,
    one,
    per,
)
from common.text.spoken.rules import Rule, any_of, ends_sentence

_UNITS = {
    "km": "kilometer", "m": "meter", "cm": "centimeter", "mm": "millimeter", "µm": "micrometer",
    "μm": "micrometer", "nm": "nanometer", "mi": "mile", "yd": "yard", "ft": "foot",
    "kg": "kilogram", "g": "gram", "mg": "milligram", "µg": "microgram", "lb": "pound",
    "lbs": "pound", "oz": "ounce", "l": "liter", "L": "liter", "ml": "milliliter",
    "mL": "milliliter", "cl": "centiliter", "dl": "deciliter", "gal": "gallon", "qt": "quart",
    "tsp": "teaspoon", "tbsp": "tablespoon", "m²": "square meter", "m2": "square meter",
    "km²": "square kilometer", "km2": "square kilometer", "cm²": "square centimeter",
    "cm2": "square centimeter", "ft²": "square foot", "sq ft": "square foot",
    "sq. ft": "square foot", "sq mi": "square mile", "sqm": "square meter", "m³": "cubic meter",
    "m3": "cubic meter", "cm³": "cubic centimeter", "cm3": "cubic centimeter", "ha": "hectare",
    "B": "byte", "kB": "kilobyte", "KB": "kilobyte", "MB": "megabyte", "GB": "gigabyte",
    "TB": "terabyte", "PB": "petabyte", "KiB": "kibibyte", "MiB": "mebibyte", "GiB": "gibibyte",
    "kbps": "kilobit per second", "Mbps": "megabit per second", "Gbps": "gigabit per second",
    "kWh": "kilowatt hour", "mAh": "milliamp hour", "W": "watt", "kW": "kilowatt",
    "MW": "megawatt", "GW": "gigawatt", "V": "volt", "mV": "millivolt", "kV": "kilovolt",
    "mA": "milliamp", "J": "joule", "kJ": "kilojoule", "kcal": "kilocalorie", "cal": "calorie",
    "Pa": "pascal", "kPa": "kilopascal", "hPa": "hectopascal", "dB": "decibel", "px": "pixel",
    "s": "second", "sec": "second", "secs": "second", "ms": "millisecond", "min": "minute",
    "mins": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "Hz": "hertz", "kHz": "kilohertz",
    "MHz": "megahertz", "GHz": "gigahertz", "mph": "mile per hour", "kph": "kilometer per hour",
    "km/h": "kilometer per hour", "kmh": "kilometer per hour", "m/s": "meter per second",
    "m/s²": "meter per second squared", "fps": "frame per second", "rpm": "revolution per minute",
    "yrs": "year", "ppm": "part per million", "µs": "microsecond", "μs": "microsecond",
    "mo": "month", "mos": "month", "wk": "week", "wks": "week", "ns": "nanosecond", "Ω": "ohm",
    "kΩ": "kilohm", "Tbsp": "tablespoon", "★": "star", "⭐": "star",
}  # fmt: skip
_WITH_POINT = (  # noqa: SIM905 - read as one
    "ft in mi yd gal qt lb lbs oz tsp tbsp Tbsp sec secs min mins hr hrs yrs mo mos wk wks"
).split()
_NEEDS_SPACE_OR_SIZE = "B"
_IN_PARTS = ("tsp", "tbsp", "oz", "lb", "mi", "km", "gal", "qt")
_PARTS = "half|(?:quarter|third|fifth|sixth|eighth)s?"
_SCALE = "(?: (?:thousand|million|billion|trillion))?"
_FEW = "one|two|three|four|five|six|seven|eight|nine|ten"
_IRREGULAR = {"foot": "feet", "inch": "inches"}
_DEGREES = {
    "C": " Celsius",
    "F": " Fahrenheit",
    "K": " Kelvin",
    "": "",
    "N": " north",
    "S": " south",
    "E": " east",
    "W": " west",
}


def rules() -> tuple[Rule, ...]:
    units = any_of(unit for unit in _UNITS if unit != _NEEDS_SPACE_OR_SIZE)
    return (
        Rule(r"℃", "°C"),
        Rule(r"℉", "°F"),
        Rule(
            r"(?<![\w.])(\d)['′’][ ]?(\d{1,2})(?:[\"″”]|'')",
            lambda m: f"{number(m[1])} foot {number(m[2])}",
        ),
        Rule(
            rf"{START}(\d{{1,4}}) ?h ?(\d{{1,2}}) ?m(?:in)?(?!\w)",
            lambda m: f"{_counted(m[1], 'h')} {_counted(m[2], 'min')}",
        ),
        Rule(rf"{START}(\d{{1,2}}) ?ft\.? (\d{{1,2}}) ?in(?!\w)\.?", _feet_and_inches),
        Rule(
            rf"(?<!\w)({MINUS})(?<!\d[.,])({NUMBER})[ ]?[°º](?:[ ]?([CFKNSEW])(?!\w))?(?!\w)",
            _degrees,
        ),
        Rule(
            rf"{START}({MINUS})({NUMBER})[ ]?%(?!\w){PER}",
            lambda m: f"{minus(m[1])}{number(m[2])} percent{per(m[3])}",
        ),
        Rule(rf"(\d[ ]?(?:{units}|[\"″])) ?[x×] ?(?=\d)", r"\1 by "),
        # A quotation mark that closes nothing: a 27" screen.
        Rule(rf"{START}({NUMBER})(?:″(?!\w)|\"(?=[ -][a-z]))", _inches),
        Rule(
            rf"{START}({MINUS})({NUMBER})({_SCALE})[ -]?({units}|in(?=\.))(?![\w°²³'’]){PER}(\.?)",
            _measure,
        ),
        Rule(
            rf"(?<!\w)((?:{_FEW}) and [a-z]{{1,8}} )?({_PARTS}) ({any_of(_IN_PARTS)})(?!\w)(\.?)",
            _part_of_a_measure,
        ),
        Rule(rf"{START}({NUMBER})k(?!\w)", lambda m: f"{number(m[1])} thousand"),
        Rule(rf"{START}({NUMBER})M(?!\w)", lambda m: f"{number(m[1])} million"),
        Rule(rf"{START}({NUMBER})bn(?!\w)", lambda m: f"{number(m[1])} billion"),
    )


def _degrees(match: re.Match[str]) -> str:
    noun = "degree" if one(match[2]) or describes(match) else "degrees"
    return f"{minus(match[1])}{number(match[2])} {noun}{_DEGREES[match[3] or '']}"


def _inches(match: re.Match[str]) -> str:
    if match[0].endswith('"') and _quoted(match.string[: match.start()]):
        return match[0]
    return f"{number(match[1])} {_name('in', singular=one(match[1]) or describes(match))}"


def _quoted(before: str) -> bool:
    """Return whether a quotation is open at the end of `before`."""
    return len(re.findall(r'(?<!\d)"', before)) % 2 == 1


def _measure(match: re.Match[str]) -> str:
    sign, amount, scale, unit, rate, point = match.groups()
    singular = (one(amount) and not scale) or "-" in match[0][1:] or describes(match)
    name = _name(unit, singular=singular)
    keeps = point and (unit not in _WITH_POINT or ends_sentence(match))
    return f"{minus(sign)}{number(amount)}{scale} {name}{per(rate)}{point if keeps else ''}"


def _part_of_a_measure(match: re.Match[str]) -> str:
    """As in one quarter teaspoon, one and a half teaspoons."""
    whole, part, unit, point = match.groups()
    keeps = point and ends_sentence(match)
    return f"{whole or ''}{part} {_name(unit, singular=not whole)}{'.' if keeps else ''}"


def _counted(amount: str, unit: str) -> str:
    return f"{number(amount)} {_name(unit, singular=one(amount))}"


def _feet_and_inches(match: re.Match[str]) -> str:
    inches = "inch" if one(match[2]) else "inches"
    feet = "foot" if one(match[1]) else "feet"
    point = "." if match[0].endswith(".") and ends_sentence(match) else ""
    return f"{number(match[1])} {feet} {number(match[2])} {inches}{point}"


def _name(unit: str, *, singular: bool) -> str:
    name = "inch" if unit == "in" else _UNITS[unit]
    if singular:
        return name
    noun, _, rate = name.partition(" per ")
    start, _, last = noun.rpartition(" ")
    many = f"{start} {_IRREGULAR.get(last, last + 's')}".strip()
    many = many.replace("hertzs", "hertz")
    return f"{many} per {rate}" if rate else many
