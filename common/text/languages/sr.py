from common.text.language import Language, SentenceRules

LANGUAGE = Language(
    code="sr",
    scripts=frozenset({"CYRILLIC", "LATIN"}),
    sentences=SentenceRules(ordinal_digits=2),
)
