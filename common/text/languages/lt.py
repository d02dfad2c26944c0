from common.text.language import Language, SentenceRules

LANGUAGE = Language("lt", sentences=SentenceRules(ordinal_digits=2))
