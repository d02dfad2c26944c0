"""How many sentence ends are found, in replies as agents write them, and how soon."""

import json
import re
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import pytest

from bench.splitter import cuts, read_marks, score, tokens
from common.text.sentences.splitter import Sentences

DATA = Path(__file__).parent / "data"
REACHED = {
    "sentences.json": ((0, 0), (0, 0)),
    "more_sentences.json": ((0, 0), (0, 0)),
    "unseen_sentences.json": ((0, 0), (0, 0)),
    "new_sentences.json": ((1, 3), (1, 0)),
    "further_sentences.json": ((1, 0), (0, 0)),
}
"""Wrong and missed, in English and in all other languages together."""
FILES = list(REACHED)
Portioned = Callable[[str], list[str]]


def replies(name: str) -> dict[str, list[str]]:
    read: dict[str, list[str]] = json.loads((DATA / name).read_text("utf-8"))["replies"]
    return read


BETWEEN = [  # "|" is an end
    ("de", "Die Rechnungsnr. 4471 und Kundennr. 12 an Hausnr. 5 mit Bestellnr. 88 gehen.| Gut."),
    ("de", "Nenne die Kundennr.| Danach geht es weiter."),
    ("de", "Es kommt vom 3.–5. Dez. oder am 3./4. Mai.| Gut."),
    ("nl", "Uw ordernr. 4471, klantnr. 12 en tel.nr. 030 123 zijn klaar.| Goed."),
    ("fr", "Il fait env. -5 °C, voir réf. 4471 et pp. 12–15.| Il fait env. −5 °C."),
    ("it", "Vedi pp. 12–15, rif. 4471, min. 3 e max. 7 persone.| Servono 5 min.| Poi basta."),
    ("pt", "São mín. 3 e máx. 7 pessoas, cód. 4471, ref. 12, pp. 3–5.| Bom."),
    ("es", "Son mín. 3 y máx. 7 personas, cód. 4471, ref. 12, pp. 3–5.| Bien."),
    ("en", "I got it at Yahoo! Finance and Yum! Brands.| I use Yahoo!| It is good."),
    ("de", "Sie sind aus dem 1. -3. Jahrhundert.| Es gibt Covid-19.| Der Arzt kam."),
    ("ru", "Он ушёл в 1850 г.| В 1870 году умер.| В 2024 г. Москва выросла."),
    ("ru", "Здесь дом Толстого, 1898 г. В 1854 году он был продан."),
    ("it", "Egregio Dir. Amm., lo dica allo psicol. Serenti.| Grazie."),
    (
        "en",
        'On the day "they all left" at 6 a.m. Mr. Lee came.| He said "go" at 6 a.m.| Mr. Lee went.',
    ),
    ("da", "Ja.| At 5 a.m. Hr. Holm ringede.| Farvel."),
    ("en", "See you at 5 p.m. EST.| Bye.| At 9 a.m. PST.| Then at 3 p.m. UTC.| Go."),
    ("en", "See Cal. Civ. Code § 1950.5, N.Y. Gen. Bus. Law § 349, and Md. Code Ann. § 8.| Ok."),
    ("en", "Tex. Prop. Code § 92 and Fla. Stat. § 83.49 apply.| Fed. R. Civ. P. 12(b)(6) too."),
    ("en", "The Soc. Sec. Admin. wrote.| Wait a sec.| Bob took the bus.| Ann is in the lab.| Ok."),
    ("en", "Send it by Thurs. EOD, Fri. COB or Tues. AM.| I'm off Mon.| Coding starts on Wed."),
    (
        "en",
        "It is $4.20 ea. (SKU 4471).| Rent: 900 sq. ft. · $1,200, 350 deg. F.| It has 900 sq. ft.| Ok.",
    ),
    ("en", "Ask the Purchasing Mgr. Jane Doe, atty. Lee and the Natl. Guard.| Acct. 4471 is new."),
    ("de", "Laut Anm. 3 gibt es 3x tägl. Tee, monatl. Kosten und ehem. Schüler.| Ein Kerl.| Gut."),
    ("fr", "Voir l'art. L. 121-1 et Cass. civ. 1re.| C'est env. 15 g.| Servez.| Le mar.| J'irai."),
    ("es", "Es el Depto. de RR. HH., Col. Juárez, en EE. UU. desde 2010.| Bien."),
    (
        "it",
        "Si veda Cass. civ., sez. III, e lo studio dell'avv. Russo mart. 12.| C'è posto.| Bene.",
    ),
    ("pl", "Zgodnie z art. 27 ust. 1 i rozdz. 5 masz 14 dni.| Dobrze."),
    ("pt", "É no Ed. Central, Al. Santos, fls. 12.| Bom."),
    ("ru", "Это 2,5 тыс. руб.| Там, каб. 12, от 28 июня 2012 г. № 17.| Да."),
    ("sv", "Enl. 17 § gäller det, jfr. prop. 1988/89.| Bra."),
    ("tr", "Kat. 3 ve Daire. 5, yakl. 30 dk. sürer.| Tamam."),
    ("ja", "戻ります。|e-Taxなら早い。|iPhoneもです！|vs.前回。"),
    ("hi", "यह ठीक है।|e-KYC करें।"),
    ("en", "Ready?|Yes.| What?|No!| I did.| Great!|Thanks.| Sure?|Ok!|Fine."),
]


