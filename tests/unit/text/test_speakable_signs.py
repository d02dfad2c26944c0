"""Signs between figures outside English: a sign before a figure, ranges, differences, comparisons."""

import pytest

from tests.unit.text.spoken import speakable

LANGUAGES = ["de", "fr", "es", "it", "pt-BR", "nl", "sv", "hi", "ko", "ja", "zh", "ru", "tr"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "written",
    [
        "4, -1, -3, 2 °C",
        "4, −1, −3",
        "-3, -1, 0",
        "2 °C, -5 °C",
        "4 °C -1 °C",
        "2023, -2",
        "-12,50 €, -3 €",
        "(5, -7)",
    ],
)
def test_a_negative_figure_is_no_range(language: str, written: str) -> None:
    assert speakable(written, language) == written


RANGES = [
    ("es", "págs. 12–15, -5 °C", "páginas 12 a 15, -5 °C"),
    ("de", "-10 – -5 °C", "-10 bis -5 °C"),
    ("de", "22–6 Uhr, 08–12 Uhr", "22 bis 6 Uhr, 08 bis 12 Uhr"),
    ("de", "1.–3. Mai", "1. bis 3. Mai"),
    ("de", "15.000–20.000 €", "15.000 bis 20.000 €"),
    ("fr", "9h–9h30, 9 h 30–10 h, 22h-6h", "9h à 9h30, 9 h 30 à 10 h, 22h à 6h"),
    ("fr", "15 000–20 000 €", "15 000 à 20 000 €"),
    ("pt-BR", "9h–9h30: reunião, 20h30–0h", "9h a 9h30: reunião, 20h30 a 0h"),
    ("nl", "22–6 uur", "22 tot 6 uur"),
    ("es", "9–10 h, 22–2 h", "9 a 10 h, 22 a 2 h"),
    ("hi", "2020–2023, सोम~शुक्र", "2020 से 2023, सोम से शुक्र"),
    ("ko", "월~금, 월 ~ 금, 서울~부산", "월에서 금, 월에서 금, 서울에서 부산"),
    ("ko", "1시간~1시간 30분, 20대~30대", "1시간에서 1시간 30분, 20대에서 30대"),
    ("ko", "15,000~20,000원, 8만~12만 원", "15,000에서 20,000원, 8만에서 12만 원"),
    ("ko", "오전 9시~오후 6시", "오전 9시에서 오후 6시"),
    ("ko", "안녕하세요~ 반가워요. 네~알겠습니다.", "안녕하세요 반가워요. 네 알겠습니다."),
    ("ja", "月~金、東京〜大阪、22時〜6時", "月から金、東京から大阪、22時から6時"),
    ("zh", "中国队3-1，需要1-2天，第3-5章", "中国队3-1，需要1到2天，第3到5章"),
    ("zh", "比分是1-2。", "比分是1-2。"),
    ("ja", "5-15から5-20です。3-5分です。", "5-15から5-20です。3から5分です。"),
    ("ja", "1時間~2時間、午前9時〜午後6時", "1時間から2時間、午前9時から午後6時"),
    ("ja", "いいですね〜そうしましょう。はい〜", "いいですね〜そうしましょう。はい〜"),
    ("zh", "周一~周五，北京~上海，1小时~2小时", "周一到周五，北京到上海，1小时到2小时"),
    ("zh", "上午9点~下午6点，15,000~20,000元", "上午9点到下午6点，15,000到20,000元"),
    ("zh", "好的~我知道了，你好~ 哇~真棒", "好的 我知道了，你好 哇 真棒"),
    ("ko", "우와~멋져요, 평일~토요일", "우와 멋져요, 평일에서 토요일"),
    ("de", "Tel. 030 1234-567, 0171-1234567", "Telefon 030 1234-567, 0171-1234567"),
    ("it", "333-1234567, 3-2", "333-1234567, 3-2"),
]
PLUS = [
    ("ja", "電話は+81 3-1234-5678です。", "電話は+81 3-1234-5678です。"),
    ("ja", "番号：+81-90-1234-5678、2+3=5", "番号：+81-90-1234-5678、2たす3イコール5"),
    ("zh", "请拨打+86-10-12345678，x+y", "请拨打+86-10-12345678，x加y"),
    ("zh", "电话+8613812345678", "电话+8613812345678"),
    ("de", "Tel:+49 30 123456, (+49) 30 1234567", "Tel:+49 30 123456, (+49) 30 1234567"),
    ("de", "5 + 12345678", "5 plus 12345678"),
]
DIFFERENCES = [
    ("de", "10 - 3 = 7, (x - 2)(x - 3) = 0", "10 − 3 gleich 7, (x − 2)(x − 3) gleich 0"),
    ("de", "3(4) - 5 = 7, y = 2x - 3", "3(4) − 5 gleich 7, y gleich 2x − 3"),
    ("fr", "100 - 20 + 5 = 85", "100 − 20 plus 5 égale 85"),
    ("es", "100% - 20% = 80%", "100% − 20% igual a 80%"),
    ("it", "100 € - 20 € = 80 €", "100 € − 20 € uguale a 80 €"),
    ("ja", "x² - 5x + 6 = 0、10-3=7", "x² − 5xたす6イコール0、10−3イコール7"),
    ("zh", "x² - 5x + 6 = 0，10-3=7", "x² − 5x加6等于0，10−3等于7"),
    ("ja", "5×4+3-6 ≥ 7", "5かける4たす3−6は7以上"),
    ("de", "a-b ≥ 3, A-Klasse ≥ 3", "a−b mindestens 3, A-Klasse mindestens 3"),
    ("ar", "10 - 3 = 7", "10 − 3 = 7"),
    ("de", "10 - 12 Uhr, Code = 5", "10 bis 12 Uhr, Code gleich 5"),
    ("de", "2026-11-30 = Montag, E-Mail = gut", "2026-11-30 gleich Montag, E-Mail gleich gut"),
    ("de", "Köln - Bonn = 30 km", "Köln - Bonn gleich 30 km"),
]
COMPARISONS = [
    ("es", "Si tardas > 30 min, x > 5 y fin", "Si tardas más de 30 min, x mayor que 5 y fin"),
    ("es", "Edad: <18 (<1 %)", "Edad: menos de 18 (menos de 1 %)"),
    (
        "de",
        "Fieber >38 °C, < 10 €, x < 5",
        "Fieber mehr als 38 °C, weniger als 10 €, x kleiner als 5",
    ),
    ("fr", "Comptez > 30 min", "Comptez plus de 30 min"),
    ("it", "Febbre > 38 °C", "Febbre più di 38 °C"),
    ("pt-BR", "Espere > 30 min", "Espere mais de 30 min"),
    ("nl", "Koorts > 38 °C", "Koorts meer dan 38 °C"),
    ("ru", "Температура > 38 °C", "Температура больше 38 °C"),
    ("hi", "बुखार >101°F, आयु <18 वर्ष", "बुखार 101°F से ज़्यादा, आयु 18 वर्ष से कम"),
    ("hi", "<10, ≥18 वर्ष", "10 से कम, कम से कम 18 वर्ष"),
    ("hi", "x < 5", "x, 5 से कम"),
    ("ja", "x < 5かつy > 3、体温>38℃", "xは5未満かつyは3超、体温38℃超"),
    ("ja", "x ≤ y、|x - 3| < 5", "xはy以下、絶対値(x - 3)は5未満"),
    ("ko", "x < 5이고 체온 >38℃, 10명 이상", "x, 5 미만이고 체온 38℃ 초과, 10명 이상"),
    ("ja", "1 < x < 5、3≥2≥1", "1 < x < 5、3≥2≥1"),
    (
        "ja",
        "売上 > 100万円、気温<10度、参加者≥1万人",
        "売上100万円超、気温10度未満、参加者1万人以上",
    ),
    ("ja", "5%>3%、点数>80問", "5%>3%、点数>80問"),
    ("ko", "매출 > 100만 원, 온도<10도", "매출 100만 원 초과, 온도 10도 미만"),
    ("hi", "तापमान > 30 डिग्री", "तापमान 30 डिग्री से ज़्यादा"),
    ("zh", "x < 5且y > 3，体温>38℃", "x小于5且y大于3，体温大于38℃"),
    ("es", "|x| < 5, a|b|c", "valor absoluto de (x) menor que 5, a b c"),
]

