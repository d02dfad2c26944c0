from common.text.language import Language, SentenceRules

LANGUAGE = Language("hr", sentences=SentenceRules(ordinal_digits=2))
