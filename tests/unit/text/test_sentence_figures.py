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
