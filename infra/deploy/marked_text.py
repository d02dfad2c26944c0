"""Generated parts of documents: the text between `<!-- name -->` and `<!-- /name -->`."""


def replace_marked(document: str, name: str, text: str) -> str:
    """Return the document with `text` between the markers. Raises ValueError if one is missing."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, has_begin, rest = document.partition(begin)
    _, has_end, after = rest.partition(end)
    if not (has_begin and has_end):
        raise ValueError(f"no {begin} ... {end}")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"
