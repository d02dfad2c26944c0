import re

from common.text.language import Language, Phrases, SentenceRules
from common.text.languages._european import EuropeanRules, units
from common.text.languages._roman_numerals import in_figures
from common.text.spoken import number_words
from common.text.spoken.rules import Rule


def _clock(hour: int, minute: int) -> str:
    """Hours are feminine: une heure dix, vingt et une heures."""
    said = re.sub(r"un$", "une", number_words.cardinal(str(hour), "fr"))
    after = f" {number_words.cardinal(str(minute), 'fr')}" if minute else ""
    return f"{said} heure{'s' if hour > 1 else ''}{after}"


def _ordinal(match: re.Match[str]) -> str:
    if match[1] == "1":
        return "première" if match[2] in {"re", "ère"} else "premier"
    return number_words.ordinal(match[1], "fr")


_FRENCH = EuropeanRules(
    code="fr",
    point="virgule",
    minus="moins",
    percent="pour cent",
    until="à",
    join="et",
    months=(
        "janvier février mars avril mai juin juillet août septembre octobre novembre "
        "décembre"
),
    of=" ",
    after_day="",
    units=units(
        "km kilomètre kilomètres|m mètre mètres|cm centimètre centimètres"
        "|mm millimètre millimètres|kg kilo kilos|g gramme grammes|mg milligramme milligrammes"
        "|l litre litres|ml millilitre millilitres|km/h kilomètre_heure kilomètres_heure"
        "|m² mètre_carré mètres_carrés|km² kilomètre_carré kilomètres_carrés"
        "|m³ mètre_cube mètres_cubes|°C degré_Celsius degrés_Celsius"
        "|°F degré_Fahrenheit degrés_Fahrenheit|Go gigaoctet gigaoctets|Mo mégaoctet mégaoctets"
        "|To téraoctet téraoctets|kWh kilowattheure kilowattheures|min minute minutes"
        "|min. minute minutes|° degré degrés"
    ),
    money={
        "€": ("euro", "euros", "centime", "centimes"),
        "euros": ("euro", "euros", "centime", "centimes"),
        "EUR": ("euro", "euros", "centime", "centimes"),
        "$": ("dollar", "dollars", "cent", "cents"),
        "CHF": ("franc suisse", "francs suisses", "centime", "centimes"),
    },
    signs={"&": "et", "+": "plus", "=": "égale", "%": "pour cent", "×": "fois",
           "≈": "environ", "±": "plus ou moins"},
    abbreviations={
        "p. ex.": "par exemple", "par ex.": "par exemple", "c.-à-d.": "c'est-à-dire",
        "etc.": "et cetera", "env.": "environ", "Mme": "Madame", "Mlle": "Mademoiselle",
        "MM.": "Messieurs", "Dr": "docteur", "Pr": "professeur", "n°": "numéro", "N°": "numéro",
        "av.": "avenue", "bd": "boulevard", "tél.": "téléphone", "Tél.": "téléphone",
        "max.": "maximum", "min.": "minimum", "apr. J.-C.": "après Jésus-Christ",
        "av. J.-C.": "avant Jésus-Christ",
    },
    titles=(
        Rule(r"(?<!\w)M\.(?= [A-ZÀ-Ý])", "Monsieur"),
        in_figures(
            r"(?=[IVXL]{2}|[IVX](?:e|er|re) (?:siècle|République))",
            r"(?=(?:er|re|e|ème)(?!\w))",
        ),
    ),
    masculine=lambda said: said,
    clock=_clock,
    own=(
        Rule(r"(?<!\w)(\d{1,4})(er|re|ère|e|ème|ième|d|de)(?!\w)", _ordinal),
        Rule(
            r"(?<!\w)([01]?\d|2[0-3]) ?[hH] ?([0-5]\d)?(?!\w)",
            lambda m: _clock(int(m[1]), int(m[2] or 0)),
        ),
        Rule(r"(?<!\w)1 (?=janvier|février|mars|avril|mai|juin|juillet|ao|sept|oct|nov|déc)",
             "premier "),
    ),
)  # fmt: skip

LANGUAGE = Language(
    code="fr",
    sentences=SentenceRules(
        numbered=(
            "lun mar mer jeu ven sam dim janv févr avr juil sept oct nov déc vol art sec sing hab "
            "inf"
        ),
        enders="etc",
        units="min h kg km m cm",
        abbreviations="pers bd pr st ste mgr me no tél j.-c",
        introduces="p.ex m mm mme mlle dr cf",
        starters=(
            "Le La Les Un Une Des Il Ils Elle Elles On Je Nous Vous Ce Cet Cette Ces Cela Ça Si Et "
            "Mais Ou Où Que Qui Quand Comment Pour Dans En Au Aux À Avec Sans Sur Puis Voulez Son "
            "Sa Ses Votre Vos Leur Tout Tous Merci Après Avant Alors Ainsi Est Sont Faut Pourquoi "
            "Depuis Ensuite Voici Voilà Oui Non Aussi Chez Chaque Plus Pas"
        ),
        elided="CDJLMNST",
    ),
    phrases=Phrases.parse(
        "un lien vers {}|du code {}|du code|"
        "un tableau de {} colonnes|un tableau|une image|point|arobase|fait : {}"
    ),
    space_before_marks=True,
    spoken=lambda _region: _FRENCH.groups(),
    number_words=True,
)
