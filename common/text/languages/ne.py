from common.text.language import Language, SentenceRules

LANGUAGE = Language(
    code="ne",
    scripts=frozenset({"DEVANAGARI"}),
    sentences=SentenceRules(abbreviations="डा प्रो श्री रु"),
)
