from common.text.language import Language, SentenceRules

LANGUAGE = Language("nn", sentences=SentenceRules(ordinal_digits=2))
