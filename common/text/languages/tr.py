from common.text.language import Language, Phrases, SentenceRules

LANGUAGE = Language(
    code="tr",
    sentences=SentenceRules(
        numbered="nis haz tem eki",
        enders="vb vs",
        units="dk sa km kg",
        abbreviations="dr prof doç av sn örn bkz kas oca şub ağu eyl no yy sok cad mah tel",
        ordinal_digits=2,
    ),
    phrases=Phrases.parse(
        "{} bağlantısı|{} kodu|kod|{} sütunlu bir tablo|bir tablo|bir resim|nokta|et|tamamlandı: {}"
    ),
)