@pytest.mark.parametrize(("language", "marked"), BETWEEN)
def test_a_sentence_ends_at_its_mark_and_nowhere_else(language: str, marked: str) -> None:
    text, expected = marked.replace("|", ""), [part.strip() for part in marked.split("|")]
    for size in (1, 2, 3, 5, len(text)):
        splitter = Sentences(language)
        parts = [text[at : at + size] for at in range(0, len(text), size)]
        assert [p for part in parts for p in splitter.feed(part)] + splitter.end() == expected


@pytest.mark.parametrize("name", FILES)
def test_english(name: str) -> None:
    found = score(replies(name)["en"], "en")
    wrong, missed = REACHED[name][0]
    assert len(found.wrong) <= wrong, found.wrong
    assert len(found.missed) <= missed, found.missed


@pytest.mark.parametrize("name", FILES)
def test_all_other_languages_together(name: str) -> None:
    scores = [score(some, code) for code, some in replies(name).items() if code != "en"]
    all_wrong = [place for found in scores for place in found.wrong]
    all_missed = [place for found in scores for place in found.missed]
    wrong, missed = REACHED[name][1]
    assert len(all_wrong) <= wrong, all_wrong
    assert len(all_missed) <= missed, all_missed


@pytest.mark.parametrize("name", FILES)
def test_nearly_as_well_without_a_language_if_the_script_tells_it(name: str) -> None:
    told = {"zh", "ja", "hi", "ko", "ar", "ru"}
    for code, some in replies(name).items():
        if code in told:
            assert len(score(some, "auto").wrong) <= 1
            assert len(score(some, "en").wrong) <= 1


def whole(text: str) -> list[str]:
    return tokens(text)


def in_pieces(text: str) -> list[str]:
    """Long words in several tokens: " appo", "intm", "ent"."""
    return [piece for token in tokens(text) for piece in re.findall(r"\s?.{1,4}", token, re.DOTALL)]


def in_chunks(text: str) -> list[str]:
    """Three to five tokens at a time."""
    some, sizes = iter(tokens(text)), cycle([3, 5, 4])
    return ["".join(chunk) for chunk in iter(lambda: list(islice(some, next(sizes))), [])]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("portioned", [whole, in_pieces, in_chunks])
def test_a_sentence_waits_for_one_word_at_most(name: str, portioned: Portioned) -> None:
    late = [
        (waited, code, text)
        for code, some in replies(name).items()
        for text in (read_marks(reply)[0] for reply in some)
        for waited in waits(portioned(text), code)
        if not re.fullmatch(r"(?s)\s*\S+\s*(?:\S+\s?)?", waited)
    ]
    assert late == []


def waits(portions: list[str], language: str) -> list[str]:
    """Return the text that came after each sentence, until it was released.

    The portion that ends a sentence and the one that decides it may contain more.
    """
    sentences, pieces, counts, signs = Sentences(language), [""], [], []
    for number, portion in enumerate(portions):
        signs += [number] * len("".join(portion.split()))
        more = sentences.feed(portion)
        pieces += more
        counts += [number] * len(more)
    ends = list(cuts([*pieces[1:], ""]))[1:]
    last = [signs[end - 1] for end in ends]
    return [
        "".join(portions[ended + 1 : now]) or "x" for now, ended in zip(counts, last, strict=True)
    ]


@pytest.mark.parametrize("name", FILES)
def test_most_sentences_wait_for_one_token(name: str) -> None:
    waited = [
        len(text) > 1
        for code, some in replies(name).items()
        for reply in some
        for text in waits(whole(read_marks(reply)[0]), code)
    ]
    assert sum(waited) < len(waited) / 20
