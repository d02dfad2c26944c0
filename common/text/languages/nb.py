from common.text.language import Language, SentenceRules

LANGUAGE = Language(
    code="nb",
    sentences=SentenceRules(
        numbered="okt des tir ons tor fre lør søn",
        before_ordinals="den",
        ordinal_digits=2,
    ),
)
