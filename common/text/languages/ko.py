from common.text.language import Language, Phrases, SentenceRules

LANGUAGE = Language(
    code="ko",
    scripts=frozenset({"HANGUL", "CJK"}),
    sentences=SentenceRules(ordinal_digits=4),
    phrases=Phrases.parse("{} 링크|{} 코드|코드|{}열짜리 표|표|이미지|닷|골뱅이|완료: {}"),
)
