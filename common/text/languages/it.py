import re

from common.text.language import Language, Phrases, SentenceRules
from common.text.languages._european import EuropeanRules, ordinals, units
from common.text.languages._roman_numerals import in_figures
from common.text.spoken import number_words


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
    after_day="",
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

LANGUAGE = Language(
    code="it",
    sentences=SentenceRules(
        numbered="lun mer gio ven sab dom gen feb mar apr mag giu lug ago set ott nov dic bin sec",
        enders="ecc",
        units="min h kg km m cm",
        abbreviations=(
            "sigg sig.na prof.ssa ing avv geom arch rag egr gent spett p.es pag pagg n nn tel art "
            "artt cap ca vol fig a.c d.c c.so v.le p.za on mons"
        ),
        introduces="ad.es es sig sig.ra dott dott.ssa prof",
        starters=(
            "Il Lo La I Gli Le Un Una È Ha Hanno Sono Si Sì No Non Se Ma E O Lui Lei Noi Voi Loro "
            "Io Questo Questa Quello Quella Che Chi Come Quando Dove Perché Per Con Senza In Di Da "
            "Dal Del Al Nel Poi Anche Vuole Può Suo Sua Ora Dopo Prima Lì Qui Grazie Oggi Domani "
            "Ieri Ogni Tutto Tutti Era"
        ),
        elided="CDLMNST",
        trusts_sentencex=False,
    ),
    phrases=Phrases.parse(
        "un link a {}|del codice {}|del codice|"
        "una tabella con {} colonne|una tabella|un'immagine|punto|chiocciola|fatto: {}"
    ),
    spoken=lambda _region: _ITALIAN.groups(),
    number_words=True,
)
