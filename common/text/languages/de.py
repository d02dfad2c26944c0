import re

from common.text.language import Language, Phrases, SentenceRules
from common.text.languages._european import EuropeanRules, units
from common.text.spoken import number_words
from common.text.spoken.rules import Rule

_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_DATIVE = frozenset(
    "und oder des am vom zum beim dem den bis ab seit nach diesem jedem im".split()  # noqa: SIM905 - read as one
)


def _date(match: re.Match[str]) -> str:
    """Its ending hangs on the word before: am fünften, der fünfte, fünfter Mai."""
    before = match.string[: match.start()].rstrip(" ,").rpartition(" ")[2].lower()
    ending = "n" if before in _DATIVE else "" if before in {"der", "die", "das"} else "r"
    day = number_words.ordinal(match[1], "de") + ending
    year = f" {number_words.year(match[3], 'de')}" if match[3] else ""
    return f"{day} {match[2]}{year}"


_BEFORE = r"(?<!\w)((?i:am|vom|zum|beim|im|dem|den|des|der|die|das|bis|ab|seit|jedem|diesem)) "


def _day_and_month(match: re.Match[str]) -> str:
    month = _MONTHS.split()[int(match[3]) - 1]
    return f"{match[1]} {_nth(match)} {month}{_last_point(match)}"


def _ordinal(match: re.Match[str]) -> str:
    return f"{match[1]} {_nth(match)}{_last_point(match)}"


def _nth(match: re.Match[str]) -> str:
    ending = "n" if match[1].lower() in _DATIVE else ""
    return number_words.ordinal(match[2], "de") + ending


def _last_point(match: re.Match[str]) -> str:
    return "" if match.string[match.end() :].strip('"“”)* ') else "."


def _clock(hour: int, minute: int) -> str:
    said = "ein" if hour == 1 else number_words.cardinal(str(hour), "de")
    after = f" {number_words.cardinal(str(minute), 'de')}" if minute else ""
    return f"{said} Uhr{after}"


_GERMAN = EuropeanRules(
    code="de",
    point="Komma",
    minus="minus",
    percent="Prozent",
    until="bis",
    join="und",
    months=_MONTHS,
    of=" ",
    after_day=".",
    by_digits=True,
    units=units(
        "km Kilometer|m Meter|cm Zentimeter|mm Millimeter|kg Kilogramm|g Gramm|mg Milligramm"
        "|l Liter|ml Milliliter|km/h Kilometer_pro_Stunde|m² Quadratmeter|km² Quadratkilometer"
        "|m³ Kubikmeter|°C Grad_Celsius|°F Grad_Fahrenheit|GB Gigabyte|MB Megabyte|TB Terabyte"
        "|kB Kilobyte|kWh Kilowattstunde Kilowattstunden|kW Kilowatt|min Minute Minuten"
        "|Min. Minute Minuten|Std. Stunde Stunden|h Stunde Stunden|° Grad"
    ),
    money={
        "€": ("Euro", "Euro", "Cent", "Cent"),
        "Euro": ("Euro", "Euro", "Cent", "Cent"),
        "EUR": ("Euro", "Euro", "Cent", "Cent"),
        "$": ("Dollar", "Dollar", "Cent", "Cent"),
        "£": ("Pfund", "Pfund", "Penny", "Pence"),
        "CHF": ("Franken", "Franken", "Rappen", "Rappen"),
    },
    signs={"&": "und", "+": "plus", "=": "gleich", "%": "Prozent", "§": "Paragraf", "×": "mal",
           "≈": "etwa", "±": "plus minus"},
    abbreviations={
        "z. B.": "zum Beispiel", "d. h.": "das heißt", "u. a.": "unter anderem",
        "z. T.": "zum Teil", "ca.": "circa", "inkl.": "inklusive", "exkl.": "exklusive",
        "MwSt.": "Mehrwertsteuer", "bzw.": "beziehungsweise", "usw.": "und so weiter",
        "evtl.": "eventuell", "ggf.": "gegebenenfalls", "Dr.": "Doktor", "Prof.": "Professor",
        "Nr.": "Nummer", "Str.": "Straße", "vgl.": "vergleiche", "Tel.": "Telefon",
        "Mio.": "Millionen", "Mrd.": "Milliarden", "Abb.": "Abbildung", "Kap.": "Kapitel",
        "o. Ä.": "oder Ähnliches", "s. o.": "siehe oben", "v. a.": "vor allem", "max.": "maximal",
        "mind.": "mindestens", "gem.": "gemäß", "zzgl.": "zuzüglich", "Hr.": "Herr",
        "Fr.": "Frau", "St.": "Sankt", "Jh.": "Jahrhundert", "etc.": "et cetera",
    },
    masculine=lambda said: re.sub(r"^eins$", "ein", said),
    clock=_clock,
    own=(
        Rule(
            rf"(?<![\w.,])(0?[1-9]|[12]\d|3[01])\. ?({_MONTHS.replace(' ', '|')})"
            r"(?: (\d{4})(?!\w))?(?!\w)",
            _date,
        ),
        Rule(
            _BEFORE + r"(0?[1-9]|[12]\d|3[01])\. ?(0?[1-9]|1[0-2])\.(?! ?\d)",
            _day_and_month,
        ),
        Rule(_BEFORE + r"(\d{1,3})\.(?! ?\d|\w)", _ordinal),
        Rule(
            r"(?<!\w)([01]?\d|2[0-3])\.([0-5]\d) Uhr(?!\w)",
            lambda m: _clock(int(m[1]), int(m[2])),
        ),
    ),
)  # fmt: skip

