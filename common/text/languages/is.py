from common.text.language import Language, SentenceRules  # noqa: N999 - its code is a keyword

LANGUAGE = Language("is", sentences=SentenceRules(ordinal_digits=2))
