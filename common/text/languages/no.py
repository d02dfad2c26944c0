from common.text.language import Language, SentenceRules

LANGUAGE = Language(
    code="no",
    sentences=SentenceRules(
        before_ordinals="den",
        ordinal_digits=2,
    ),
)
