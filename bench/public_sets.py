"""Measure our splitter and our spoken form on public test sets, which are not in this repository.

    python -m bench.public_sets FOLDER [--show wrong|changed] [--only en]

FOLDER holds copies of the repositories NVIDIA/NeMo-text-processing, wenet-e2e/WeTextProcessing,
diasks2/pragmatic_segmenter, nipunsadvilkar/pySBD and wikimedia/sentencex, under these names.
A missing one is left out.

Sentence ends: a place where the set cuts and we do not is missed, the reverse is wrong. Spoken form:
a case is right if it equals a variant of the set, apart from case, punctuation and "and"; else it is
changed by us, or left to the voice as it is. Whether a change is good must be read (`--show`).
"""

import argparse
import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.splitter import cuts, split
from common.text.spoken.speakable import Speakable
from common.text.visible import visible

NEMO: Final = "NeMo-text-processing/tests/nemo_text_processing/{}/data_text_normalization"
NEMO_LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "pt", "ru", "sv", "zh")
WETEXT: Final = "WeTextProcessing/tn/{}/test/data"
WRITTEN_LAST: Final = frozenset({"de", "es", "pt", "fr"})
"""Languages in which some files of NeMo have the spoken form first."""
NAMES: Final = {
    "deutsch": "de", "english": "en", "french": "fr", "spanish": "es", "italian": "it", "polish": "pl",
    "russian": "ru", "chinese": "zh", "japanese": "ja", "hindi": "hi", "arabic": "ar", "greek": "el",
    "dutch": "nl", "danish": "da", "bulgarian": "bg", "armenian": "hy", "burmese": "my",
    "amharic": "am", "kazakh": "kk", "persian": "fa", "urdu": "ur", "marathi": "mr", "slovak": "sk",
}  # fmt: skip
Case = tuple[str, list[str]]
"""A text, and its sentences."""


# ── sentence ends ────────────────────────────────────────────────────────────────────────────────


@dataclass
class Counted:
    cases: int = 0
    places: int = 0
    exact: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)


def ruby_cases(text: str) -> Iterator[Case]:
    """Read cases of pragmatic_segmenter, without those that clean PDF text."""
    for block in re.split(r"\n\s+it [\"']", text)[1:]:
        found = re.search(r"text: (\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')(.*)", block)
        wanted = re.search(r"to eq\((\[.*\])\)", block)
        if (
            found
            and wanted
            and "doc_type" not in found[2]
            and "clean" not in block.split("expect")[0]
        ):
            try:
                yield ast.literal_eval(found[1]), ast.literal_eval(wanted[1])
            except (ValueError, SyntaxError):
                continue


def python_cases(text: str) -> Iterator[Case]:
    """Read cases of pySBD, which are tuples or `pytest.param`s of literals."""
    for node in ast.walk(ast.parse(text)):
        values = node.elts if isinstance(node, ast.Tuple) else getattr(node, "args", [])
        literals: list[Any] = []
        for value in values if isinstance(values, list) else []:
            try:
                literals.append(ast.literal_eval(value))
            except ValueError:
                break
        written, sentences = [None, None, *literals][-2:]
        if not isinstance(written, str) or not isinstance(sentences, list):
            continue
        if all(isinstance(sentence, str) for sentence in sentences):
            yield written, sentences


def text_cases(text: str) -> Iterator[Case]:
    """Read cases of sentencex: a text, "---", its sentences, "==="."""
    for case in text.split("\n===\n"):
        lines = "\n".join(line for line in case.split("\n") if not line.startswith("#"))
        written, parted, sentences = lines.strip("\n").partition("\n---\n")
        if parted:
            yield written, sentences.split("\n")


def sentence_sets(folder: Path) -> Iterator[tuple[str, str, list[Case]]]:
    """Yield a set's name, a language, and its cases."""
    ruby = folder / "pragmatic_segmenter/spec/pragmatic_segmenter/languages"
    for path in sorted(ruby.glob("*_spec.rb")):
        language = NAMES[path.stem.removesuffix("_spec")]
        yield "pragmatic_segmenter", language, list(ruby_cases(path.read_text("utf-8")))
    tests = folder / "pySBD/tests"
    for path in sorted(tests.glob("lang/test_*.py")):
        name = path.stem.removeprefix("test_")
        if name in NAMES:
            yield "pySBD", NAMES[name], list(python_cases(path.read_text("utf-8")))
    for path in sorted(tests.glob("regression/test_*.py")):
        yield "pySBD", "en", list(python_cases(path.read_text("utf-8")))
    for path in sorted((folder / "sentencex/tests").glob("??.txt")):
        yield "sentencex", path.stem, list(text_cases(path.read_text("utf-8")))


