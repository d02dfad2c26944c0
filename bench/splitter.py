"""Count the wrong and the missed sentence ends of the splitter, by language.

    python -m bench.splitter [tests/unit/text/data/sentences.json] [--show]
    git worktree add ../before COMMIT && python -m bench.splitter --beside ../before

In the file '|' marks a place where a sentence must be released, '¦' one where it may be; any other
cut is wrong. White space does not count.

With `--beside` it prints the CPU time for 1,000 tokens, here and in the other copy of the
repository, of the splitter alone and with the spoken form. The copies take turns, each in a fresh
process, and the least time counts.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from common.text.sentences.splitter import Sentences  # found beside this folder only now
from common.text.visible import visible

ROOT = Path(__file__).parent.parent
DEFAULT = ROOT / "tests/unit/text/data/new_sentences.json"
TURNS = 5  # processes of each copy
COST = """
import json, sys, time
from common.text.loading import sentences, speakable

def split(streams, language):
    for stream in streams:
        splitter = sentences(language)
        fed = [piece for token in stream for piece in splitter.feed(token)]
        yield fed + splitter.end()

for language, streams in json.load(sys.stdin).items():
    best = [1e9, 1e9]
    for _ in range(10):
        start = time.process_time()
        replies = list(split(streams, language))
        between = time.process_time()
        for pieces in replies:
            voice = speakable(language)
            for piece in pieces:
                voice.say(piece)
        best = list(map(min, best, (between - start, time.process_time() - start)))
    print(json.dumps([language, *(1e6 * cpu / sum(map(len, streams)) for cpu in best)]))
"""


@dataclass
class Score:
    places: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)


def tokens(text: str) -> list[str]:
    """About as a model's: words with the space before them, signs, Chinese one by one."""
    return re.findall(r"\s?[^\W\d_㐀-鿿぀-ヿ]+|\s?\d{1,3}|\s?.|\s", text, re.DOTALL)


def read_marks(reply: str) -> tuple[str, set[int], set[int]]:
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
        text, must, may = read_marks(reply)
        signs = "".join(text.split())
        made = set(cuts(split(text, language))) - {0}
        total.places += len(must)
        total.wrong += [_around(signs, at) for at in sorted(made - must - may)]
        total.missed += [_around(signs, at) for at in sorted(must - made)]
    return total


def _around(signs: str, at: int) -> str:
    return f"{signs[max(0, at - 20) : at]}|{signs[at : at + 15]}"


def cost(folder: Path, streams: dict[str, list[list[str]]]) -> dict[str, list[float]]:
    """Return ms of CPU for 1,000 tokens by language: of the splitter, and with the spoken form."""
    result = subprocess.run(
        [sys.executable, "-c", COST],
        input=json.dumps(streams),
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=600,
    )
    return {language: both for language, *both in map(json.loads, result.stdout.splitlines())}


def compare(folder: Path, replies: dict[str, list[str]]) -> Iterator[str]:
    """Yield lines of a table: the cost here beside the cost in another copy of the repository."""
    streams = {
        language: [tokens(read_marks(text)[0]) for text in texts]
        for language, texts in replies.items()
    }
    turns = [(cost(folder, streams), cost(ROOT, streams)) for _ in range(TURNS)]
    yield "    splitter: before now ratio | with the spoken form: before now ratio"
    for language in streams:
        least = [
            [min(turn[copy][language][kind] for turn in turns) for copy in (0, 1)]
            for kind in (0, 1)
        ]
        yield f"{language:4}" + " | ".join(
            f"{before:6.2f} {now:6.2f} {now / before:5.0%}" for before, now in least
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path, nargs="?", default=DEFAULT)
    parser.add_argument("--show", action="store_true", help="the places, too")
    parser.add_argument("--beside", type=Path, help="another copy of the repository: compare CPU")
    arguments = parser.parse_args()
    marked_replies = json.loads(arguments.file.read_text("utf-8"))["replies"]
    if arguments.beside:
        print(*compare(arguments.beside, marked_replies), sep="\n")
        return
    for language, replies in marked_replies.items():
        result = score(replies, language)
        counts = f"{len(result.wrong):3} wrong {len(result.missed):3} missed of {result.places:3}"
        print(f"{language:3} {len(replies):3} replies {counts}")
        if arguments.show:
            print(*[f"      wrong  {place}" for place in result.wrong], sep="\n")
            print(*[f"      missed {place}" for place in result.missed], sep="\n")


if __name__ == "__main__":
    main()
