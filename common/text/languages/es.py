import re

from common.text.languages._european import EuropeanRules, ordinals, units
from common.text.languages._roman_numerals import in_figures
from common.text.spoken import number_words
from common.text.spoken.rules import Group

_PESOS = frozenset({"AR", "CL", "CO", "CU", "DO", "MX", "UY"})


def rules(region: str) -> tuple[Group, ...]:
    return _spanish("peso" if region in _PESOS else "dólar").groups()


def _masculine(said: str) -> str:
    """Before a noun: un euro, veintiún euros, treinta y un euros."""
    return re.sub(r"uno$", "un", re.sub(r"veintiuno$", "veintiún", said))


def _clock(hour: int, minute: int) -> str:
    """Hours are feminine: la una y cinco, las veintiuna y treinta."""
    said = re.sub(r"uno$", "una", number_words.cardinal(str(hour), "es"))
    return f"{said} y {number_words.cardinal(str(minute), 'es')}" if minute else said


def _spanish(dollar: str) -> EuropeanRules:
    """What "$" is hangs on the country."""
    dollars = f"{dollar}s" if dollar.endswith("o") else "dólares"
    return EuropeanRules(
        code="es",
        point="coma",
        minus="menos",
        percent="por ciento",
        until="a",
        join="con",
        months=(
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
            "diciembre"
),
        of=" de ",
        units=units(
            "km kilómetro kilómetros|m metro metros|cm centímetro centímetros|mm milímetro milímetros"
            "|kg kilo kilos|g gramo gramos|mg miligramo miligramos|l litro litros"
            "|ml mililitro mililitros|km/h kilómetro_por_hora kilómetros_por_hora"
            "|m² metro_cuadrado metros_cuadrados|km² kilómetro_cuadrado kilómetros_cuadrados"
            "|m³ metro_cúbico metros_cúbicos|°C grado_Celsius grados_Celsius"
            "|°F grado_Fahrenheit grados_Fahrenheit|GB gigabyte gigabytes|MB megabyte megabytes"
            "|TB terabyte terabytes|kWh kilovatio_hora kilovatios_hora|min minuto minutos"
            "|min. minuto minutos|h hora horas|° grado grados"
        ),
        money={
            "€": ("euro", "euros", "céntimo", "céntimos"),
            "euros": ("euro", "euros", "céntimo", "céntimos"),
            "EUR": ("euro", "euros", "céntimo", "céntimos"),
            "$": (dollar, dollars, "centavo", "centavos"),
            "US$": ("dólar", "dólares", "centavo", "centavos"),
            "USD": ("dólar", "dólares", "centavo", "centavos"),
        },
        signs={"&": "y", "+": "más", "=": "igual a", "%": "por ciento", "×": "por",
               "≈": "aproximadamente", "±": "más menos"},
        abbreviations={
            "p. ej.": "por ejemplo", "Sr.": "señor", "Sra.": "señora", "Srta.": "señorita",
            "Sres.": "señores", "Dr.": "doctor", "Dra.": "doctora", "etc.": "etcétera",
            "EE. UU.": "Estados Unidos", "EE.UU.": "Estados Unidos", "Ud.": "usted", "Uds.": "ustedes",
            "Vd.": "usted", "núm.": "número", "n.º": "número", "Av.": "avenida", "Avda.": "avenida",
            "pág.": "página", "págs.": "páginas", "aprox.": "aproximadamente", "Prof.": "profesor",
            "tel.": "teléfono", "Tel.": "teléfono", "Ing.": "ingeniero", "Lic.": "licenciado",
            "Dña.": "doña", "máx.": "máximo", "mín.": "mínimo", "dpto.": "departamento",
        },
        titles=(in_figures(r"(?<=[Ss]iglo )", r"(?!\w)"),),
        masculine=_masculine,
        clock=_clock,
        own=(
            ordinals("es", r"(?<![\w.,])(\d{1,3})\.?([ºª]|er(?!\w))", feminine="ª"),
        ),
    )  # fmt: skip
