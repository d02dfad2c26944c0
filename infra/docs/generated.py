"""Generated parts of Markdown documents, between `<!-- name -->` and `<!-- /name -->`."""


def find_part(document: str, name: str) -> str:
    """Return the text between the markers. Raises ValueError if a marker is missing."""
    _, begin, rest = document.partition(f"<!-- {name} -->\n")
    inside, end, _ = rest.partition(f"\n<!-- /{name} -->")
    if not (begin and end):
        raise ValueError(f"the document lacks <!-- {name} --> ... <!-- /{name} -->")
    return inside


def replace_part(document: str, name: str, text: str) -> str:
    """Return the document with `text` between the markers. Raises ValueError if a marker is missing."""
    old = find_part(document, name)
    begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
    return document.replace(f"{begin}{old}{end}", f"{begin}{text}{end}")


def markdown_table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