QUOTIENTS = [
    (
        "fr",
        "La moyenne : (12 + 15) / 2 = 13,5",
        "La moyenne : (12 plus 15) divisé par 2 égale 13,5",
    ),
    ("nl", "Dus 242 / 1,21 ≈ 200.", "Dus 242 gedeeld door 1,21 ongeveer 200."),
    ("ar", "12 / 4 = 3", "12 / 4 = 3"),
    ("de", "Größe 36 / 38", "Größe 36 / 38"),
]
PERIODS = [
    ("es", "Del 18 sep–18 nov", "Del 18 sep a 18 nov"),
    ("hi", "15 अक्टूबर–14 नवंबर", "15 अक्टूबर से 14 नवंबर"),
    ("de", "Mo.–Fr. 8–18 Uhr", "Mo. bis Fr. 8 bis 18 Uhr"),
    ("fr", "Ouvert lun–ven, 9 h–17 h", "Ouvert lun à ven, 9 h à 17 h"),
    ("it", "Milano–Roma 9620", "Milano–Roma 9620"),
]
AMOUNTS = [
    ("id", "Gratis ongkir > Rp500.000", "Gratis ongkir lebih dari Rp500.000"),
    ("pt-BR", "Em compras > R$ 150", "Em compras mais de R$ 150"),
    ("fr", "Réglages > Compte", "Réglages, Compte"),
]


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [*RANGES, *PLUS, *DIFFERENCES, *COMPARISONS, *QUOTIENTS, *PERIODS, *AMOUNTS],
)
def test_signs_between_figures_are_said(language: str, written: str, said: str) -> None:
    assert speakable(written, language) == said
