from common.text.language import Language, SentenceRules

LANGUAGE = Language("fi", sentences=SentenceRules(ordinal_digits=2))
