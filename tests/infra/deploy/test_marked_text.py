import pytest

from infra.deploy.marked_text import replace_marked

DOCUMENT = "before\n<!-- a -->\nold\n<!-- /a -->\nafter\n"


def test_text_between_the_markers_is_replaced() -> None:
    replaced = replace_marked(DOCUMENT, "a", "new")
    assert replaced == "before\n<!-- a -->\n\nnew\n\n<!-- /a -->\nafter\n"
    assert replace_marked(replaced, "a", "new") == replaced


@pytest.mark.parametrize("document", ["", "<!-- a -->", "<!-- /a -->", "<!-- b --><!-- /b -->"])
def test_document_without_markers_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match="a"):
        replace_marked(document, "a", "new")
