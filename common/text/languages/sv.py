from common.text.language import Language, Phrases, SentenceRules

LANGUAGE = Language(
    code="sv",
    sentences=SentenceRules(
        numbered="okt mån tis ons tors fre lör sön",
        abbreviations="ca nr kl",
        introduces="t.ex bl.a dvs",
    ),
    phrases=Phrases.parse(
        "en länk till {}|lite {}-kod|lite kod|"
        "en tabell med {} kolumner|en tabell|en bild|punkt|snabel-a|klart: {}"
    ),
)
