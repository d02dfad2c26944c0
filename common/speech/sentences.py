from sentencex import segment


class Sentences:
    """A stream of text in, whole sentences out, each as soon as the next one has begun.

    Nothing is lost and nothing comes twice: what went in comes out, less the white space around
    sentences. `language` is ISO 639-1.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._text = ""

    def feed(self, text: str) -> list[str]:
        """The sentences that are certainly over."""
        self._text += text
        *whole, self._text = _lines(self._text, self._language) or [""]
        return _said(whole)

    def pause(self) -> list[str]:
        """The writer stopped for a while: what ends like a sentence is one."""
        return self.end() if _ends(self._text) else []

    def end(self) -> list[str]:
        """Whatever is left."""
        rest, self._text = self._text, ""
        return _said(list(segment(self._language, rest)))


def _lines(text: str, language: str) -> list[str]:
    """Pieces that make up the text exactly; the last one may go on. A line break ends a sentence."""
    pieces: list[str] = []
    for line in text.splitlines(keepends=True):
        pieces += segment(language, line)
    if text.endswith(("\n", "\r")):
        pieces.append("")
    return pieces


def _ends(text: str) -> bool:
    return text.rstrip().rstrip("\"'”’»)]*_").endswith((".", "!", "?", "…", "。", "！", "？", "।"))


def _said(pieces: list[str]) -> list[str]:
    """Without those in which there is nothing to say."""
    stripped = (piece.strip() for piece in pieces)
    return [piece for piece in stripped if any(char.isalnum() for char in piece)]
