from common.text.language import Language, SentenceRules

LANGUAGE = Language("cs", sentences=SentenceRules(ordinal_digits=2))
