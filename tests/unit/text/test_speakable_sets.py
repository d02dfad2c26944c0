"""Lines as agents write them, and as a person would say them: sets that were written unseen."""

import json
from pathlib import Path

import pytest

from tests.unit.text.spoken import speakable

pytest.importorskip("num2words")

DATA = Path(__file__).parent / "data"
SETS = [
    json.loads((DATA / name).read_text("utf-8"))
    for name in ("speakable.json", "unseen_speakable.json", "sums_speakable.json")
]
LINES = [
    (code, *pair)
    for lines in SETS
    for code, pairs in lines.items()
    if code != "about"
    for pair in pairs
]


@pytest.mark.parametrize(("language", "written", "said"), LINES)
def test_it_is_said_as_a_person_would(language: str, written: str, said: str) -> None:
    assert speakable(written, language) == said
    assert speakable(said, language) == said
