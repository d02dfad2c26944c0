"""Lines as agents write them, and as a person would say them: a set that was written unseen."""

import json
from pathlib import Path

import pytest

from common.speech.speakable import speakable

pytest.importorskip("num2words")

READ = json.loads((Path(__file__).parent / "data/speakable.json").read_text("utf-8"))
LINES = [(code, *pair) for code, pairs in READ.items() if code != "about" for pair in pairs]


@pytest.mark.parametrize(("language", "written", "said"), LINES)
def test_it_is_said_as_a_person_would(language: str, written: str, said: str) -> None:
    assert speakable(written, language) == said
    assert speakable(said, language) == said
