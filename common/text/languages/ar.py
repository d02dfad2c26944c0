from common.text.language import Language, SentenceRules

LANGUAGE = Language(
    code="ar",
    scripts=frozenset({"ARABIC"}),
    sentences=SentenceRules(units="م ص كم كغ"),
)
