"""Marks of thoughts whose beginning or end never came are neither shown nor spoken."""

import pytest

from common.text.visible import VisibleText, visible

CASES = [
    ("Hello. </think>Yes.", "Hello. Yes."),
    ("I add them.\n</think>\n\nIt is 4.", "I add them.\n\n\nIt is 4."),
    ("</thinking> Yes", "Yes"),
    ("Sum </ think >is 4", "Sum is 4"),
    ("[/think]Yes", "Yes"),
    ("It is 4. </think", "It is 4."),
    ("It is 4. <think", "It is 4."),
    ("◁think▷I add.◁/think▷It is 4.", "It is 4."),
    ("Well, ◁think▷I add.◁/think▷ it is 4.", "Well, it is 4."),
    ("◁ think ▷I add.◁ / think ▷ It is 4.", "It is 4."),
    ("It is ◁/think▷4", "It is 4"),
    ("It is 4. ◁think▷Or not", "It is 4."),
    ("Press ◁ or ▷ to move.", "Press ◁ or ▷ to move."),
    ("The left one is ◁", "The left one is ◁"),
    ("The tag `</think>` and `◁think▷` end it.", "The tag `</think>` and `◁think▷` end it."),
    ("An array [ think ] of x", "An array [ think ] of x"),
    ("1 < think > 0", "1 < think > 0"),
]


@pytest.mark.parametrize(("text", "shown"), CASES)
def test_marks_of_thoughts_are_not_for_people(text: str, shown: str) -> None:
    assert visible(text) == shown
    for size in (1, 2, 5):
        stream = VisibleText()
        pieces = [stream.feed(text[at : at + size]) for at in range(0, len(text), size)]
        assert "".join([*pieces, stream.end()]) == shown
