from common.text.language import Language, SentenceRules

LANGUAGE = Language("bs", sentences=SentenceRules(ordinal_digits=2))
