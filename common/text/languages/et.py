from common.text.language import Language, SentenceRules

LANGUAGE = Language("et", sentences=SentenceRules(ordinal_digits=2))
