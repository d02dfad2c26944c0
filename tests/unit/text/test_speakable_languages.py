"""The other languages: what their voices stumble over is put in words, plain digits are theirs."""

import pytest

from common.text.spoken.speakable import speakable

pytest.importorskip("num2words")

GERMAN = [
    ("Guten Tag, Herr Dr. Müller.", "Guten Tag, Herr Doktor Müller."),
    ("Sie können z. B. Äpfel nehmen.", "Sie können zum Beispiel Äpfel nehmen."),
    ("z.B. Äpfel usw.", "zum Beispiel Äpfel und so weiter."),
    (
        "Ihr Termin ist am 5. Mai um 14.30 Uhr.",
        "Ihr Termin ist am fünften Mai um vierzehn Uhr dreißig.",
    ),
    ("Der 3. Oktober ist frei.", "Der dritte Oktober ist frei."),
    ("3. Oktober 1990.", "dritter Oktober neunzehnhundertneunzig."),
    ("am 23.11.2026", "am dreiundzwanzigsten November zweitausendsechsundzwanzig"),
    (
        "Das kostet ca. 3,50 Euro inkl. MwSt. und Versand.",
        "Das kostet circa drei Euro und fünfzig Cent inklusive Mehrwertsteuer und Versand.",
    ),
    ("1,00 €", "ein Euro"),
    ("2,1 %", "zwei Komma eins Prozent"),
    ("20 °C und 5–10 km", "20 Grad Celsius und 5 bis 10 Kilometer"),
    ("um 1:05", "um ein Uhr fünf"),
    ("48 Nachrichten", "48 Nachrichten"),
    ("[Hier](https://example.com) & dort", "Hier und dort"),
]
SPANISH = [
    ("¡Hola, Sra. García!", "¡Hola, señora García!"),
    (
        "Puede llamar al Dr. López, p. ej. mañana.",
        "Puede llamar al doctor López, por ejemplo mañana.",
    ),
    (
        "EE. UU. creció un 2,1 % este año.",
        "Estados Unidos creció un dos coma uno por ciento este año.",
    ),
    ("21 € o 1,50 €", "veintiún euros o un euro con cincuenta céntimos"),
    ("a las 21:30", "a las veintiuna y treinta"),
    ("El valor de pi es 3,14.", "El valor de pi es tres coma catorce."),
    ("la 2.ª vez, el 1.er piso", "la segunda vez, el primer piso"),
    ("el 23/11/2026", "el 23 de noviembre de 2026"),
    ("a 5 km/h", "a 5 kilómetros por hora"),
    ("el siglo XXI", "el siglo 21"),
    ("las 5 p. m. del martes", "las 5 p. m. del martes"),
]
FRENCH = [
    ("M. Dupont et Mme Durand, etc.", "Monsieur Dupont et Madame Durand, et cetera."),
    ("Le 1er mai à 14h30.", "Le premier mai à quatorze heures trente."),
    ("à 21 h", "à vingt et une heures"),
    ("12,50 €", "douze euros et cinquante centimes"),
    ("3,14 % ; vraiment ?", "trois virgule quatorze pour cent ; vraiment ?"),
    ("la 2e fois, la 1re", "la deuxième fois, la première"),
    ("2026-05-01", "premier mai 2026"),
    ("n° 5, 3 km", "numéro 5, 3 kilomètres"),
    ("du Ier au XXIe siècle", "du Ier au vingt et unième siècle"),
    ("la Ve République", "la cinquième République"),
    ("- [x] Le pain", "fait : Le pain."),
]
ITALIAN = [
    ("Il Sig. Rossi, p. es. oggi, ecc.", "Il signor Rossi, per esempio oggi, eccetera."),
    ("alle 14:30", "alle quattordici e trenta"),
    ("21 € o 1,01 €", "ventuno euro o un euro e un centesimo"),
    ("il 2° piano, la 3ª volta", "il secondo piano, la terza volta"),
    ("nel XXI secolo", "nel ventunesimo secolo"),
    ("2,5 %", "due virgola cinque per cento"),
    ("20 °C", "20 gradi Celsius"),
    ("1 km e 5 km", "1 chilometro e 5 chilometri"),
]
PORTUGUESE = [
    ("O Sr. Silva e a Dra. Costa.", "O senhor Silva e a doutora Costa."),
    ("às 14h30", "às catorze e trinta"),
    ("às 2h", "às duas horas"),
    ("21 € ou R$ 5,50", "vinte e um euros ou cinco reais e cinquenta centavos"),
    ("2,5 %", "dois vírgula cinco por cento"),
    ("a 2ª vez", "a segunda vez"),
    ("o século XIX", "o século 19"),
    ("em 23/11/2026", "em 23 de novembro de 2026"),
]
OTHERS = [
    ("zh", "**圆周率**大约是3.14。", "圆周率大约是3.14。"),
    ("zh", "请访问 https://example.com。", "请访问 example 点 com 的链接。"),
    ("ja", "`円周率`は約3.14です😀。", "円周率は約3.14です。"),
    ("hi", "# नमस्ते", "नमस्ते।"),
    ("hi", "**पाई** का मान 3.14 है।", "पाई का मान 3.14 है।"),
    ("nl", "Zie [de gids](https://example.nl).", "Zie de gids."),
    ("pl", "- Kup **mleko** za 5,50 zł", "Kup mleko za 5,50 zł."),
    ("ko", "안녕 *세상* 3.5%", "안녕 세상 3.5%"),
    ("xx", "https://example.com *a* 😀 5", "example.com a 5"),
]


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        *(("de", *case) for case in GERMAN),
        *(("es", *case) for case in SPANISH),
        *(("fr", *case) for case in FRENCH),
        *(("it", *case) for case in ITALIAN),
        *(("pt", *case) for case in PORTUGUESE),
        *OTHERS,
    ],
)
def test_each_language_has_its_own_words(language: str, written: str, said: str) -> None:
    assert speakable(written, language) == said
    assert speakable(said, language) == said


def test_brazil_has_other_cents() -> None:
    assert speakable("1,50 €", "pt-BR") == "um euro e cinquenta centavos"
    assert speakable("1,50 €", "pt-PT") == "um euro e cinquenta cêntimos"
