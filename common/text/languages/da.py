from common.text.language import Language, SentenceRules

LANGUAGE = Language(
    code="da",
    sentences=SentenceRules(
        numbered="tir ons tor fre lør søn",
        before_ordinals="den",
        ordinal_digits=2,
    ),
)
