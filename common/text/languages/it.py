import re

from common.text.languages._european import EuropeanRules, ordinals, units
from common.text.languages._roman_numerals import in_figures
from common.text.spoken import number_words
from common.text.spoken.rules import Group


def rules(_region: str) -> tuple[Group, ...]:
    return _ITALIAN.groups()


def _clock(hour: int, minute: int) -> str:
    """Hours are feminine: l'una e cinque."""
    said = "una" if hour == 1 else number_words.cardinal(str(hour), "it")
    return f"{said} e {number_words.cardinal(str(minute), 'it')}" if minute else said


_ITALIAN = EuropeanRules(
    code="it",
    point="virgola",
    minus="meno",
    percent="per cento",
    until="a",
    join="e",
    months=(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
        "dicembre"
),
    of=" ",
    units=units(
        "km chilometro chilometri|m metro metri|cm centimetro centimetri|mm millimetro millimetri"
        "|kg chilo chili|g grammo grammi|mg milligrammo milligrammi|l litro litri"
        "|ml millilitro millilitri|km/h chilometro_orario chilometri_orari"
        "|m² metro_quadrato metri_quadrati|km² chilometro_quadrato chilometri_quadrati"
        "|m³ metro_cubo metri_cubi|°C grado_Celsius gradi_Celsius"
        "|°F grado_Fahrenheit gradi_Fahrenheit|GB gigabyte|MB megabyte|TB terabyte"
        "|kWh chilowattora|min minuto minuti|min. minuto minuti|h ora ore|° grado gradi"
    ),
    money={
        "€": ("euro", "euro", "centesimo", "centesimi"),
        "euro": ("euro", "euro", "centesimo", "centesimi"),
        "EUR": ("euro", "euro", "centesimo", "centesimi"),
        "$": ("dollaro", "dollari", "centesimo", "centesimi"),
    },
    signs={"&": "e", "+": "più", "=": "uguale a", "%": "per cento", "×": "per", "≈": "circa",
           "±": "più o meno"},
    abbreviations={
        "p. es.": "per esempio", "ad es.": "ad esempio", "Sig.": "signor", "Sig.ra": "signora",
        "Sig.na": "signorina", "Dott.": "dottor", "Dott.ssa": "dottoressa", "dott.": "dottor",
        "dott.ssa": "dottoressa", "sig.": "signor", "sig.ra": "signora", "Dr.": "dottor",
        "Prof.": "professor", "Prof.ssa": "professoressa", "ecc.": "eccetera", "pag.": "pagina",
        "pagg.": "pagine", "tel.": "telefono", "Tel.": "telefono", "ca.": "circa",
        "Ing.": "ingegner", "Avv.": "avvocato", "max.": "massimo", "min.": "minimo",
        "P.zza": "piazza", "n°": "numero",
    },
    titles=(in_figures("", r"(?= secolo(?!\w))", "º"),),
    masculine=lambda said: re.sub(r"^uno$", "un", said),
    clock=_clock,
    own=(ordinals("it", r"(?<![\w.,])(\d{1,3})\.?([º°ª])(?![CF\w])", feminine="ª"),),
)  # fmt: skip
