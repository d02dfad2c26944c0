"""Whole replies, piece by piece as sentences are released."""

import pytest

from common.text.spoken.speakable import Speakable


def said(*pieces: str, language: str = "en") -> list[str]:
    reply = Speakable(language)
    return [reply.say(piece) for piece in pieces]


def test_a_code_block_is_announced_once_and_not_read() -> None:
    assert said("Try this:", "```python", "import os", "print('hi. there')", "```", "It works.") == [
        "Try this:", "some Python code.", "", "", "", "It works.",
    ]  # fmt: skip


def test_a_code_block_in_one_piece() -> None:
    assert said("Here:\n```sql\nSELECT *\nFROM t;\n```\nDone.") == ["Here: some SQL code. Done."]


@pytest.mark.parametrize(
    ("fence", "announced"),
    [
        ("```", "some code."),
        ("```bash", "some shell code."),
        ("```c#", "some C sharp code."),
        ("~~~ js", "some JavaScript code."),
        ("```mermaid", "some code."),
        ("> ```json", "some JSON code."),
    ],
)
def test_the_fence_names_the_language(fence: str, announced: str) -> None:
    assert said(fence) == [announced]


def test_only_the_same_fence_closes() -> None:
    assert said("````md", "```python", "```", "still code", "````", "Prose.")[-3:] == [
        "",
        "",
        "Prose.",
    ]


def test_a_fence_that_lost_its_line_break_still_closes() -> None:
    assert said("```", "x = 1", "``` And so on.") == ["some code.", "", "And so on."]
    assert said("```", "x = 1```", "Then.") == ["some code.", "", "Then."]


def test_a_fence_behind_prose_still_opens() -> None:
    assert said("Here it is: ```python", "x = 1", "```", "Yes.") == [
        "Here it is: some Python code.", "", "", "Yes.",
    ]  # fmt: skip


def test_a_code_block_that_never_closes_is_silent_to_the_end() -> None:
    assert said("```", "a.", "b.") == ["some code.", "", ""]


def test_code_in_one_line_is_prose() -> None:
    assert said("```pip install x```", "Then run it.") == ["pip install x", "Then run it."]


def test_a_table_is_announced_once_and_not_read() -> None:
    assert said("Prices:", "| A | B | C |", "|---|:-:|---|", "| 1 | 2 | 3 |", "Cheap, no?") == [
        "Prices:", "a table with three columns.", "", "", "Cheap, no?",
    ]  # fmt: skip


def test_a_table_in_one_piece() -> None:
    assert said("| A | B |\n|---|---|\n| x. y | 2 |\nThat's all.") == [
        "a table with two columns. That's all."
    ]


def test_a_table_without_outer_bars() -> None:
    assert said("Name | Age\n--- | ---\nAnn | 5") == ["a table with two columns."]


def test_a_row_that_was_cut_within_is_silent() -> None:
    assert said("| A | B |", "|---|---|", "| One.", "Two.", "Three | 4 |", "Prose.") == [
        "a table with two columns.", "", "", "", "", "Prose.",
    ]  # fmt: skip


def test_two_tables_are_announced_twice() -> None:
    assert said("| A | B |\n|---|---|\n\nAnd:\n\n| A | B | C |\n|---|---|---|") == [
        "a table with two columns. And: a table with three columns."
    ]


def test_bars_in_prose_are_no_table() -> None:
    assert said("Choose A | B | C now.") == ["Choose A, B, C now."]


def test_lines_that_stand_apart_get_a_rest() -> None:
    assert said("Plan:\n- Call\n- Book a taxi\n\nAnything else?") == [
        "Plan: Call. Book a taxi. Anything else?"
    ]


def test_a_soft_line_break_is_a_space() -> None:
    assert said("One sentence\nin two lines.") == ["One sentence in two lines."]


def test_marks_of_emphasis_may_open_in_one_piece_and_close_in_another() -> None:
    assert said("**Great news!", "It works.**") == ["Great news!", "It works."]


def test_a_link_may_begin_in_one_piece_and_end_in_another() -> None:
    assert said("See [No.", "Really](https://example.com).") == ["See No.", "Really."]


@pytest.mark.parametrize(
    ("language", "code", "table"),
    [
        ("de", "etwas Python-Code.", "eine Tabelle mit 2 Spalten."),
        ("es", "código en Python.", "una tabla con 2 columnas."),
        ("zh", "一段 Python 代码。", "一个有 2 列的表格。"),
        ("xx", "", ""),
    ],
)
def test_it_is_announced_in_the_conversations_language(
    language: str, code: str, table: str
) -> None:
    assert said("```py", "x", "```", "| a | b |", language=language) == [code, "", "", table]
