from common.text.language import Language, SentenceRules

LANGUAGE = Language(
    code="mr",
    scripts=frozenset({"DEVANAGARI"}),
    sentences=SentenceRules(abbreviations="डॉ प्रा श्री रु"),
)
