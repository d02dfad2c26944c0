import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from infra.local.simulators.espeak import VOICES, EspeakRequest, resample, synthesize


def test_each_gender_and_language_has_its_voice() -> None:
    spoken = {
        synthesize(EspeakRequest("Madrid, Berlin, Paris.", language, gender))
        for language in VOICES
        for gender in ("FEMALE", "MALE")
    }
    assert len(spoken) == 2 * len(VOICES)


@pytest.mark.parametrize("tone", [440, 5_000, 9_000])
def test_resampling_keeps_a_tone_within_90_db(tone: float) -> None:
    def sine(rate: int) -> Any:
        return np.sin(2 * np.pi * tone * np.arange(rate) / rate)

    wrong = (resample(sine(22_050), 22_050, 24_000) - sine(24_000))[500:-500]
    assert np.sqrt(np.mean(wrong**2)) < 10 ** (-90 / 20)


def test_resampling_down_removes_what_would_alias() -> None:
    tone = np.sin(2 * np.pi * 6_000 * np.arange(22_050) / 22_050)
    assert np.abs(resample(tone, 22_050, 8_000)[500:-500]).max() < 10 ** (-80 / 20)


def test_simulator_is_imported_without_numpy_and_espeak() -> None:
    code = (
        "import sys, infra.local.simulators.google_speech;"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'espeakng_loader')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=False)
    assert ran.returncode == 0
