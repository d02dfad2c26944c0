from common.text.language import Language, SentenceRules

LANGUAGE = Language("sk", sentences=SentenceRules(ordinal_digits=2))
