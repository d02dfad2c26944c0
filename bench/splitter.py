"""Count the wrong and the missed sentence ends of the splitter, by language.

    python bench/splitter.py tests/unit/text/data/sentences.json [--show] [--tokens 1]

In the file '|' marks a place where a sentence must be released, '¦' one where it may be; any other
cut is wrong. White space does not count.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from common.text.sentences.splitter import Sentences  # found beside this folder only now
from common.text.visible import visible


@dataclass
class Score:
    places: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)


def tokens(text: str) -> list[str]:
    """About as a model's: words with the space before them, signs, Chinese one by one."""
    return re.findall(r"\s?[^\W\d_㐀-鿿぀-ヿ]+|\s?\d{1,3}|\s?.|\s", text, re.DOTALL)


def marked(reply: str) -> tuple[str, set[int], set[int]]:
    """Return the text, and the places where it must and where it may be cut.

    A place is a number of characters that are not white space.
    """
    must: set[int] = set()
    may: set[int] = set()
    at, text = 0, ""
    for sign in visible(reply.replace("|", "\ue300").replace("¦", "\ue301")):
        if sign in "\ue300\ue301":
            (must if sign == "\ue300" else may).add(at)
        else:
            text += sign
            at += not sign.isspace()
    return text, must, may


def split(text: str, language: str) -> list[str]:
    sentences = Sentences(language)
    pieces = [piece for token in tokens(text) for piece in sentences.feed(token)]
    return pieces + sentences.end()


def cuts(pieces: Iterable[str]) -> Iterator[int]:
    at = 0
    for piece in pieces:
        yield at
        at += len("".join(piece.split()))


def score(replies: Iterable[str], language: str) -> Score:
    total = Score()
    for reply in replies:
        text, must, may = marked(reply)
        signs = "".join(text.split())
        made = set(cuts(split(text, language))) - {0}
        total.places += len(must)
        total.wrong += [_around(signs, at) for at in sorted(made - must - may)]
        total.missed += [_around(signs, at) for at in sorted(must - made)]
    return total


def _around(signs: str, at: int) -> str:
    return f"{signs[max(0, at - 20) : at]}|{signs[at : at + 15]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--show", action="store_true", help="the places, too")
    arguments = parser.parse_args()
    for language, replies in json.loads(arguments.file.read_text("utf-8"))["replies"].items():
        result = score(replies, language)
        counts = f"{len(result.wrong):3} wrong {len(result.missed):3} missed of {result.places:3}"
        print(f"{language:3} {len(replies):3} replies {counts}")
        if arguments.show:
            print(*[f"      wrong  {place}" for place in result.wrong], sep="\n")
            print(*[f"      missed {place}" for place in result.missed], sep="\n")


if __name__ == "__main__":
    main()
