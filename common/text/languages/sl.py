from common.text.language import Language, SentenceRules

LANGUAGE = Language("sl", sentences=SentenceRules(ordinal_digits=2))
