import re

from common.text.languages._european import EuropeanRules, ordinals, units
from common.text.languages._roman_numerals import in_figures
from common.text.spoken import number_words
from common.text.spoken.rules import Group, Rule

_CENTS = {"BR": ("centavo", "centavos"), "": ("cêntimo", "cêntimos")}


def rules(region: str) -> tuple[Group, ...]:
    return _portuguese(*_CENTS.get(region, _CENTS[""])).groups()


def _clock(hour: int, minute: int) -> str:
    """Hours are feminine: uma e cinco, duas horas, vinte e duas e trinta."""
    said = number_words.cardinal(str(hour), "pt")
    said = re.sub(r"um$", "uma", re.sub(r"dois$", "duas", said))
    if not minute:
        return f"{said} hora{'' if hour == 1 else 's'}"
    return f"{said} e {number_words.cardinal(str(minute), 'pt')}"


def _portuguese(cent: str, cents: str) -> EuropeanRules:
    return EuropeanRules(
        code="pt",
        point="vírgula",
        minus="menos",
        percent="por cento",
        until="a",
        join="e",
        months=(
            "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
            "dezembro"
),
        of=" de ",
        units=units(
            "km quilómetro quilómetros|m metro metros|cm centímetro centímetros"
            "|mm milímetro milímetros|kg quilo quilos|g grama gramas|mg miligrama miligramas"
            "|l litro litros|ml mililitro mililitros"
            "|km/h quilómetro_por_hora quilómetros_por_hora"
            "|m² metro_quadrado metros_quadrados|km² quilómetro_quadrado quilómetros_quadrados"
            "|m³ metro_cúbico metros_cúbicos|°C grau_Celsius graus_Celsius"
            "|°F grau_Fahrenheit graus_Fahrenheit|GB gigabyte gigabytes|MB megabyte megabytes"
            "|TB terabyte terabytes|kWh quilowatt-hora quilowatts-hora|min minuto minutos"
            "|min. minuto minutos|° grau graus"
        ),
        money={
            "€": ("euro", "euros", cent, cents),
            "euros": ("euro", "euros", cent, cents),
            "EUR": ("euro", "euros", cent, cents),
            "R$": ("real", "reais", "centavo", "centavos"),
            "US$": ("dólar", "dólares", "centavo", "centavos"),
        },
        signs={"&": "e", "+": "mais", "=": "igual a", "%": "por cento", "×": "vezes",
               "≈": "cerca de", "±": "mais ou menos"},
        abbreviations={
            "p. ex.": "por exemplo", "Sr.": "senhor", "Sra.": "senhora", "Dr.": "doutor",
            "Dra.": "doutora", "etc.": "et cetera", "n.º": "número", "nº": "número",
            "Av.": "avenida", "pág.": "página", "págs.": "páginas", "aprox.": "aproximadamente",
            "Prof.": "professor", "Profa.": "professora", "tel.": "telefone", "Tel.": "telefone",
            "máx.": "máximo", "mín.": "mínimo",
        },
        titles=(in_figures(r"(?<=[Ss]éculo )", r"(?!\w)"),),
        masculine=lambda said: said,
        clock=_clock,
        own=(
            ordinals("pt", r"(?<![\w.,])(\d{1,3})\.?([ºª])", feminine="ª"),
            Rule(
                r"(?<!\w)([01]?\d|2[0-3]) ?h ?([0-5]\d)?(?:min)?(?!\w)",
                lambda m: _clock(int(m[1]), int(m[2] or 0)),
            ),
        ),
    )  # fmt: skip
