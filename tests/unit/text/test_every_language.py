from importlib import import_module
from pathlib import Path

import pytest

from common.text import languages
from common.text.loading import speakable
from common.text.spoken import number_words

CODES = sorted(path.stem for path in Path(languages.__file__).parent.glob("??.py"))


@pytest.mark.parametrize("language", [*CODES, "ko", "sv", "xx"])
def test_a_voice_is_ready_for_any_language(language: str) -> None:
    assert speakable(language).say("3")


def test_whoever_asks_for_numbers_in_words_has_them_loaded_beforehand() -> None:
    asking = {
        code
        for code in CODES
        if "number_words" in vars(import_module(f"{languages.__name__}.{code}"))
    }
    assert asking
    assert asking <= number_words.IN_WORDS
