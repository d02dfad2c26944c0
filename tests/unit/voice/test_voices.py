"""The choice of a voice and its language."""

import pytest

from common.domain.errors import Invalid
from common.domain.voices import choose_voice

DEFAULT = ("en-US-Neural2-F", "en-US")


@pytest.mark.parametrize(
    ("voice", "language"),
    [
        ("cmn-CN-Wavenet-A", "zh-CN"),
        ("cmn-TW-Wavenet-A", "zh-Hant-TW"),
        ("yue-HK-Standard-A", "zh-HK"),
        ("nb-NO-Wavenet-A", "no-NO"),
        ("he-IL-Wavenet-A", "iw-IL"),
        ("en-GB-Neural2-A", "EN-us"),
    ],
)
def test_a_voice_fits_each_name_of_its_language(voice: str, language: str) -> None:
    assert choose_voice(voice, language, DEFAULT, ["*"]) == (voice, language)


@pytest.mark.parametrize(
    ("voice", "language"),
    [
        ("de-DE-Neural2-F", "en-US"),
        ("cmn-CN-Wavenet-A", "ja-JP"),
        ("fil-PH-Wavenet-A", "fi-FI"),
        ("en-US-Neural2-F\n", "en-US"),
        ("en-US", "en-US"),
        ("../en-US-Neural2-F", None),
    ],
)
def test_a_voice_of_another_language_or_without_a_name_is_refused(
    voice: str, language: str | None
) -> None:
    with pytest.raises(Invalid) as raised:
        choose_voice(voice, language, DEFAULT, ["*"])
    assert [name for name, _ in raised.value.fields] == ["voice"]
