from common.text.language import Language, SentenceRules

LANGUAGE = Language("lv", sentences=SentenceRules(ordinal_digits=2))
