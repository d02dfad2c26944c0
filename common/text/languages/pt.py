import re

from common.text.language import Language, Phrases, SentenceRules
from common.text.languages._european import EuropeanRules, ordinals, units
from common.text.languages._roman_numerals import in_figures
from common.text.spoken import number_words
from common.text.spoken.rules import Rule

_CENTS = {"BR": ("centavo", "centavos"), "": ("cêntimo", "cêntimos")}


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
        after_day="",
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


LANGUAGE = Language(
    code="pt",
    sentences=SentenceRules(
        numbered=(
            "seg ter qua qui sex sáb dom jan fev mar abr jun jul ago set out nov dez vi i v x art "
            "con"
        ),
        enders="etc ltda cia",
        units="min h kg km m cm",
        abbreviations="av pág págs tel aprox n núm ex eng r arq ap apto",
        introduces="p.ex sr sra dr dra prof profa d",
        starters=(
            "O A Os As Um Uma Ele Ela Eles Elas Eu Nós Você Vocês É Foi Era São Há Se E Mas Ou "
            "Este Esta Isto Isso Esse Essa Que Quem Como Quando Onde Porque Para Por Em No Na Nos "
            "Nas Do Da De Com Sem Não Sim Depois Antes Também Agora Aqui Quer Pode Seu Sua Está "
            "Fica Hoje Amanhã Ontem Tudo Todos Obrigado Obrigada"
        ),
    ),
    phrases=Phrases.parse(
        "um link para {}|código em {}|código|"
        "uma tabela com {} colunas|uma tabela|uma imagem|ponto|arroba|feito: {}"
    ),
    spoken=lambda region: _portuguese(*_CENTS.get(region, _CENTS[""])).groups(),
    number_words=True,
)
