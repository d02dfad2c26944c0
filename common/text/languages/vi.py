from common.text.language import Language, SentenceRules

LANGUAGE = Language("vi", sentences=SentenceRules(abbreviations="tp q p tx tt ths ts gs pgs bs ks"))
