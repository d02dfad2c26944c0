"""Other languages: signs and abbreviations become words, figures are left to the voice."""

import pytest

from tests.unit.text.spoken import speakable

GERMAN = [
    ("Guten Tag, Herr Dr. Müller.", "Guten Tag, Herr Doktor Müller."),
    ("Sie können z. B. Äpfel nehmen.", "Sie können zum Beispiel Äpfel nehmen."),
    ("z.B. Äpfel usw.", "zum Beispiel Äpfel und so weiter."),
    (
        "Ihr Termin ist am 5. Mai um 14.30 Uhr.",
        "Ihr Termin ist am 5. Mai um 14.30 Uhr.",
    ),
    ("Der 3. Oktober ist frei.", "Der 3. Oktober ist frei."),
    ("3. Oktober 1990.", "3. Oktober 1990."),
    ("am 23.11.2026", "am 23.11.2026"),
    (
        "Das kostet ca. 3,50 Euro inkl. MwSt. und Versand.",
        "Das kostet circa 3,50 Euro inklusive Mehrwertsteuer und Versand.",
    ),
    ("1,00 €", "1,00 €"),
    ("2,1 %", "2,1 %"),
    ("20 °C und 5–10 km", "20 °C und 5 bis 10 km"),
    ("um 1:05", "um 1:05"),
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
        "Estados Unidos creció un 2,1 % este año.",
    ),
    ("21 € o 1,50 €", "21 € o 1,50 €"),
    ("a las 21:30", "a las 21:30"),
    ("El valor de pi es 3,14.", "El valor de pi es 3,14."),
    ("la 2.ª vez, el 1.er piso", "la 2.ª vez, el 1.er piso"),
    ("el 23/11/2026", "el 23/11/2026"),
    ("a 5 km/h", "a 5 km/h"),
    ("el siglo XXI", "el siglo XXI"),
    ("las 5 p. m. del martes", "las 5 p. m. del martes"),
]
FRENCH = [
    ("M. Dupont et Mme Durand, etc.", "Monsieur Dupont et Madame Durand, et cetera."),
    ("Le 1er mai à 14h30.", "Le 1er mai à 14h30."),
    ("à 21 h", "à 21 h"),
    ("12,50 €", "12,50 €"),
    ("3,14 % ; vraiment ?", "3,14 % ; vraiment ?"),
    ("la 2e fois, la 1re", "la 2e fois, la 1re"),
    ("2026-05-01", "2026-05-01"),
    ("n° 5, 3 km", "numéro 5, 3 km"),
    ("du Ier au XXIe siècle", "du Ier au XXIe siècle"),
    ("la Ve République", "la Ve République"),
    ("- [x] Le pain", "fait : Le pain."),
]
ITALIAN = [
    ("Il Sig. Rossi, p. es. oggi, ecc.", "Il signor Rossi, per esempio oggi, eccetera."),
    ("alle 14:30", "alle 14:30"),
    ("21 € o 1,01 €", "21 € o 1,01 €"),
    ("il 2° piano, la 3ª volta", "il 2° piano, la 3ª volta"),
    ("nel XXI secolo", "nel XXI secolo"),
    ("2,5 %", "2,5 %"),
    ("20 °C", "20 °C"),
    ("1 km e 5 km", "1 km e 5 km"),
]
PORTUGUESE = [
    ("O Sr. Silva e a Dra. Costa.", "O senhor Silva e a doutora Costa."),
    ("às 14h30", "às 14h30"),
    ("às 2h", "às 2h"),
    ("21 € ou R$ 5,50", "21 € ou R$ 5,50"),
    ("2,5 %", "2,5 %"),
    ("a 2ª vez", "a 2ª vez"),
    ("o século XIX", "o século XIX"),
    ("em 23/11/2026", "em 23/11/2026"),
]
OTHERS = [
    ("sv", "2. jan., 2022 f.Kr.", "2. jan., 2022 f.Kr."),
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

CODE = [
    (
        "ja",
        "取り消すには`git reset --soft HEAD^`を使ってください。",
        "取り消すにはgit reset --soft HEAD^を使ってください。",
    ),
    ("zh", "用`git reset HEAD^`撤销，`a <= b`也行。", "用git reset HEAD^撤销，a <= b也行。"),
    ("ko", "`HEAD^`를 쓰세요.", "HEAD^를 쓰세요."),
    (
        "de",
        "Nutze `git reset HEAD~2` oder `HEAD^` dafür.",
        "Nutze git reset HEAD~2 oder HEAD^ dafür.",
    ),
    ("fr", "Utilisez `HEAD^`, `snake_case` ou `a && b`.", "Utilisez HEAD^, snake_case ou a && b."),
    ("es", "Usa `?.` y `??` en `user?.name ?? []`.", "Usa ?. y ?? en user?.name ?? []."),
    ("it", "Usa `**kwargs`, `.env` e `10-20`.", "Usa **kwargs, .env e 10-20."),
    ("pt", "A senha é `a_B*9*`.", "A senha é a_B*9*."),
    ("de", "`a` + `b` = `c`", "a plus b gleich c"),
    ("de", "max_muster@gmail.com", "max_muster at gmail Punkt com"),
    ("it", "*Scrivi* a a_b@mio_sito.it", "Scrivi a a_b chiocciola mio_sito punto it"),
]


@pytest.mark.parametrize(("language", "written", "said"), CODE)
def test_code_and_addresses_outside_english_stay_as_written(
    language: str, written: str, said: str
) -> None:
    assert speakable(written, language) == said


def test_centimetres_are_no_reference_in_russian() -> None:
    assert speakable("Рост 175 см. Вес 70 кг.", "ru") == "Рост 175 см. Вес 70 кг."
    assert speakable("См. рис. 2, см. также стр. 5.", "ru").startswith("Смотри рис. 2, смотри")


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
