from common.text.language import Language, SentenceRules

LANGUAGE = Language(
    code="hu",
    sentences=SentenceRules(
        numbered="febr márc ápr júl jún szept okt",
        ordinal_digits=2,
    ),
)
