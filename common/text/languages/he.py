from common.text.language import Language, SentenceRules

LANGUAGE = Language(
    code="he",
    scripts=frozenset({"HEBREW"}),
    sentences=SentenceRules(abbreviations="ד פרופ"),
)
