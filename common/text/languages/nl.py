from common.text.language import Language, Phrases, SentenceRules

LANGUAGE = Language(
    code="nl",
    sentences=SentenceRules(
        numbered="ma di wo do vr za zo jan feb mrt apr jun jul aug sep sept okt nov dec",
        enders="enz etc",
        units="min sec u km kg",
        abbreviations="m.a.w incl excl tel",
        introduces="bijv d.w.z o.a dhr mevr",
        street_ending="str",
    ),
    phrases=Phrases.parse(
        "een link naar {}|wat {}-code|wat code|"
        "een tabel met {} kolommen|een tabel|een afbeelding|punt|apenstaartje|klaar: {}"
    ),
)