def count(counted: Counted, language: str, cases: Iterable[Case]) -> None:
    for text, sentences in cases:
        signs = "".join(visible(text).split())
        wanted = set(cuts([*map(visible, sentences), ""])) - {0, len(signs)}
        made = set(cuts([*split(text, language), ""])) - {0, len(signs)}
        lines = set(cuts([*visible(text).splitlines(), ""]))
        wrong, missed = made - wanted - lines, wanted - made
        counted.cases += 1
        counted.places += len(wanted)
        counted.exact += not wrong and not missed
        counted.wrong += [_around(language, signs, at) for at in sorted(wrong)]
        counted.missed += [_around(language, signs, at) for at in sorted(missed)]


def _around(language: str, signs: str, at: int) -> str:
    return f"[{language}] {signs[max(0, at - 25) : at]}¦{signs[at : at + 20]}"


# ── spoken form ──────────────────────────────────────────────────────────────────────────────────


def spoken_sets(folder: Path) -> Iterator[tuple[str, str, str, list[Case]]]:
    """Yield a set's name, a language, a class, and the cases: what is written, and its variants."""
    for language in NEMO_LANGUAGES:
        for path in sorted((folder / NEMO.format(language)).glob("*.txt")):
            kind = path.stem.removeprefix("test_cases_")
            yield "NeMo", language, kind, list(_nemo(path, kind, language))
    for name, language in (("english", "en"), ("chinese", "zh"), ("japanese", "ja")):
        for path in sorted((folder / WETEXT.format(name)).glob("*.txt")):
            lines = path.read_text("utf-8").splitlines()
            pairs = [line.split(" => ") for line in lines if " => " in line]
            yield "WeTextProcessing", language, path.stem, [(pair[0], pair[1:]) for pair in pairs]


def _nemo(path: Path, kind: str, language: str) -> Iterator[Case]:
    lines = path.read_text("utf-8").splitlines()
    if "audio" in kind:
        cases: list[Case] = []
        for line in lines:
            if line.startswith("~"):
                cases.append((line[1:], []))
            elif line.strip() and cases:
                cases[-1][1].append(line)
        yield from cases
        return
    for line in lines:
        first, parted, last = line.partition("~")
        if parted and first.strip() and last.strip():
            figures = re.compile(r"\d")
            turned = language in WRITTEN_LAST and figures.search(last) and not figures.search(first)
            yield (last, [first]) if turned else (first, [last])


def plain(text: str) -> str:
    text = re.sub(r"[^\w\s]", " ", text.lower().replace("’", "'"))
    return " ".join(word for word in text.split() if word != "and")


def verdict(written: str, said: str, variants: Iterable[str]) -> str:
    if plain(said) in map(plain, variants):
        return "right"
    return "left to the voice" if plain(said) == plain(written) else "changed"


# ── tables ───────────────────────────────────────────────────────────────────────────────────────


def print_ends(folder: Path, show: str, only: str) -> None:
    sets: dict[str, Counted] = defaultdict(Counted)
    for name, language, cases in sentence_sets(folder):
        if only in {"", language}:
            count(sets[name], language, cases)
    print("| sentence ends | cases | places | wrong | missed | exact |\n|---|---|---|---|---|---|")
    for name, found in sets.items():
        numbers = (found.cases, found.places, len(found.wrong), len(found.missed), found.exact)
        print(f"| {name} | {' | '.join(map(str, numbers))} |")
    if show == "wrong":
        places = Counter(place for found in sets.values() for place in set(found.wrong))
        print(*sorted(places), sep="\n")


def print_spoken(folder: Path, show: str, only: str) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name, language, kind, cases in spoken_sets(folder):
        if only not in {"", language}:
            continue
        for written, variants in cases:
            said = Speakable(language).say(written)
            how = verdict(written, said, variants)
            counts[f"{name} {language}"][how] += 1
            counts[f"{language}, {kind}"][how] += 1
            if show == how:
                print(f"[{language} {kind}] {written}  →  {said}   ({' / '.join(variants[:2])})")
    columns = ("right", "changed", "left to the voice")
    print(f"\n| spoken form | cases | {' | '.join(columns)} |\n|---|---|---|---|---|")
    for name, found in counts.items():
        numbers = (sum(found.values()), *(found[column] for column in columns))
        print(f"| {name} | {' | '.join(map(str, numbers))} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", default="", help="print these cases, too")
    parser.add_argument("--only", default="", help="one language")
    arguments = parser.parse_args()
    print_ends(arguments.folder, arguments.show, arguments.only)
    print_spoken(arguments.folder, arguments.show, arguments.only)


if __name__ == "__main__":
    main()
