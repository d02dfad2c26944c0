from common.text.language import Language, Phrases, SentenceRules
from common.text.languages._east_asian import Signs, table

_MONTHS = "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर"

_HINDI = Signs(
    minus="माइनस ",
    percent="{} प्रतिशत",
    until=" से ",
    hour="{} बजे",
    time="{} बजकर {} मिनट",
    after_time="(?: बजे(?! *पर))?",
    date="{2} {1} {0}",
    months=tuple(_MONTHS.split()),
    money=table("₹ {} रुपये|रु. {} रुपये|Rs. {} रुपये|INR {} रुपये|$ {} डॉलर|USD {} डॉलर|€ {} यूरो|£ {} पाउंड"),
    units=table(
        "km {} किलोमीटर|किमी {} किलोमीटर|m {} मीटर|cm {} सेंटीमीटर|mm {} मिलीमीटर|kg {} किलोग्राम"
        "|g {} ग्राम|mg {} मिलीग्राम|L {} लीटर|l {} लीटर|ml {} मिलीलीटर|km/h {} किलोमीटर प्रति घंटा"
        "|m² {} वर्ग मीटर|km² {} वर्ग किलोमीटर|°C {} डिग्री सेल्सियस|°F {} डिग्री फ़ारेनहाइट|° {} डिग्री"
        "|GB {} गीगाबाइट|MB {} मेगाबाइट"
    ),
    abbreviations={
        "डॉ.": "डॉक्टर", "प्रो.": "प्रोफ़ेसर", "पं.": "पंडित", "कु.": "कुमारी",
    },
)  # fmt: skip

LANGUAGE = Language(
    code="hi",
    scripts=frozenset({"DEVANAGARI"}),
    sentences=SentenceRules(
        abbreviations="डॉ प्रो श्री श्रीमती रु पं नं कु सु मि",
    ),
    phrases=Phrases.parse("{} का लिंक|{} कोड|कोड|{} कॉलम की तालिका|तालिका|चित्र|डॉट|ऐट|पूरा हुआ: {}"),
    full_stop="।",
    spoken=lambda _region: _HINDI.groups(),
)
