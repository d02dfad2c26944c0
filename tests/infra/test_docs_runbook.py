"""The runbook: it has every alert and every secret, and its figures are those of the code."""

import re
from pathlib import Path

from common.adapters.google import secret_manager
from common.schemas.answers import SweepAnswer
from tests.infra.documents import MAINTAIN, OPERATE, anchors
from tests.infra.test_docs import TERRAFORM


def test_every_alert_has_one_section() -> None:
    names = re.findall(r'name\s*= "(Oprina: [^"$]+)"', TERRAFORM["alerts"])
    names += re.findall(r'sweep = "(Oprina: [^"]+)"', TERRAFORM["alerts"])
    objectives = re.findall(r'(?m)^      name     = "([^"]+)"', TERRAFORM["objectives"])
    names += [f"Oprina: objective at risk: {each.lower()}" for each in objectives]
    assert len(set(names)) == len(names) == 14
    parts = re.findall(r"(?m)^## (Oprina: .*)$", OPERATE)
    assert sorted(parts) == sorted(names)


def test_the_first_table_leads_to_every_alert() -> None:
    table = OPERATE.partition("## Start here")[2].partition("\n## ")[0]
    linked = re.findall(r"(?m)^\| \[[^]]+\]\(#([a-z0-9-]+)\) \|", table)
    names = re.findall(r"(?m)^## (Oprina: .*)$", OPERATE)
    expected = [re.sub(r"[^a-z0-9 -]", "", name.lower()).replace(" ", "-") for name in names]
    assert sorted(linked) == sorted(expected)


def test_every_alert_links_to_its_section(tmp_path: Path) -> None:
    """Terraform makes the anchor from the name by the same rule as GitHub."""
    document = tmp_path / "operate.md"
    document.write_text(OPERATE)
    rule = 'replace(replace(lower(name), "/[^a-z0-9 -]/", ""), " ", "-")'
    assert rule in TERRAFORM["alerts"]
    for name in re.findall(r"(?m)^## (Oprina: .*)$", OPERATE):
        anchor = re.sub(r"[^a-z0-9 -]", "", name.lower()).replace(" ", "-")
        assert anchor in anchors(document)


def test_every_secret_has_instructions_for_rotation() -> None:
    named = re.findall(r'(?m)^  \w+_(?:key|client) +=\s"([a-z-]+)"', TERRAFORM["functions"])
    assert len(named) == 4
    rotating = MAINTAIN.partition("# Rotating secrets")[2].partition("\n# ")[0]
    assert [each for each in [*named, "smoke-password"] if each not in rotating] == []
    assert "There are five secrets." in " ".join(rotating.split())


def test_times_and_thresholds_are_those_of_the_code() -> None:
    assert secret_manager.CACHE_SECONDS == 300
    assert MAINTAIN.count("five minutes") >= 3
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
    known = {"event", "function", "status", "code", "seconds", "parts", "did", "fields"}
    known |= {"credits_left", "first_speech_lag_seconds", "live_sessions", "ceiling_used", "marks"}
    named = set(re.findall(r"jsonPayload\.(\w+)", OPERATE))
    assert named == known
    assert set(re.findall(r"jsonPayload\.(\w+)", TERRAFORM["monitoring"])) <= known
    assert set(re.findall(r"did\.(\w+)", OPERATE)) <= set(SweepAnswer.model_fields)
    [row] = [line for line in OPERATE.splitlines() if "`jsonPayload.did` |" in line]
    assert set(re.findall(r"`(\w+)`", row)) == set(SweepAnswer.model_fields) - {"more"}