LANGUAGE = Language(
    code="de",
    sentences=SentenceRules(
        numbered="art mag jan feb mär apr aug sep sept okt nov dez mo di mi do fr sa so",
        enders="usw etc",
        units="std min sek mio mrd",
        abbreviations=(
            "inkl exkl tel abs abb kap bd zzgl jh jhd max fa geb bspw vorm nachm allg i.d.r s.o "
            "s.u dipl gl hbf mind"
        ),
        introduces="z.b d.h u.a v.a vgl bzw dr prof hr hrn fr nr",
        starters=(
            "Der Die Das Dies Diese Dieser Dieses Den Dem Des Ein Eine Einen Er Sie Es Ich Wir Ihr "
            "Ihre Ihren Man Mein Meine Sein Seine Unser Unsere In Im Am An Auf Aus Bei Bis Bitte "
            "Damals Damit Dann Danach Danke Daher Dafür Davor Dazu Denn Deshalb Doch Dort Durch "
            "Soll Sollen Kann Können Wenn Weil Was Wie Wo Wer Wann Warum Welche Welcher Und Aber "
            "Oder Ob Nur Nach Nicht Noch Nun Ohne Schon Sehr So Um Unter Über Von Vor Vorher "
            "Während Mit Für Gegen Haben Hat Ist Sind War Waren Wird Werden Möchten Muss Müssen "
            "Darf Passt Außerdem Heute Hier Gestern Morgen Jetzt Jede Jeder Jedes Kein Keine Alle "
            "Alles Also Als Auch Ab Leider Seit Seitdem Später Trotzdem Zu Zum Zur Zwei Zwischen"
        ),
        months=(
            "Januar Jänner Februar März April Mai Juni Juli August September Oktober November "
            "Dezember Jan Feb Mär Apr Jun Jul Aug Sep Sept Okt Nov Dez Jahrhundert Jahrhunderts"
        ),
        before_ordinals=(
            "am|der|die|das|den|dem|des|zum|zur|im|vom|bis|ab|seit|beim|nach|vor|jede[rs]?"
            "|(?:ih|sei|mei|unse)[rn]e?[mnrs]?"
        ),
        street_ending="str",
        ordinal_digits=2,
    ),
    phrases=Phrases.parse(
        "ein Link zu {}|etwas {}-Code|etwas Code|"
        "eine Tabelle mit {} Spalten|eine Tabelle|ein Bild|Punkt|at|erledigt: {}"
    ),
    spoken=lambda _region: _GERMAN.groups(),
    number_words=True,
)
