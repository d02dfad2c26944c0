"""docs/operate.md: it has every alert and every secret, and its figures are those of the code."""

import re

from common.adapters.google import secret_manager
from common.schemas.answers import SweepAnswer
from tests.infra.documents import OPERATE
from tests.infra.test_docs import TERRAFORM


def test_every_alert_has_one_section() -> None:
    names = re.findall(r'name\s*= "(Oprina: [^"$]+)"', TERRAFORM["alerts"])
    names += re.findall(r'sweep = "(Oprina: [^"]+)"', TERRAFORM["alerts"])
    assert len(set(names)) == len(names) == 10
    parts = re.findall(r"(?m)^## (Oprina: .*)$", OPERATE)
    assert sorted(parts) == sorted(names)


def test_every_secret_has_instructions_for_rotation() -> None:
    named = re.findall(r'(?m)^  \w+_key +=\s"([a-z-]+)"', TERRAFORM["functions"])
    assert named == ["liveavatar-api-key", "session-tokens-key", "account-hash-key"]
    rotating = OPERATE.partition("# Rotating secrets")[2].partition("\n# ")[0]
    assert [each for each in [*named, "smoke-password"] if each not in rotating] == []
    assert "So there are four." in " ".join(rotating.split())


def test_times_and_thresholds_are_those_of_the_code() -> None:
    assert secret_manager.CACHE_SECONDS == 300
    assert OPERATE.count("five minutes") >= 3
    bounds = dict(re.findall(r"(\w+) += optional\(number, ([\d.]+)\)", TERRAFORM["variables"]))
    said = {
        "one answer in twenty": ("error_ratio", 0.05),
        "after three seconds": ("first_speech_lag", 3),
        "over eight seconds": ("start_seconds", 8),
        "than fifty requests in ten minutes": ("quota_refusals", 50),
    }
    for words, (name, bound) in said.items():
        assert float(bounds[name]) == bound, words
        assert words in " ".join(OPERATE.split()), words
    assert f"first_speech_lag_seconds>{bounds['first_speech_lag']}" in OPERATE
    assert f"jsonPayload.seconds>{bounds['start_seconds']}" in OPERATE


def test_queries_name_fields_of_a_log_line() -> None:
    known = {"event", "function", "status", "code", "seconds", "parts", "did", "credits_left"}
    known |= {"first_speech_lag_seconds"}
    assert set(re.findall(r"jsonPayload\.(\w+)", OPERATE)) == known
    assert set(re.findall(r"jsonPayload\.(\w+)", TERRAFORM["monitoring"])) <= known
    assert set(re.findall(r"did\.(\w+)", OPERATE)) <= set(SweepAnswer.model_fields)
    [row] = [line for line in OPERATE.splitlines() if "`jsonPayload.did` |" in line]
    assert set(re.findall(r"`(\w+)`", row)) == set(SweepAnswer.model_fields) - {"more"}
