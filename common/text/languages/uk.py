from common.text.language import Language, Phrases, SentenceRules

LANGUAGE = Language(
    code="uk",
    scripts=frozenset({"CYRILLIC"}),
    sentences=SentenceRules(
        numbered="січ лют бер квіт трав черв лип серп вер жовт лист груд пн вт ср чт пт сб нд",
        enders="т.д т.п ін",
        units="р рр грн коп тис хв",
    ),
    phrases=Phrases.parse(
        "посилання на {}|код на {}|код|"
        "таблиця, стовпців: {}|таблиця|зображення|крапка|собака|зроблено: {}"
    ),
)
