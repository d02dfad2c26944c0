"""Sentences that are synthesised before their end is certain: often, and seldom in vain."""

import pytest

from bench.splitter import tokens
from common.text.sentences.splitter import Sentences
from common.text.spoken.speakable import Speakable
from tests.unit.text.test_sentence_figures import FILES, replies


def guesses(text: str, language: str) -> tuple[int, int]:
    """How many sentences were foreseen at the token that ends them, and how often one was foreseen
    that was none."""
    right = wrong = 0
    sentences, voice, foreseen = Sentences(language), Speakable(language), ""
    for token in tokens(text):
        for sentence in sentences.feed(token):
            said = voice.say(sentence)
            right += said == foreseen != ""
            wrong += foreseen not in {said, ""}
            foreseen = ""
        likely = sentences.likely()
        now = voice.foresee(likely) if likely else ""
        wrong += foreseen not in {now, ""}
        foreseen = now
    return right, wrong


@pytest.mark.parametrize("name", FILES)
def test_most_sentences_are_foreseen_and_few_in_vain(name: str) -> None:
    """The sets are made of what goes on after a full stop; prose is kinder."""
    right = wrong = total = 0
    for language, marked in replies(name).items():
        for reply in marked:
            text = reply.replace("|", "").replace("¦", "")
            found = guesses(text, language)
            right, wrong = right + found[0], wrong + found[1]
            total += reply.count("|")  # nothing comes after the last sentence that would count it
    assert right > 0.6 * total
    assert wrong < right / 8


@pytest.mark.parametrize(
    "text", ["He was born in St. Louis.", "明天是晴天。", "Is it so?", "Oh no!"]
)
def test_what_ends_for_certain_is_foreseen_at_its_last_token(text: str) -> None:
    sentences = Sentences("zh" if text[0] > "z" else "en")
    assert [sentences.feed(token) for token in tokens(text)] == [[] for _ in tokens(text)]
    assert sentences.likely() == text


@pytest.mark.parametrize(
    "text", ["Pi is 3.", "It is 5 p.m.", "Ask Dr.", "Well.", "Open a/b.", "Add 3 a.m.;", '"Go!"']
)
def test_what_often_goes_on_is_not(text: str) -> None:
    sentences = Sentences("en")
    sentences.feed(text)
    assert sentences.likely() == ""
