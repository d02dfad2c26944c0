import re

from common.text.language import Language, Phrases, SentenceRules
from common.text.languages._european import EuropeanRules, ordinals, units
from common.text.languages._roman_numerals import in_figures
from common.text.spoken import number_words

_PESOS = frozenset({"AR", "CL", "CO", "CU", "DO", "MX", "UY"})


def _masculine(said: str) -> str:
    """Before a noun: un euro, veintiún euros, treinta y un euros."""
    return re.sub(r"uno$", "un", re.sub(r"veintiuno$", "veintiún", said))


def _clock(hour: int, minute: int) -> str:
    """Hours are feminine: la una y cinco, las veintiuna y treinta."""
    said = re.sub(r"uno$", "una", number_words.cardinal(str(hour), "es"))
    return f"{said} y {number_words.cardinal(str(minute), 'es')}" if minute else said


def _spanish(dollar: str) -> EuropeanRules:
    """Return the rules for a country. The sign "$" has another name in each."""
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
        after_day="",
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


LANGUAGE = Language(
    code="es",
    sentences=SentenceRules(
        numbered=(
            "lun mié jue vie sáb dom ene feb abr jul nov ago sept oct dic no con contra entre para "
            "sobre super mini extra tras mar bien da macro ultra vice post bis pro un mega micro "
            "mono tri en de sub"
        ),
        enders="etc ud uds",
        units="min h kg km m cm ptas",
        abbreviations="aprox m ee uu art",
        introduces="p.ej ej sr sra srta dr dra d dña",
        starters=(
            "El La Los Las Un Una Lo Le Les Se Su Sus Es Él Ella Ellos Yo Nos Usted Este Esta Esto "
            "Estos Estas Ese Esa Eso Y O Pero Si Sí No Que Qué Cuando Cuándo Como Cómo Dónde Quién "
            "Para Por En De Del Al Con Sin Ahora Luego Después Antes También Fue Hay Está Están "
            "Son Ha Quiere Puede Todo Todos Aquí Allí Además Así Entonces Gracias Hoy Mañana Ayer "
            "Más Muy Mi Tu"
        ),
    ),
    phrases=Phrases.parse(
        "un enlace a {}|código en {}|código|"
        "una tabla con {} columnas|una tabla|una imagen|punto|arroba|hecho: {}"
    ),
    spoken=lambda region: _spanish("peso" if region in _PESOS else "dólar").groups(),
    number_words=True,
)
